"""Several councils in one installation: nobody of one sees anything of another, and the demonstration's switch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import accounts, demo
from engine.services.desk import Desk, system
from engine.services.intake import receive_file
from engine.settings import Settings
from engine.store.database import Addresses, enter_council, make_engine, make_sessions
from engine.store.embedded import APP, OWNER, EmbeddedServer
from engine.store.packs import set_up_council, store
from engine.store.tables import Account, CaseRecord, Child, Council, IntakeFile, IntakeRow, Task
from tests.conftest import clone, drop
from tests.services.records.conftest import light_hashes, write_packs
from tests.webforms.site import NOW, PASSWORD, Visitor, built_assets, token_of
from webforms.app import create_app
from webforms.db import database

__all__ = ["built_assets", "light_hashes"]
HEADING = "kind,surname,given names,dob,incident,reported at"
PEOPLE = {
    "small": ["missing,Renwick,Ava,14/02/2011,M1,13/05/2026 07:30", "missing,Kerr,,,M2,13/05/2026 07:30"],
    "other": ["missing,Zylberg,Noor,01/06/2010,M3,13/05/2026 06:30", "missing,Quibell,,,M4,13/05/2026 07:30"],
}
"""Reports of each council: one that starts a case, one that waits for a person."""


@pytest.fixture
def settings(postgres: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Settings]:
    """An installation with two councils that follow the same small procedure, each with its own people."""
    packs = tmp_path / "packs"
    packs.mkdir()
    write_packs(packs)
    other = packs / "other"
    (packs / "small").rename(other)
    text = (other / "procedure.yaml").read_text()
    (other / "procedure.yaml").write_text(text.replace("id: small", "id: other").replace("Small", "Other"))
    again = tmp_path / "again"
    again.mkdir()
    write_packs(again)
    (again / "small").rename(packs / "small")
    name = clone(postgres, template)
    addresses = Addresses(app=postgres.url(APP, name), owner=postgres.url(OWNER, name))
    made = Settings(
        data=tmp_path,
        database_url=addresses.app,
        owner_url=addresses.owner,
        packs=packs,
        clock=VirtualClock(NOW),
    )
    engine = make_engine(addresses.app)
    library = Library(packs)
    for code in PEOPLE:
        with make_sessions(engine)() as session:
            set_up_council(session, library.get(code), demonstration=True)
            session.commit()
    for code, rows in PEOPLE.items():
        with make_sessions(engine)() as session:
            desk = Desk(session, made.clock, library, system(code), made)
            store(session, library.get(code), made.clock.now())
            demo.people.make_accounts(desk, PASSWORD)
            session.commit()
            receive_file(desk, f"{code}-reports.csv", "\n".join([HEADING, *rows]).encode(), budget=None)
    engine.dispose()
    yield made
    drop(postgres, name)


@pytest.fixture
def visitor(settings: Settings) -> Iterator[Visitor]:
    app = create_app(settings)
    app.testing = True
    yield Visitor(app.test_client())
    with app.app_context():
        database.engine.dispose()


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    engine = make_engine(settings.database_url or "")
    with make_sessions(engine)() as made:
        yield made
    engine.dispose()


LISTS = (
    "/tasks", "/tasks?whose=team", "/tasks?whose=all", "/cases", "/cases?q={surname}", "/cases?q={given}",
    "/reports", "/reports/waiting", "/figures", "/procedure", "/procedure/clauses", "/admin", "/admin/accounts",
    "/admin/incidents", "/admin/outbox", "/directory", "/help",
)  # fmt: skip


def own_words(session: Session, code: str) -> set[str]:
    """Return what only this council's pages may hold: surnames, references, file names, people who sign in."""
    enter_council(session, code)
    found = {name for (name,) in session.execute(sa.select(Child.surname))}
    found |= {reference for (reference,) in session.execute(sa.select(CaseRecord.reference))}
    found |= {name for (name,) in session.execute(sa.select(IntakeFile.name))}
    found |= {name for (name,) in session.execute(sa.select(Account.name))}
    found |= {row.data["values"]["surname"] for row in session.scalars(sa.select(IntakeRow))}
    session.rollback()
    return found


@pytest.mark.parametrize(("code", "stranger"), [("small", "other"), ("other", "small")])
@pytest.mark.parametrize("role", ["missing-coordinator", "administrator", "quality-assurance"])
def test_no_page_of_one_council_shows_anything_of_another(
    visitor: Visitor, session: Session, code: str, stranger: str, role: str
) -> None:
    theirs, ours = own_words(session, stranger), own_words(session, code)
    assert not theirs & ours
    assert visitor.sign_in(f"{role}.{code}").status_code == 302
    opened = 0
    shown: set[str] = set()
    for path in LISTS:
        for word in PEOPLE[stranger][0].split(",")[1:3]:
            page = visitor.get(path.format(surname=word, given=word))
            if page.status_code != 200:
                assert page.status_code in (302, 403, 404), path
                continue
            opened += 1
            body = page.text.replace(f'value="{word}"', "").replace(f"“{word}”", "")
            assert not [found for found in theirs if found in body], path
            shown |= {found for found in ours if found in page.text}
    assert opened >= 8
    assert shown, "the pages show what is the council's own"


