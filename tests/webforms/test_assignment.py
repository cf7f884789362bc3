"""Pages of who does the work: rotas, absences, several tasks at once, transfers, closing an account, addresses."""

from __future__ import annotations

import io
import re
from datetime import date, time

import pytest
import sqlalchemy as sa

from engine.services import accounts, tasks
from engine.services.assignment import away, rotas
from engine.store.tables import Account, DirectoryEntry, Incident, Notice, OutOfOffice, Task, Transfer
from tests.webforms.site import NOW, Site, Visitor, key_of, token_of

ROLE = "missing_coordinator"


@pytest.fixture
def lead(site: Site) -> Visitor:
    return site.client("missing-coordinator")


@pytest.fixture
def administrator(site: Site) -> Visitor:
    return site.client("administrator")


def colleague(site: Site, name: str = "kit.marsh", shown: str = "Kit Marsh") -> int:
    with site.session() as session:
        made = accounts.create(
            site.desk(session), name, shown, roles=[ROLE], password="quince-otter-velvet-larch"
        )
        session.commit()
        return made


def account(site: Site, name: str) -> int:
    with site.session() as session:
        return session.scalars(sa.select(Account.id).where(Account.name == name)).one()


def free(site: Site, most: int = 3) -> list[int]:
    """Return open tasks of the coordinators that nobody has."""
    with site.session() as session:
        return list(
            session.scalars(
                sa.select(Task.id)
                .where(Task.role == ROLE, Task.assignee.is_(None), Task.external.is_(False))
                .order_by(Task.id)
                .limit(most)
            )
        )


def holders(site: Site, *ids: int) -> list[int | None]:
    with site.session() as session:
        found = {
            row.id: row.assignee
            for row in session.execute(sa.select(Task.id, Task.assignee).where(Task.id.in_(ids)))
        }
        return [found[one] for one in ids]


def rota(site: Site, *people: int) -> int:
    with site.session() as session:
        desk = site.desk(session)
        made = rotas.make(desk, ROLE)
        for place, one in enumerate(people, 1):
            rotas.add_shift(desk, made, one, range(8), time(0), time(0), place=place, since=date(2026, 1, 1))
        session.commit()
        return made


# --- several tasks


def test_ticked_tasks_go_to_whoever_is_chosen_with_the_load_of_each_in_view(
    site: Site, lead: Visitor
) -> None:
    kit = colleague(site)
    ids = free(site)
    page = lead.get("/assignment/several").text
    assert all(f'id="task-{one}"' in page for one in ids)
    to = "/assignment/several/to?" + "&".join(f"task={one}" for one in ids)
    page = lead.get(to).text
    assert "Kit Marsh" in page and "0 tasks" in page
    seen = re.findall(r'name="seen" value="([^"]+)"', page)
    assert len(seen) == len(ids)
    done = lead.post(
        "/assignment/several/give", {"seen": seen, "account": str(kit), "reason": "Off sick"}, page=to
    )
    assert done.status_code == 200 and f"{len(ids)} tasks went to Kit Marsh" in done.text
    assert holders(site, *ids) == [kit] * len(ids)


def test_a_task_that_was_taken_meanwhile_is_named_and_stays(site: Site, lead: Visitor) -> None:
    kit, other = colleague(site), colleague(site, "ola.reed", "Ola Reed")
    ids = free(site, 2)
    to = f"/assignment/several/to?task={ids[0]}&task={ids[1]}"
    seen = re.findall(r'name="seen" value="([^"]+)"', lead.get(to).text)
    with site.session() as session:
        tasks.assign(site.desk(session), ids[0], other, "First")
        session.commit()
    done = lead.post(
        "/assignment/several/give", {"seen": seen, "account": str(kit), "reason": "Off sick"}, page=to
    )
    assert "Ola Reed has it now." in done.text and "1 task went to Kit Marsh" in done.text
    assert holders(site, *ids) == [other, kit]


