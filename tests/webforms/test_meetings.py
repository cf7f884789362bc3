"""A meeting on its pages: convened from the case, invited, held, minuted, and what was agreed done as tasks."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from engine.services import cases
from engine.store.tables import AgreedAction, CaseRecord, Child, Meeting, MeetingCase, Notice, Task
from tests.webforms.site import Site, Visitor, filled
from tests.webforms.test_pages import MOST_STATEMENTS, statements


def number(address: str) -> int:
    found = re.search(r"/meetings/(\d+)", address)
    assert found, address
    return int(found.group(1))


def convened(visitor: Visitor, kind: str, case: int = 1, when: str = "14 May 2026 at 2pm") -> str:
    """Convene a meeting by its form; return its address."""
    form = f"/meetings/of-case/{case}/new/{kind}"
    answer = visitor.post(
        form,
        {"starts_at": when, "place": "Room 4", "chair": "somebody", "chair_name": "Sal Chair"},
    )
    assert answer.status_code == 302, answer.text
    return f"/meetings/{number(answer.location)}"


def recorded(visitor: Visitor, meeting: str, **more: str) -> None:
    """Write down what happened, everybody having come."""
    page = visitor.get(f"{meeting}/record").text
    given = dict.fromkeys(re.findall(r'name="(came-\d+)"', page), "attended")
    said = dict.fromkeys(re.findall(r'name="((?:item|case)-\d+-said)"', page), "It was talked about")
    answer = visitor.post(f"{meeting}/record", {**given, **said, "held_at": "13 May 2026 at 9am", **more})
    assert answer.status_code == 302, answer.text


def due(site: Site, name: str, value: object = True) -> None:
    """Let the procedure ask for a multi-agency meeting in the first case."""
    with site.session() as session:
        cases.change_facts(site.desk(session), 1, {name: value}, reason="For the test")
        session.commit()


def test_a_meeting_is_convened_from_its_case_with_what_the_procedure_wants(site: Site) -> None:
    visitor = site.client("social-worker")
    tab = visitor.get("/meetings/of-case/1").text
    assert "No meeting was convened in this case" in tab
    assert "/meetings/of-case/1/new" in visitor.get("/cases/1").text
    kinds = visitor.get("/meetings/of-case/1/new").text
    assert "Multi-Agency Meeting" in kinds and "Steering Group" not in kinds
    meeting = convened(visitor, "strategy-discussion")
    page = visitor.get(meeting).text
    for words in (
        "Strategy Discussion",
        "Thursday 14 May 2026 at 2pm",
        "Nottinghamshire Police",
        "How grave the concern for the child is",
        "/procedure/clauses/6.2.a-2",
        "Send",
    ):
        assert words in page, words
    assert meeting in visitor.get("/meetings").text
    assert meeting in visitor.get("/meetings/of-case/1").text
    assert visitor.get(f"{meeting}/calendar-entry").text.startswith("BEGIN:VCALENDAR\r\n")


def test_a_form_with_mistakes_says_so_and_keeps_what_was_typed(site: Site) -> None:
    visitor = site.client("social-worker")
    answer = visitor.post(
        "/meetings/of-case/1/new/strategy-discussion",
        {"starts_at": "someday", "place": "Room 4", "chair": "somebody", "chair_name": ""},
    )
    assert answer.status_code == 422
    assert "There is a problem" in answer.text and 'value="Room 4"' in answer.text
    assert visitor.get("/meetings/of-case/1/new/garden-party").status_code == 404
    assert visitor.get("/meetings/99999").status_code == 404


def test_who_is_asked_is_changed_with_reasons_and_the_invitations_leave_once(site: Site) -> None:
    visitor = site.client("social-worker")
    meeting = convened(visitor, "strategy-discussion")
    page = visitor.get(meeting).text
    police = re.search(
        rf'href="({meeting}/people/\d+/leave-out)">Leave out<[^>]*>: Nottinghamshire Police', page
    )
    assert police
    refused = visitor.post(police.group(1), {"reason": ""})
    assert refused.status_code == 422
    assert visitor.post(police.group(1), {"reason": "Talked to by telephone"}).status_code == 302
    page = visitor.get(meeting).text
    assert "Not asked: Talked to by telephone" in page
    assert "although the procedure wants them there" in page
    visitor.post(
        f"{meeting}/people/add", {"who": "other", "name": "School nurse", "email": "nurse@example.org"}
    )
    assert visitor.post(f"{meeting}/invite", {}, page=meeting).status_code == 302
    with site.session() as session:
        letters = session.scalars(sa.select(Notice).where(Notice.notice == "meeting_invited")).all()
        children = session.scalars(sa.select(Child.surname)).all()
    assert "email:nurse@example.org" in {letter.recipient for letter in letters}
    assert "outside:police" not in {letter.recipient for letter in letters}
    assert not [name for name in children for letter in letters if name in f"{letter.subject}{letter.body}"]
    assert "Send 1 invitation" not in visitor.get(meeting).text


def test_a_meeting_is_held_minuted_and_sent_and_its_actions_are_tasks_at_once(site: Site) -> None:
    visitor = site.client("social-worker")
    meeting = convened(visitor, "strategy-discussion")
    recorded(visitor, meeting)
    page = visitor.get(meeting).text
    assert "Held" in page and "It was talked about" in page
    owner = re.search(
        r'<option value="(account:\d+)"[^>]*>[^<]*Emergency Duty',
        visitor.get(f"/actions/at-meeting/{number(meeting)}").text,
    )
    assert owner
    answer = visitor.post(
        f"/actions/at-meeting/{number(meeting)}",
        {"what": "Ring the bus company", "owner": owner.group(1), "due": "15 May 2026"},
    )
    assert answer.status_code == 302, answer.text
    duty = site.client("emergency-duty-team")
    listed = duty.get("/tasks?whose=mine").text
    assert "Ring the bus company" in listed
    task = re.search(r'href="(/tasks/\d+)[^"]*">Ring the bus company', listed)
    assert task
    shown = duty.get(task.group(1))
    assert shown.status_code == 302
    action = duty.get(shown.location).text
    assert "Agreed at the meeting of" in action and "The procedure does not ask for it" in action
    assert duty.post(shown.location, {"note": ""}).status_code == 422
    assert duty.post(shown.location, {"note": "They saw nobody"}).status_code == 302
    assert "They saw nobody" in visitor.get(meeting).text
    assert duty.get(task.group(1)).location == shown.location, "an ended action can still be read"
    draft = filled(visitor.get(f"{meeting}/minutes").text)
    assert "Ring the bus company" in draft["minutes"]
    assert visitor.http.post(f"{meeting}/minutes", data=draft).status_code == 302
    visitor.post(f"{meeting}/minutes/approve", {}, page=meeting)
    assert visitor.post(f"{meeting}/minutes/send", {"how": ""}).status_code == 422
    assert visitor.post(f"{meeting}/minutes/send", {"how": "Encrypted e-mail"}).status_code == 302
    assert "Encrypted e-mail" in visitor.get(meeting).text
    assert "Ring the bus company" in visitor.get(f"{meeting}/print").text


def test_the_procedures_task_opens_filled_in_from_the_meeting(site: Site) -> None:
    with site.session() as session:
        cases.record_event(site.desk(session), 1, "meeting_call", actual=site.clock.now())
        session.commit()
        task = session.scalars(sa.select(Task.id).where(Task.form == "hold-strategy-meeting")).first()
    assert task is not None
    visitor = site.client("team-manager")
    page = visitor.get(f"/tasks/{task}").text
    assert "Convene the meeting: Strategy Meeting" in page
    meeting = convened(visitor, "strategy-meeting")
    assert "Open the meeting: Strategy Meeting" in visitor.get(f"/tasks/{task}").text
    recorded(visitor, meeting)
    assert f"{meeting}/tasks/{task}" in visitor.get(meeting).text
    form = visitor.get(f"{meeting}/tasks/{task}").text
    given = filled(form)
    assert given["risk"] == given["search"] == "It was talked about"
    assert "Nottinghamshire Police" in given["took_part"]
    assert visitor.http.post(f"{meeting}/tasks/{task}", data=given).status_code == 302
    after = visitor.get(meeting).text
    assert "The task is done." in after and f"{meeting}/tasks/{task}" not in after
    again = visitor.get(f"{meeting}/tasks/{task}")
    assert again.status_code == 302


def test_two_people_who_write_at_once_are_told_of_each_other(site: Site) -> None:
    visitor, other = site.client("social-worker"), site.client("team-manager")
    meeting = convened(visitor, "strategy-discussion")
    began = visitor.get(f"{meeting}/record").text
    recorded(other, meeting)
    version = re.search(r'name="version" value="(\d+)"', began)
    assert version
    answer = visitor.post(f"{meeting}/record", {"held_at": "13 May 2026 at 9am", "version": version.group(1)})
    assert answer.status_code == 422
    assert "while you were writing" in answer.text
    assert "It was talked about" in visitor.get(meeting).text


def test_a_meetings_pages_ask_little_however_many_are_asked(site: Site) -> None:
    visitor = site.client("social-worker")
    meeting = convened(visitor, "multi-agency-meeting")
    for name in ("Nurse", "Teacher", "Uncle"):
        visitor.post(f"{meeting}/people/add", {"who": "other", "name": name})
    recorded(visitor, meeting)
    for path in (meeting, "/meetings?whose=all", "/meetings/of-case/1", f"{meeting}/print"):
        visitor.get(path)
        with statements(site) as sent:
            assert visitor.get(path).status_code == 200
        assert len(sent) <= MOST_STATEMENTS, f"{path} sends {len(sent)} statements"


def test_somebody_gives_themselves_a_task_on_a_case(site: Site) -> None:
    visitor = site.client("social-worker")
    form = visitor.get("/actions/give/1").text
    given = filled(form, what="Ring the aunt", due="16 May 2026")
    assert visitor.http.post("/actions/give/1", data=given).status_code == 302
    assert "Ring the aunt" in visitor.get("/tasks?whose=mine").text
    assert "Ring the aunt" in visitor.get("/cases/1").text
    assert "Ring the aunt" in visitor.get("/meetings/of-case/1").text
    assert "Ring the aunt" not in visitor.get("/cases/1/duties").text
    with site.session() as session:
        action = session.scalars(sa.select(AgreedAction)).one()
    moved = f"/actions/{action.id}/day"
    assert visitor.post(moved, {"due": "20 May 2026", "reason": ""}).status_code == 422
    assert visitor.post(moved, {"due": "20 May 2026", "reason": "She is away"}).status_code == 302
    assert "She is away" in visitor.get(f"/actions/{action.id}").text
    site.move_to(site.clock.now().replace(day=21))
    assert "Overdue" in site.client("social-worker").get(f"/actions/{action.id}").text


def test_a_restricted_childs_meeting_opens_to_nobody_without_a_reason(site: Site) -> None:
    visitor = site.client("social-worker")
    meeting = convened(visitor, "strategy-discussion")
    with site.session() as session:
        child = session.get_one(Meeting, number(meeting))
        session.execute(
            sa.text(
                "UPDATE child SET restricted = true WHERE id = (SELECT child_id FROM case_record WHERE id = :c)"
            ),
            {"c": child.case_id},
        )
        surname = session.scalar(
            sa.text("SELECT surname FROM child JOIN case_record c ON c.child_id = child.id WHERE c.id = :c"),
            {"c": child.case_id},
        )
        session.commit()
    other = site.client("missing-coordinator")
    for address in (
        meeting,
        f"{meeting}/print",
        f"{meeting}/record",
        "/meetings/of-case/1/new",
        "/actions/give/1",
    ):
        assert other.get(address).status_code == 403, address
    listed = other.get("/meetings?whose=all").text
    assert surname not in listed and "Restricted record" in listed


class TestPanel:
    """Bury's panel, which looks at the children that the procedure puts on its list."""

    @pytest.fixture
    def council(self) -> str:
        return "bury"

    def test_the_list_comes_by_the_procedures_rule_and_each_child_has_its_own_decision(
        self, site: Site
    ) -> None:
        with site.session() as session:
            desk = site.desk(session)
            since = site.clock.now().replace(day=1, hour=0, minute=0)
            panel = cases.start_period(desk, "monthly-panel", since, site.clock.now())
            flagged = session.scalars(
                sa.text(
                    "SELECT DISTINCT case_id FROM ledger_entry WHERE obligation = 'flag_for_missing_panel'"
                )
            ).all()
            session.commit()
        assert flagged, "no case came under the rule"
        visitor = site.client("panel-organiser")
        meeting = convened(visitor, "missing-panel", panel)
        with site.session() as session:
            listed = session.scalars(sa.select(MeetingCase.case_id)).all()
        assert set(flagged) <= set(listed)
        with site.session() as session:
            reference = session.get_one(CaseRecord, 1).reference
        if 1 not in listed:
            added = visitor.post(
                f"{meeting}/children/add", {"reference": reference, "reason": "Asked for by the police"}
            )
            assert added.status_code == 302
        assert "Bring the list up to date" in visitor.get(meeting).text
        with site.session() as session:
            session.execute(sa.delete(MeetingCase).where(MeetingCase.case_id != 1))
            session.commit()
        visitor.post(f"{meeting}/children/up-to-date", {}, page=meeting)
        with site.session() as session:
            again = session.scalars(sa.select(MeetingCase.case_id)).all()
        assert set(again) == {1, *listed}
        recorded(visitor, meeting, **{"case-1-decided": "A plan by Friday"})
        page = visitor.get(meeting).text
        assert "A plan by Friday" in page
        gave = visitor.post(
            f"/actions/at-meeting/{number(meeting)}",
            {"case": "1", "what": "Write the plan", "owner": "role:social_worker", "due": "15 May 2026"},
        )
        assert gave.status_code == 302, gave.text
        tab = visitor.get("/meetings/of-case/1").text
        assert meeting in tab and "Write the plan" in tab
        task = re.search(rf'href="({meeting}/tasks/\d+)"', visitor.get(meeting).text)
        assert task
        given = filled(visitor.get(task.group(1)).text)
        assert "A plan by Friday" in given["cases"]
        assert given["attended"]
