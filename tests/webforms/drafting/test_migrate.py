"""Bringing cases over, as pages: the plan, its mapping, the trial, the report, the doing and the way back."""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa

from engine.pack.read import read_files
from engine.services import migrating
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.packs import add_version, in_force
from engine.store.tables import AuditEvent, CaseRecord, Task
from tests.webforms.site import Site, filled

OWNER, QA = "process-owner", "quality-assurance"


def said(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def task(site: Site) -> tuple[str, str]:
    """The id and the name of a task that is open, which another version calls otherwise; that version is stored."""
    with site.session() as session:
        desk = site.desk(session)
        found = session.execute(
            sa.select(Task.element, Task.process, Task.name)
            .where(Task.detached.is_(False))
            .group_by(Task.element, Task.process, Task.name)
            .order_by(sa.func.count().desc(), Task.element)
            .limit(1)
        ).one()
        _, pack = in_force(session, desk.now().date())
        files = dict(pack.files)
        path = pack.processes[found.process].file
        files[path] = (
            files[path]
            .replace(f'"{found.element}"'.encode(), b'"named_anew"')
            .replace(f">{found.element}<".encode(), b">named_anew<")
        )
        add_version(session, read_files(files), desk.now())
        session.commit()
    return found.element, found.name


def work(site: Site, plan: int) -> None:
    worker = Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    assert migrating.carry_out(worker, site.council, plan)


def test_an_owner_brings_cases_over_sees_why_some_are_kept_back_and_brings_them_back(
    site: Site, task: tuple[str, str]
) -> None:
    owner = site.client(OWNER)
    form = owner.get("/procedure/migrations/new")
    assert form.status_code == 200
    page = form.text
    source = re.findall(r'name="source"[^>]*value="(\d+)"', page)[0]
    target = max(re.findall(r'name="target"[^>]*value="(\d+)"', page), key=int)
    wrong = owner.post(
        "/procedure/migrations/new", data=filled(page) | {"source": source, "target": source, "note": "x"}
    )
    assert wrong.status_code == 422 and "another version" in said(wrong.text)
    made = owner.post(
        "/procedure/migrations/new",
        data=filled(page) | {"source": source, "target": target, "note": "Named anew"},
    )
    assert made.status_code == 302
    address = made.headers["Location"]
    plan = int(address.rsplit("/", 1)[1])
    shown = owner.get(address).text
    assert "Not tried yet" in shown and "Choose what stands for the others" in shown
    owner.post(f"{address}/try", {}, page=address)
    assert "Being tried" in owner.get(address).text
    work(site, plan)
    tried = said(owner.get(address).text)
    assert f"The task “{task[1]}” has no counterpart: choose one in the mapping." in tried
    only = said(owner.get(f"{address}?state=ready").text)
    assert "has no counterpart" not in only.split("Cases of this plan")[1]
    choosing = owner.get(f"{address}/mapping").text
    assert f"Task “{task[1]}”" in said(choosing)
    kept = owner.post(f"{address}/mapping", data=filled(choosing) | {"element0": "named_anew"})
    assert kept.status_code == 302
    owner.post(f"{address}/try", {}, page=address)
    work(site, plan)
    ready = owner.get(address).text
    assert "Kept back" not in said(ready)
    owner.post(f"{address}/run", {}, page=address)
    work(site, plan)
    assert "Carried out" in said(owner.get(address).text)
    with site.session() as session:
        site.desk(session)
        assert session.scalar(sa.select(sa.func.count()).where(Task.element == "named_anew"))
    sheet = owner.get(f"{address}/csv")
    assert sheet.mimetype == "text/csv" and "Gone over" in sheet.text
    asking = owner.get(f"{address}/reverse").text
    empty = owner.post(f"{address}/reverse", data=filled(asking) | {"reason": ""})
    assert empty.status_code == 422
    owner.post(f"{address}/reverse", data=filled(asking) | {"reason": "It was the wrong day"})
    work(site, plan)
    back = said(owner.get(address).text)
    assert "Reversed" in back and "It was the wrong day" in back
    with site.session() as session:
        site.desk(session)
        assert session.scalars(
            sa.select(CaseRecord.pack_id).where(CaseRecord.status != "closed").distinct()
        ).all() == [int(source)]
        words = set(session.scalars(sa.select(AuditEvent.action).distinct()))
        assert {"migration_planned", "migration_mapped", "migrated", "migration_reversed"} <= words


def test_nobody_but_owners_opens_these_pages(site: Site) -> None:
    for who in (QA, "social-worker"):
        answer = site.client(who).get("/procedure/migrations")
        assert answer.status_code in (403, 404), who
