"""A demonstration council that is changing its procedure, and the address of every page about that.

One draft is in work, overtaken, checked, previewed and tried; one waits for quality assurance. A version is planned for
tomorrow; the open cases have gone over to it by one plan, and another leads back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.clock import local
from engine.pack.read import read_files
from engine.services import demo, migrating, procedures
from engine.services.demo.people import holder
from engine.services.desk import PROCESS_OWNER, Desk
from engine.services.drafting import checking, drafts, review, saving
from engine.services.migrating.plan import RUNNING, VALIDATING
from engine.services.previewing import previews
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.embedded import EmbeddedServer
from engine.store.packs import in_force
from engine.store.tables import Task
from tests.conftest import clone, drop
from tests.webforms.site import Site, filled, opened
from tests.webforms.test_pages import who_may
from webforms.access import rule_of

IN_WORK, FORWARD = 1, 2
"""The numbers of the drafts."""
ANEW = "named_anew"
"""What a task is called in the version that is planned."""
FILES = {
    "drafting.checks_json",
    "drafting.download",
    "drafting.download_file",
    "drafting.file",
    "drafting.preview_csv",
    "drafting.remarks_on",
    "drafting.version_zip",
    "drafting.vocabulary",
    "migrations.report_csv",
}
"""What answers with a file or with data for a script, and is no page."""
OWNER = "process-owner"


@pytest.fixture(scope="session")
def demonstrations(
    postgres: EmbeddedServer,
    demonstrations: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], str]]:
    """Give the name of a database that holds a demonstration in which the procedure is being changed."""
    made: dict[str, str] = {}

    def of(council: str) -> str:
        if council not in made:
            made[council] = clone(postgres, demonstrations(council))
            with opened(postgres, made[council], council, tmp_path_factory.mktemp("changing")) as site:
                change(site)
        return made[council]

    yield of
    for name in made.values():
        drop(postgres, name)


def change(site: Site) -> None:
    """Let people change the procedure of a demonstration."""
    worker = Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    with site.session() as session:
        desk = site.desk(session)
        demo.drafting.begin(desk)
        owner = holder(desk, PROCESS_OWNER)
        assert owner is not None
        here = desk.acting_as(owner)
        put_forward(here)
        target = planned(desk)
        preview = previews.ask(here, IN_WORK, previews.OPEN)
        session.commit()
    check(site, worker)
    assert previews.carry_out(worker, site.council, preview, 1)
    go_over(site, worker, target)
    visitor, address = site.client(OWNER), f"/procedure/drafts/{IN_WORK}/try/begin"
    page = visitor.get(address).text
    begun = visitor.post(address, filled(page, **{"child.legal_status": "looked_after"}))
    assert begun.status_code == 302, begun.text


def check(site: Site, worker: Worker) -> None:
    """Check the draft in work until something is found broken, in one process and without going on behind it."""
    for seconds in (1.0, 3.0, 9.0, 27.0):
        with pytest.MonkeyPatch.context() as shorter:
            shorter.setattr(checking, "PROCESSES", 1)
            shorter.setattr(checking, "AT_ONCE", replace(checking.AT_ONCE, exploring=seconds))
            for part in ("SOON", "ON"):
                shorter.setattr(checking, part, replace(checking.ON, exploring=0.0, shrinking=0.1))
            assert checking.carry_out(worker, site.council, IN_WORK)
        with site.session() as session:
            desk = site.desk(session)
            view = drafts.view(desk, IN_WORK)
            told = checking.of(desk, view)
            if told is not None and told.found is not None and told.found["broken"]:
                return
            checking.ask(desk, IN_WORK, view.revision)
            session.commit()
    raise AssertionError("no story breaks a clause in the draft")


def put_forward(owner: Desk) -> None:
    """Put a draft forward in which a notice has another word."""
    draft = drafts.create(owner, "Plainer words to the director")
    view = drafts.view(owner, draft)
    path = "notices/director-told.yaml"
    said = view.files[path].replace(b"subject: ", b"subject: To be read today, ", 1)
    saving.save(owner, draft, {path: said}, {path: view.digest(path)}, why="Nobody opened it")
    review.put_forward(owner, draft, "The subject says what it is about")


def planned(desk: Desk) -> int:
    """Plan a version for tomorrow in which the task with most open cases has another id; return its row."""
    element, process = desk.session.execute(
        sa.select(Task.element, Task.process)
        .where(sa.not_(Task.detached))
        .group_by(Task.element, Task.process)
        .order_by(sa.func.count().desc(), Task.element)
        .limit(1)
    ).one()
    _, pack = in_force(desk.session, local(desk.now()).date())
    path = pack.processes[process].file
    text = pack.files[path].replace(f'"{element}"'.encode(), f'"{ANEW}"'.encode())
    files = {**pack.files, path: text.replace(f">{element}<".encode(), f">{ANEW}<".encode())}
    made = replace(read_files(files), effective=local(desk.now()).date() + timedelta(days=1))
    return procedures.publish(desk, made)


def go_over(site: Site, worker: Worker, target: int) -> None:
    """Bring the open cases over by a plan, and make another plan for the way back."""
    with site.session() as session:
        desk = site.desk(session)
        owner = holder(desk, PROCESS_OWNER)
        assert owner is not None
        here = desk.acting_as(owner)
        source = next(one.id for one in migrating.versions(desk) if one.in_force)
        plan = migrating.make(here, source, target, "A task has another name")
        (unmatched,) = migrating.view(here, plan).choices
        migrating.map_elements(here, plan, {unmatched.element.id: ANEW})
        migrating.make(here, target, source, "The name was better before")
        for do in (VALIDATING, RUNNING):
            migrating.ask(here, plan, do)
            session.commit()
            assert migrating.carry_out(worker, site.council, plan)
            session.rollback()


def whose(site: Site, endpoint: str) -> str:
    """Return who opens a page about a change: its owner, where the owner may."""
    rule = rule_of(site.app.view_functions[endpoint])
    return OWNER if rule is not None and rule.admits(frozenset({PROCESS_OWNER})) else who_may(rule)


def addresses(site: Site) -> dict[str, str]:
    """Return a page with something on it for every endpoint that is about changing the procedure."""
    with site.session() as session:
        desk = site.desk(session)
        told = checking.of(desk, drafts.view(desk, IN_WORK))
        version = next(one for one in migrating.versions(desk) if not one.in_force).hash[:12]
    assert told is not None and told.found is not None
    broken = next(row["check"] for row in told.found["broken"] if row["story"])
    draft, forward = f"/procedure/drafts/{IN_WORK}", f"/procedure/drafts/{FORWARD}"
    form, notice, diagram = (
        f"{draft}/forms/hold-return-interview",
        f"{draft}/notices/director-told",
        "return-interview",
    )
    return {
        "drafting.show": draft,
        "drafting.compare_draft": f"{draft}/compare",
        "drafting.carry_over": f"{draft}/carry-over",
        "drafting.checks": f"{draft}/checks",
        "drafting.checks_json": f"{draft}/checks/found",
        "drafting.check_story": f"{draft}/checks/{broken}/story",
        "drafting.previews_of": f"{draft}/preview",
        "drafting.preview_ask": f"{draft}/preview/new",
        "drafting.preview_show": f"{draft}/preview/1",
        "drafting.preview_csv": f"{draft}/preview/1/csv",
        "drafting.put_forward": f"{draft}/review/put-forward",
        "drafting.reviewing": f"{forward}/review",
        "drafting.send_back": f"{forward}/review/send-back",
        "drafting.publish": f"{forward}/publish",
        "drafting.version_page": f"/procedure/drafts/versions/{version}",
        "drafting.publish_again": f"/procedure/drafts/versions/{version}/publish-again",
        "drafting.retire": f"/procedure/drafts/versions/{version}/retire",
        "drafting.version_zip": f"/procedure/drafts/versions/zip?version={version}",
        "drafting.download": f"{draft}/zip",
        "drafting.download_file": f"{draft}/download/{diagram}.bpmn",
        "drafting.upload": f"{draft}/upload",
        "drafting.file": f"{draft}/files/{diagram}.bpmn",
        "drafting.vocabulary": f"{draft}/words",
        "drafting.remarks_on": f"{draft}/remarks/{diagram}.bpmn",
        "drafting.diagram": f"{draft}/diagrams/{diagram}",
        "drafting.diagram_new": f"{draft}/new-diagram",
        "drafting.table": f"{draft}/tables/return-interview",
        "drafting.form": form,
        "drafting.form_preview": f"{form}/preview",
        "drafting.form_words": f"{form}/words",
        "drafting.form_new": f"{draft}/new-form",
        "drafting.form_remove": f"{form}/remove",
        "drafting.question_choose": f"{form}/new-question",
        "drafting.question": f"{form}/question?question=interview.accepted",
        "drafting.question_remove": f"{form}/remove-question?question=interview.accepted",
        "drafting.notice": notice,
        "drafting.notice_edit": f"{notice}/edit",
        "drafting.notice_new": f"{draft}/new-notice",
        "drafting.notice_remove": f"{notice}/remove",
        "drafting.register": f"{draft}/register",
        "drafting.clause": f"{draft}/register/3.4.a",
        "drafting.clause_edit": f"{draft}/register/3.4.a/edit",
        "drafting.clause_new": f"{draft}/new-clause",
        "drafting.try_it": f"{draft}/try",
        "drafting.try_begin": f"{draft}/try/begin",
        "drafting.try_task": f"{draft}/try/task?case=1&element=work_through_notification",
        "drafting.try_event": f"{draft}/try/event/returned",
        "drafting.try_fact": f"{draft}/try/fact?fact=child.legal_status",
        "drafting.try_time": f"{draft}/try/time",
        "drafting.try_keep": f"{draft}/try/keep",
        "migrations.show": "/procedure/migrations/1",
        "migrations.mapping": "/procedure/migrations/2/mapping",
        "migrations.reverse": "/procedure/migrations/1/reverse",
        "migrations.report_csv": "/procedure/migrations/1/csv",
    }