def test_what_belongs_to_another_council_is_not_found_by_its_address(
    visitor: Visitor, session: Session
) -> None:
    enter_council(session, "other")
    addresses = [f"/cases/{number}" for number in session.scalars(sa.select(CaseRecord.id))]
    addresses += [f"/children/{number}" for number in session.scalars(sa.select(Child.id))]
    addresses += [f"/tasks/{number}" for number in session.scalars(sa.select(Task.id))]
    addresses += [f"/reports/{number}" for number in session.scalars(sa.select(IntakeRow.id))]
    addresses += [f"/reports/files/{number}" for number in session.scalars(sa.select(IntakeFile.id))]
    assert len(addresses) >= 6
    visitor.sign_in("missing-coordinator.small")
    assert {visitor.get(address).status_code for address in addresses} == {404}
    switched = Visitor(visitor.http.application.test_client())
    switched.sign_in("missing-coordinator.other")
    assert {switched.get(address).status_code for address in addresses} == {200}


def people_shown(page: str) -> list[str]:
    return re.findall(r'data-label="User name">([^<]+)<', page)


def account_of(page: str, name: str) -> dict[str, str]:
    """Return the fields of the button that goes on as somebody."""
    row = page.split(f'data-label="User name">{name}<')[1].split("</tr>")[0]
    fields = dict(re.findall(r'name="(council|account)" value="([^"]+)"', row))
    return {**fields, "csrf_token": token_of(row)}


def test_a_stranger_sees_the_people_of_the_demonstration_but_goes_on_as_none(visitor: Visitor) -> None:
    page = visitor.get("/demonstration").text
    assert {"missing-coordinator.small", "missing-coordinator.other"} <= set(people_shown(page))
    assert "Go on as" not in page
    assert 'href="/sign-in?name=missing-coordinator.small"' in page
    assert 'value="missing-coordinator.small"' in visitor.get("/sign-in?name=missing-coordinator.small").text
    token = token_of(visitor.get("/sign-in").text)
    refused = visitor.http.post(
        "/demonstration", data={"council": "small", "account": "1", "csrf_token": token}
    )
    assert refused.status_code in (302, 401)
    assert visitor.get("/tasks").status_code == 302


def test_who_has_signed_in_goes_on_as_somebody_of_another_council_and_sees_only_that(
    visitor: Visitor,
) -> None:
    visitor.sign_in("missing-coordinator.small")
    assert "Renwick" in visitor.get("/tasks?whose=team").text
    page = visitor.get("/demonstration").text
    assert "Change council or person" in page
    answer = visitor.http.post("/demonstration", data=account_of(page, "missing-coordinator.other"))
    assert answer.status_code == 302
    after = visitor.get("/tasks?whose=team").text
    assert "Other Council" in after
    assert "Zylberg" in after
    assert "Renwick" not in after


def test_looking_at_the_switch_leaves_a_person_in_their_own_council(visitor: Visitor) -> None:
    visitor.sign_in("missing-coordinator.other")
    assert "Other Council" in visitor.get("/demonstration").text
    assert "Zylberg" in visitor.get("/tasks?whose=team").text


def test_one_real_council_shuts_the_switch(visitor: Visitor, session: Session) -> None:
    visitor.sign_in("missing-coordinator.small")
    fields = account_of(visitor.get("/demonstration").text, "missing-coordinator.other")
    session.execute(sa.update(Council).where(Council.code == "other").values(demonstration=False))
    session.commit()
    assert visitor.get("/demonstration").status_code == 404
    assert visitor.http.post("/demonstration", data=fields).status_code == 404
    assert "Renwick" in visitor.get("/tasks?whose=team").text
    assert "demonstration" not in Visitor(visitor.http.application.test_client()).get("/sign-in").text


def test_nobody_goes_on_as_an_account_that_is_closed_or_of_another_council(
    visitor: Visitor, settings: Settings, session: Session
) -> None:
    visitor.sign_in("missing-coordinator.small")
    fields = account_of(visitor.get("/demonstration").text, "missing-coordinator.other")
    assert visitor.http.post("/demonstration", data={**fields, "council": "small"}).status_code == 404
    assert visitor.http.post("/demonstration", data={**fields, "account": "x"}).status_code == 404
    desk = Desk(session, settings.clock, Library(settings.packs), system("other"), settings)
    accounts.disable(desk, "missing-coordinator.other")
    session.commit()
    assert visitor.http.post("/demonstration", data=fields).status_code == 404
