"""Who does the work, in a browser: a lead makes a rota, gives several tasks to a colleague, and enters days away."""

from __future__ import annotations

from datetime import date, time

import pytest
import sqlalchemy as sa

from engine.services import accounts, tasks
from engine.services.assignment import rotas
from engine.store.tables import Account, Task
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS
from tests.journeys.people import Office
from tests.webforms.site import PASSWORD, Site

ROLE = "missing_coordinator"


@pytest.fixture
def kit(site: Site) -> int:
    """A second coordinator, on duty first; the one of the demonstration is called second."""
    with site.session() as session:
        desk = site.desk(session)
        made = accounts.create(desk, "kit.marsh", "Kit Marsh", roles=[ROLE], password=PASSWORD)
        other = session.scalars(sa.select(Account.id).where(Account.name == "missing-coordinator")).one()
        rota = rotas.make(desk, ROLE)
        for place, one in enumerate((made, other), 1):
            rotas.add_shift(desk, rota, one, range(6), time(0), time(0), place=place, since=date(2026, 1, 1))
        session.commit()
        return made


@WITH_AND_WITHOUT_SCRIPTS
def test_a_lead_gives_several_tasks_at_once_and_sees_which_stayed(
    office: Office, site: Site, kit: int
) -> None:
    lead = office.person("missing-coordinator")
    page = lead.open("/tasks?whose=all")
    lead.follow("Give several tasks to somebody")
    boxes = page.get_by_role("checkbox")
    chosen = [int(boxes.nth(number).get_attribute("value") or 0) for number in range(3)]
    for number in range(3):
        boxes.nth(number).check()
    lead.press("Choose who takes them")
    lead.reads("Who takes these 3 tasks?")
    with site.session() as session:
        other = session.scalars(sa.select(Account.id).where(Account.name == "missing-coordinator")).one()
        held = session.get_one(Task, chosen[0]).assignee
        role = session.get_one(Task, chosen[0]).role
        if role == ROLE and held != other:
            tasks.assign(site.desk(session), chosen[0], other, "Taken meanwhile")
            session.commit()
            taken = True
        else:
            taken = False
    page.get_by_role("radio", name="Kit Marsh").check()
    page.get_by_label("Why").fill("Off sick until Thursday")
    lead.press("Give these 3 tasks")
    with site.session() as session:
        held_now = [session.get_one(Task, one).assignee for one in chosen]
        roles = [session.get_one(Task, one).role for one in chosen]
    expected = [kit if role == ROLE else None for role in roles]
    if taken:
        expected[0] = other
        lead.reads("has it now")
    assert [one if role == ROLE else None for one, role in zip(held_now, roles, strict=True)] == expected
    assert not office.found, office.found


@WITH_AND_WITHOUT_SCRIPTS
def test_a_rota_is_read_and_changed_and_fits_a_narrow_screen(office: Office, kit: int) -> None:
    lead = office.person("missing-coordinator")
    page = lead.open("/rotas")
    lead.reads("Kit Marsh")
    for path in ("/rotas/1", "/rotas/1/add", "/rotas/1/change", "/rotas/1/settings", "/assignment/several"):
        lead.open(path)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.set_viewport_size({"width": 1280, "height": 900})
    lead.open("/rotas/1")
    lead.reads("Nobody is on duty from")  # Sundays and bank holidays
    lead.press("Add shifts to the pattern")
    page.get_by_label("Who?").select_option("Kit Marsh") if page.locator(
        "select#account"
    ).count() else page.get_by_role("radio", name="Kit Marsh").check()
    for day in ("Sunday", "Bank holidays"):
        page.get_by_role("checkbox", name=day).check()
    page.get_by_label("From", exact=True).fill("midnight")
    page.get_by_label("To", exact=True).fill("midnight")
    lead.press("Save")
    lead.reads("The shifts are in the pattern")
    assert page.get_by_text("Nobody is on duty from").count() == 0
    assert not office.found, office.found
