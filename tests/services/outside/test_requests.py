"""Requests to people outside: what they are told, what their answer does, and when a link stops working."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.services import accounts, audit, cases, caseview, delivery, notices
from engine.services.channels import Message
from engine.services.correcting import moving, voiding
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.outside import answering, following, links, requests
from engine.services.outside.answering import REMARK, TELLER
from engine.services.outside.preparing import Wish, may_be_told
from engine.store.tables import (
    AuditEvent,
    CaseRecord,
    Child,
    Notice,
    OutsideRequest,
    OutsideToken,
    Task,
    access_log,
)
from tests.services.outside.conftest import Asking

SAID = {TELLER: "PC Example, desk"}


def row_of(asking: Asking, request: int) -> OutsideRequest:
    return asking.session.get_one(OutsideRequest, request, populate_existing=True)


def say(asking: Asking, link: str | None, answers: dict[str, object], key: str | None = None) -> None:
    opened = asking.open(link)
    assert opened is not None
    answering.answer(opened, answers, key or str(uuid.uuid4()))


def test_a_link_is_kept_as_a_digest_alone_and_is_256_bits_long(asking: Asking) -> None:
    made = asking.ask()
    assert made.link is not None
    token = made.link.rsplit("/", 1)[1]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    kept = asking.session.scalars(sa.select(OutsideToken.digest)).one()
    assert kept == links.digest_of(token) and len(kept) == 32
    whole = asking.session.scalar(sa.text("SELECT r::text FROM outside_request r"))
    assert token not in str(whole)
    assert len({asking.ask().link for _ in range(20)}) == 20


def test_an_answer_meets_the_awaited_duty_as_told_by_that_body(asking: Asking) -> None:
    made = asking.ask()
    say(asking, made.link, {"notes": "Placed for the night", **SAID})
    entry = asking.awaited()
    assert (entry.outcome, entry.done) == ("done", asking.office.clock.now())
    assert not asking.session.scalars(sa.select(Task).where(Task.external)).all()
    view = caseview.view(asking.desk, asking.case)
    told = next(line for line in view.history if "told_by" in line.detail)
    assert told.detail["told_by"] == "Nottinghamshire Police" and told.detail["request"] == made.id
    assert told.detail["answers"] == {"notes": "Placed for the night"}
    assert row_of(asking, made.id).state == "done"
    assert row_of(asking, made.id).teller == "PC Example, desk"
    assert not audit.verify(asking.session).faults


def test_an_answer_that_somebody_wants_to_see_first_waits_until_it_is_accepted(asking: Asking) -> None:
    made = asking.ask(review=True)
    say(asking, made.link, {"notes": "Placed", **SAID})
    assert asking.awaited().outcome == "open"
    assert following.to_look_at(asking.desk) == 1
    requests.accept(asking.desk, made.id, note="Rang back")
    assert asking.awaited().outcome == "done"
    assert following.to_look_at(asking.desk) == 0
    done = asking.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.chain == asking.case).order_by(AuditEvent.seq.desc())
    ).first()
    assert done is not None and done.account_id == asking.person.account
    with pytest.raises(Conflict):
        requests.accept(asking.desk, made.id)


def test_a_remark_is_looked_at_though_the_duty_was_met(asking: Asking) -> None:
    made = asking.ask()
    say(asking, made.link, {REMARK: "Her friend is missing as well", **SAID})
    assert asking.awaited().outcome == "done"
    assert following.listed(asking.desk).rows[0].state == "received"
    acts = asking.session.get_one(CaseRecord, asking.case, populate_existing=True).acts
    requests.accept(asking.desk, made.id)
    assert asking.session.get_one(CaseRecord, asking.case, populate_existing=True).acts == acts


def test_a_free_question_is_never_answered_past_the_person_who_asked(asking: Asking) -> None:
    made = asking.ask(question="Is she at school today?", choices=("Yes", "No"), review=False)
    say(asking, made.link, {"answer": "Yes", "text": "Since nine", **SAID})
    found = row_of(asking, made.id)
    assert (found.state, found.answer) == ("received", {"answer": "Yes", "text": "Since nine"})
    requests.ask_again(asking.desk, made.id, reason="Which school?")
    again = asking.ask(question="Which school is it?", follows=made.id)
    assert (row_of(asking, made.id).state, row_of(asking, again.id).number) == ("returned", 2)


def test_of_the_child_only_what_was_ticked_is_told(asking: Asking) -> None:
    shown = {
        (): [],
        ("initials", "birth_year"): [["Initials", "A. E."], ["Year of birth", "2012"]],
        ("name", "report"): [["Name", "Ada Example"], ["Number of the report", "P-77"]],
    }
    for details, expected in shown.items():
        assert row_of(asking, asking.ask(details=details).id).shown == expected
    made = asking.ask(details=())
    asked = row_of(asking, made.id)
    assert "Ada" not in str(asked.asked) and "Example" not in str(asked.asked)
    assert not {"x-why", "x-clauses", "x-copy"} & {
        key for question in asked.asked["schema"]["properties"].values() for key in question
    }


def test_nothing_is_told_of_a_restricted_child_to_whoever_may_not_see_it(asking: Asking) -> None:
    asking.session.execute(sa.update(Child).values(restricted=True))
    asking.session.expire_all()
    with pytest.raises(NotFound):
        asking.ask()
    made = may_be_told(asking.desk, asking.case)
    assert made == {}


def test_only_practitioners_ask(asking: Asking) -> None:
    reviewer = asking.office.person(asking.session, "eve", "quality_assurance")
    wish = Wish("role:police", by_email=False, telephone="1", entry=asking.entry)
    with pytest.raises(NotAllowed):
        requests.make(asking.office.desk(asking.session, reviewer), asking.case, wish)
    with pytest.raises(NotAllowed):
        requests.make(asking.office.desk(asking.session), asking.case, wish)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"days": 31}, "days"),
        ({"days": 0}, "days"),
        ({"telephone": " "}, "telephone"),
        ({"recipient": "other"}, "body"),
        ({"by_email": True}, "address"),
        ({"by_email": True, "address": "a@b.example\r\nBcc: c@d.example"}, "address"),
        ({"by_email": True, "address": "a@b.example, c@d.example"}, "address"),
        ({"by_email": True, "address": "Ada <a@b.example>"}, "address"),
        ({"question": " "}, "question"),
        ({"question": "Is she there?", "choices": ("Yes",)}, "choices"),
    ],
)
def test_what_cannot_be_asked_is_said_by_its_field(
    asking: Asking, wish: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        asking.ask(**wish)
    assert field in refused.value.problems


def test_a_link_works_once(asking: Asking) -> None:
    made = asking.ask()
    key = str(uuid.uuid4())
    opened = asking.open(made.link)
    assert opened is not None
    answering.answer(opened, {"notes": "First", **SAID}, key)
    answering.answer(opened, {"notes": "First", **SAID}, key)
    with pytest.raises(NotFound):
        answering.answer(opened, {"notes": "Second", **SAID}, str(uuid.uuid4()))
    assert asking.open(made.link) is None
    assert row_of(asking, made.id).answer == {"notes": "First"}
    done = sa.select(sa.func.count()).where(
        AuditEvent.chain == asking.case, AuditEvent.action == "task_completed"
    )
    assert asking.session.scalar(done) == 1


def test_a_link_runs_out(asking: Asking) -> None:
    made = asking.ask(days=2)
    asking.office.clock.advance(timedelta(days=2, seconds=-1))
    assert asking.open(made.link) is not None
    asking.office.clock.advance(timedelta(seconds=1))
    assert asking.open(made.link) is None
    assert following.of_case(asking.desk, asking.case)[0].why == "The link has run out"


def test_a_link_ends_with_the_duty_that_it_is_about(asking: Asking) -> None:
    made = asking.ask()
    question = asking.ask(question="Is she at school?")
    opened = asking.open(made.link)
    asking.session.commit()
    cases.complete_entry(asking.office.desk(asking.session), asking.case, asking.entry)
    assert asking.open(made.link) is None
    assert opened is not None
    assert asking.open(question.link) is not None
    with pytest.raises(NotFound):  # whose page was open meanwhile
        answering.answer(opened, {"notes": "Late", **SAID}, str(uuid.uuid4()))


def test_a_link_ends_with_the_account_of_whoever_asked_for_good(asking: Asking) -> None:
    made = asking.ask()
    system = asking.office.desk(asking.session)
    accounts.disable(system, "grace")
    assert asking.open(made.link) is None
    accounts.enable(system, "grace")
    assert asking.open(made.link) is None
    assert row_of(asking, made.id).state == "revoked"


def test_a_link_ends_with_a_case_that_was_opened_in_error(asking: Asking) -> None:
    made = asking.ask()
    asking.session.execute(sa.update(CaseRecord).values(voided_at=asking.office.clock.now()))
    asking.session.expire_all()
    assert asking.open(made.link) is None
    asking.session.execute(sa.update(CaseRecord).values(voided_at=None))
    asking.session.expire_all()
    assert requests.revoke_of_case(asking.desk, asking.case, "opened in error") == 1
    assert asking.open(made.link) is None


def test_a_link_ends_for_good_when_its_case_is_moved_or_voided(asking: Asking) -> None:
    made, system = asking.ask(), asking.office.desk(asking.session)
    other = asking.office.child(asking.session, "Other")
    wrong = asking.session.get_one(CaseRecord, asking.case).child_id
    assert wrong is not None
    moving.move(system, asking.case, wrong, other, "matched to the wrong child")
    assert asking.open(made.link) is None
    assert "another child" in str(row_of(asking, made.id).decision)
    again = asking.ask()
    assert asking.open(again.link) is not None
    voiding.Void(asking.case, "opened in error").carry_out(system)
    assert asking.open(again.link) is None
    assert row_of(asking, again.id).state == "revoked"


def test_a_request_is_taken_back_with_a_reason(asking: Asking) -> None:
    made = asking.ask()
    with pytest.raises(InvalidAnswers):
        requests.revoke(asking.desk, made.id, reason=" ")
    requests.revoke(asking.desk, made.id, reason="Asked the wrong team")
    assert asking.open(made.link) is None
    with pytest.raises(Conflict):
        requests.send_again(asking.desk, made.id)


def test_a_new_link_ends_the_one_that_was_copied(asking: Asking) -> None:
    made = asking.ask()
    again = requests.send_again(asking.desk, made.id)
    assert asking.open(made.link) is None
    assert asking.open(again.link) is not None


def test_five_wrong_codes_close_a_request(asking: Asking) -> None:
    made = asking.ask(code=True)
    assert made.code is not None and re.fullmatch(r"\d{6}", made.code)
    opened = asking.open(made.link)
    assert opened is not None
    assert made.code not in str(row_of(asking, made.id).code_hash)
    wrong = f"{(int(made.code) + 1) % 10**6:06}"
    for _ in range(4):
        assert not answering.enter_code(opened, wrong)
    assert answering.enter_code(opened, f" {made.code[:3]} {made.code[3:]}")
    assert not answering.enter_code(opened, wrong)
    assert not answering.enter_code(opened, made.code), "the right one comes too late"
    assert asking.open(made.link) is None
    assert following.of_case(asking.desk, asking.case)[0].why == "Closed after five wrong codes"


def test_every_opening_is_logged_with_its_case(asking: Asking) -> None:
    made = asking.ask()
    for _ in range(3):
        asking.open(made.link)
    logged = asking.session.execute(
        sa.select(access_log.c.case_id, access_log.c.account_id).where(
            access_log.c.what == f"{answering.LOGGED} {made.id}"
        )
    ).all()
    assert logged == [(asking.case, None)] * 3
    assert len(following.view(asking.desk, made.id).opened) == 3


def test_guessing_from_one_address_soon_finds_nothing_at_all(asking: Asking) -> None:
    made = asking.ask()
    for number in range(links.MOST_WRONG_LINKS):
        assert asking.open(f"x/{number:043}") is None
    assert asking.open(made.link) is not None
    assert asking.open(f"x/{'a' * 43}") is None
    assert asking.open(made.link) is None, "the address has tried too often"
    assert asking.open(made.link, "198.51.100.8") is not None
    asking.office.clock.advance(timedelta(minutes=10))
    assert asking.open(made.link) is not None
    kept = asking.session.scalars(sa.text("SELECT who FROM outside_try")).all()
    assert not any("198.51" in who for who in kept)


@pytest.mark.parametrize(
    "token", ["", "..", "a" * 42, "a" * 44, "a" * 100_000, "é" * 43, "%00", "' OR 1=1 --"]
)
def test_what_is_no_link_opens_nothing(asking: Asking, token: str) -> None:
    settings = asking.office.settings
    assert (
        answering.open(asking.session, asking.office.clock, asking.office.library, settings, token, "1")
        is None
    )


def test_an_unknown_link_costs_the_statements_of_one_that_has_run_out(asking: Asking) -> None:
    made = asking.ask(days=1)
    asking.office.clock.advance(timedelta(days=2))
    engine = asking.session.get_bind()
    sent: list[str] = []

    def note(*row: object) -> None:
        sent.append(re.sub(r"\s+", " ", str(row[2])))

    counted = []
    sa.event.listen(engine, "before_cursor_execute", note)
    for link in (made.link, f"x/{'b' * 43}", "x/short"):
        sent.clear()
        assert asking.open(link) is None
        counted.append([one for one in sent if "set_config" not in one])
    sa.event.remove(engine, "before_cursor_execute", note)
    assert counted[0] == counted[1] == counted[2]


# --- by e-mail


def deliver(asking: Asking) -> list[Message]:
    """Send what is due, in the transaction of the test."""
    sent: list[Message] = []
    for notice in asking.session.scalars(
        sa.select(Notice).where(Notice.state == "pending").order_by(Notice.id)
    ):
        prepared = delivery._prepare_link(asking.office.desk(asking.session), notice)
        if prepared is not None:
            sent.append(prepared.message)
            notice.state = "sent"
    asking.session.flush()
    return sent


def link_in(message: Message) -> str:
    found = re.search(r"\S+/outside/\S+", message.body)
    assert found is not None
    return found[0]


def test_a_link_leaves_by_mail_and_is_made_as_it_is_sent(asking: Asking) -> None:
    made = asking.ask(by_email=True, address="desk@police.example", code=True)
    assert made.link is None and not asking.session.scalars(sa.select(OutsideToken)).all()
    (message,) = deliver(asking)
    assert message.address == "desk@police.example"
    assert message.subject == "A request from Nottinghamshire: NO-2026-00001/1"
    opened = asking.open(link_in(message))
    assert opened is not None and opened.request.id == made.id
    for told in ("Ada", "Example", "2012", str(made.code)):
        assert told not in message.subject + message.body
    rows, _ = notices.outbox(asking.office.desk(asking.session))
    assert rows[0].subject == message.subject
    whole = asking.session.scalar(sa.text("SELECT n::text FROM notice n"))
    assert link_in(message).rsplit("/", 1)[1] not in str(whole)


def test_somebody_who_has_not_answered_is_reminded_once_and_both_links_work(asking: Asking) -> None:
    made = asking.ask(by_email=True, address="desk@police.example", days=7)
    (first,) = deliver(asking)
    desk = asking.office.desk(asking.session)
    assert requests.remind_due(desk) == 0
    row = row_of(asking, made.id)
    assert row.remind_at is not None and row.remind_at < row.expires_at
    asking.office.clock.move_to(row.remind_at)
    assert requests.remind_due(desk) == 1
    assert requests.remind_due(desk) == 0
    (second,) = deliver(asking)
    assert second.subject.startswith("Reminder of a request")
    assert link_in(first) != link_in(second)
    assert asking.open(link_in(first)) is not None
    say(asking, link_in(second), {**SAID})
    assert asking.open(link_in(first)) is None


def test_no_reminder_and_no_link_leaves_for_what_has_ended(asking: Asking) -> None:
    made = asking.ask(by_email=True, address="desk@police.example")
    cases.complete_entry(asking.office.desk(asking.session), asking.case, asking.entry)
    assert deliver(asking) == []
    notice = asking.session.scalars(sa.select(Notice).where(Notice.outside_request_id == made.id)).one()
    assert notice.state == "cancelled" and "can no longer be answered" in str(notice.problem)
    asking.office.clock.advance(timedelta(days=6, hours=12))
    assert requests.remind_due(asking.office.desk(asking.session)) == 0


def test_the_same_form_twice_makes_one_request(asking: Asking) -> None:
    key = str(uuid.uuid4())
    wish = Wish("role:police", by_email=False, telephone="01632 960001", entry=asking.entry)
    first = requests.make(asking.desk, asking.case, wish, key=key)
    second = requests.make(asking.desk, asking.case, wish, key=key)
    assert (second.id, second.repeated, second.link) == (first.id, True, None)
    assert asking.session.scalar(sa.select(sa.func.count()).select_from(OutsideRequest)) == 1