def test_without_a_person_or_a_reason_nothing_changes_and_what_was_ticked_stays(
    site: Site, lead: Visitor
) -> None:
    (one,) = free(site, 1)
    to = f"/assignment/several/to?task={one}"
    seen = re.findall(r'name="seen" value="([^"]+)"', lead.get(to).text)
    refused = lead.post("/assignment/several/give", {"seen": seen, "reason": "x"}, page=to)
    assert refused.status_code == 422
    assert "Choose who takes the tasks" in refused.text and f'value="{seen[0]}"' in refused.text
    assert holders(site, one) == [None]
    none = lead.get("/assignment/several/to?holder=nobody")
    assert none.status_code == 302
    assert "Tick at least one task" in lead.get(none.headers["Location"]).text


def test_who_may_not_give_tasks_is_not_shown_the_page(site: Site) -> None:
    assert site.client("social-worker").get("/assignment/several").status_code == 403
    assert "Give several tasks" not in site.client("social-worker").get("/tasks?whose=all").text


# --- rotas and calls


def test_a_rota_is_begun_filled_and_shown_for_a_week(site: Site, lead: Visitor) -> None:
    kit = colleague(site)
    settings = {"role": ROLE, "covers": "office_hours", "urgent_minutes": "60", "answer_minutes": "10"}
    begun = lead.post("/rotas/new", settings)
    assert begun.status_code == 302
    page = begun.headers["Location"]
    assert "Nobody is on duty" in lead.get(page).text
    shift = {
        "account": str(kit),
        "weekdays": ["0", "2", "4"],
        "begins": "9am",
        "ends": "5.30 pm",
        "place": "1",
        "since-day": "1",
        "since-month": "5",
        "since-year": "2026",
    }
    assert lead.post(f"{page}/add", {**shift, "begins": "later"}).status_code == 422
    assert lead.post(f"{page}/add", shift).status_code == 302
    shown = lead.get(page).text
    assert shown.count("09:00 to 17:30") == 3 + 3  # in the week, and in the pattern
    assert "from tomorrow at 8:30am until tomorrow at 5pm" in shown, re.findall(
        "Nobody is on duty[^<]*", shown
    )
    assert "Kit Marsh" in lead.get("/rotas").text


def test_a_swap_is_entered_shown_and_taken_back(site: Site, lead: Visitor) -> None:
    kit, other = colleague(site), colleague(site, "ola.reed", "Ola Reed")
    page = f"/rotas/{rota(site, kit)}"
    change = {"instead_of": str(kit), "account": str(other), "reason": "Training"}
    for name, day in (("begins", "14"), ("ends", "15")):
        change |= {
            f"{name}-day": day,
            f"{name}-month": "5",
            f"{name}-year": "2026",
            f"{name}-time": "09:00",
        }
    assert lead.post(f"{page}/change", change).status_code == 302
    shown = lead.get(page).text
    assert "Ola Reed instead of Kit Marsh" in shown and "Changed" in shown
    number = re.search(r"/rotas/changes/(\d+)/withdraw", shown)
    assert number is not None
    assert lead.post(number.group(0), {}, page=page).status_code == 302
    assert "instead of" not in lead.get(page).text


def test_only_those_who_lead_change_a_rota_and_everybody_sees_it(site: Site) -> None:
    page = f"/rotas/{rota(site)}"
    worker = site.client("social-worker")
    assert worker.get("/rotas").status_code == worker.get(page).status_code == 200
    assert "Swap or change" not in worker.get(page).text
    for path in (f"{page}/add", f"{page}/change", f"{page}/settings", "/rotas/new"):
        assert worker.get(path).status_code == 403


def test_a_call_is_shown_on_the_task_and_accepted_by_a_button(site: Site, lead: Visitor) -> None:
    first = account(site, "missing-coordinator")
    with site.session() as session:
        desk = site.desk(session)
        made = rotas.make(desk, ROLE, urgent_minutes=1440)
        rotas.add_shift(desk, made, first, range(8), time(0), time(0), since=date(2026, 1, 1))
        session.commit()
        open_ = set(session.scalars(sa.select(Task.id)))
    report(site)
    with site.session() as session:
        new = session.scalars(sa.select(Task).where(Task.id.not_in(open_), Task.role == ROLE)).first()
        assert new is not None
        number, routed = new.id, (new.assignee, new.routed)
    assert routed == (first, "duty")
    page = lead.get(f"/tasks/{number}").text
    assert "Accept this task by" in page
    assert "call waits" in lead.get("/rotas").text
    lead.post(f"/tasks/{number}/claim", {"stay": "yes"}, page=f"/tasks/{number}")
    assert "Accept this task" not in lead.get(f"/tasks/{number}").text


def report(site: Site) -> None:
    """Start a case of a child that is known."""
    from engine.services import cases
    from engine.store.tables import Child

    with site.session() as session:
        child = session.scalars(
            sa.select(Child.id).where(~Child.restricted).order_by(Child.id.desc())
        ).first()
        assert child is not None
        facts = {"episode.reported_at": NOW, "notification.received_at": NOW}
        cases.start(site.desk(session), child, facts=facts)
        session.commit()


# --- out of the office


def test_days_out_of_the_office_are_entered_shown_and_ended(site: Site, lead: Visitor) -> None:
    kit = colleague(site)
    own = account(site, "missing-coordinator")
    days = {
        f"{name}-{part}": value
        for name in ("since", "until")
        for part, value in (("day", "13"), ("month", "5"), ("year", "2026"))
    }
    path = f"/assignment/away/enter/{own}"
    assert "Kit Marsh" in lead.get(path).text
    wrong = lead.post(path, {**days, "until-day": "12", "deputy": str(kit)})
    assert wrong.status_code == 422 and "lies before the first day" in wrong.text
    assert lead.post(path, {**days, "deputy": str(kit), "hand_over": "true"}).status_code == 302
    page = lead.get("/assignment/away").text
    assert "Kit Marsh" in page and "Away" in page
    with site.session() as session:
        row = session.scalars(sa.select(OutOfOffice)).one()
        assert (row.account_id, row.deputy_id, row.hand_over) == (own, kit, True)
        entry = row.id
    assert lead.post(f"/assignment/away/{entry}/end", {}, page="/assignment/away").status_code == 302
    assert "Nobody is out of the office" in lead.get("/assignment/away").text


def test_a_task_says_for_whom_somebody_stands_in_and_what_was_typed_can_be_taken_over(
    site: Site, lead: Visitor
) -> None:
    own = account(site, "missing-coordinator")
    kit = colleague(site)
    (number,) = free(site, 1)
    theirs = site.client("kit.marsh")
    with site.session() as session:
        desk = site.desk(session)
        tasks.assign(desk, number, kit, "Theirs")
        session.commit()
    theirs.post(f"/tasks/{number}/draft", {"notes": "Half a sentence"}, page=f"/tasks/{number}")
    with site.session() as session:
        away.enter(site.desk(session), kit, date(2026, 5, 13), date(2026, 5, 15), deputy=own, hand_over=True)
        session.commit()
    page = lead.get(f"/tasks/{number}").text
    assert "For Kit Marsh, who is away until" in page and "Kit Marsh has typed answers here" in page
    taken = lead.post(f"/assignment/tasks/{number}/take-over", {"account": str(kit)}, page=f"/tasks/{number}")
    assert taken.status_code == 302
    page = lead.get(f"/tasks/{number}").text
    assert "Take over what" not in page and "Draft saved" in page


# --- transfer


def test_a_child_is_handed_on_to_another_team_from_the_case_page(site: Site, lead: Visitor) -> None:
    with site.session() as session:
        task = session.scalars(
            sa.select(Task).where(Task.role == ROLE, Task.child_id.is_not(None)).order_by(Task.id)
        ).first()
        assert task is not None
        case, number, team = task.case_id, task.id, task.team
    assert "Hand on to another team" in lead.get(f"/cases/{case}").text
    path = f"/assignment/cases/{case}/transfer"
    asked = {"from_team": team, "to_team": "Managers", "reason": "The family moved"}
    asked |= {"since-day": "13", "since-month": "5", "since-year": "2026"}
    refused = lead.post(path, {**asked, "reason": ""})
    assert refused.status_code == 422
    assert lead.post(path, asked).status_code == 302
    with site.session() as session:
        assert session.get_one(Task, number).team == "Managers"
        assert session.scalars(sa.select(Transfer.to_team)).one() == "Managers"
    assert "The family moved" in lead.get(path).text
    history = lead.get(f"/cases/{case}/history").text
    assert f"Handed on to another team: {team} to Managers" in history and "The family moved" in history
    assert site.client("social-worker").get(path).status_code == 403


# --- accounts and addresses


def test_closing_an_account_says_first_what_goes_back(site: Site, administrator: Visitor) -> None:
    kit = colleague(site)
    (number,) = free(site, 1)
    theirs = site.client("kit.marsh")
    with site.session() as session:
        tasks.assign(site.desk(session), number, kit, "Theirs")
        session.commit()
    path = f"/admin/accounts/close?account={kit}"
    page = administrator.get(path).text
    assert "1 open task goes back to its team" in page
    assert theirs.get("/tasks").status_code == 200
    token = {"csrf_token": token_of(page), "key": key_of(page)}
    assert administrator.http.post(path, data=token).status_code == 302
    assert theirs.get("/tasks").status_code == 302
    assert holders(site, number) == [None]


def test_addresses_are_entered_marked_as_bounced_and_brought_in(site: Site, administrator: Visitor) -> None:
    page = administrator.get("/directory").text
    path = re.search(r'href="(/directory/enter\?recipient=role[^"]+)"', page)
    assert path is not None
    enter = path.group(1).replace("&amp;", "&")
    given = {"address": "one@council.example", "deputy_address": "two@council.example"}
    given |= {"since-day": "13", "since-month": "5", "since-year": "2026"}
    assert administrator.post(enter, {**given, "address": "nowhere"}).status_code == 422
    assert administrator.post(enter, given).status_code == 302
    with site.session() as session:
        row = session.scalars(sa.select(DirectoryEntry).order_by(DirectoryEntry.id.desc())).first()
        assert row is not None and row.address == "one@council.example"
        entry = row.id
        session.add(
            Notice(
                key="n-1",
                notice="x",
                recipient=row.recipient,
                state="sent",
                address=row.address,
                created_at=NOW,
                sent_at=NOW,
            )
        )
        session.commit()
    bounced = f"/directory/{entry}/bounced"
    assert "Which notices came back?" in administrator.get(bounced).text
    with site.session() as session:
        notice = session.scalars(sa.select(Notice.id).where(Notice.key == "n-1")).one()
    sent = administrator.post(bounced, {"why": "550 no such user", "notices": str(notice)})
    assert sent.status_code == 302
    assert "notices go to the deputy" in administrator.get("/directory").text
    file = administrator.get("/directory/csv").text
    assert "one@council.example" in file
    form = administrator.get("/directory/bring-in").text
    data = {
        "csrf_token": token_of(form),
        "file": (
            io.BytesIO(b"recipient,address\noutside:coastguard,c@council.example\nrole:x,no\n"),
            "a.csv",
        ),
    }
    answer = administrator.http.post("/directory/bring-in", data=data, content_type="multipart/form-data")
    assert answer.status_code == 200 and "Row 3" in answer.text
    assert "c@council.example" in administrator.get("/directory").text
    assert site.client("missing-coordinator").get("/directory").status_code == 403


def test_an_incident_about_routing_is_closed_by_a_person_with_a_reason(
    site: Site, administrator: Visitor
) -> None:
    with site.session() as session:
        row = Incident(kind="routing", message="nobody was chosen", act={}, opened_at=NOW, last_at=NOW)
        session.add(row)
        session.commit()
        page = f"/admin/incidents/{row.id}"
    assert "Try again now" not in administrator.get(page).text
    assert administrator.post(f"{page}/settle", {"reason": ""}).status_code == 422
    assert administrator.post(f"{page}/settle", {"reason": "Given to Kit"}).status_code == 302
    assert "Given to Kit" in administrator.get(page).text
    assert administrator.get(f"{page}/settle").status_code == 404
