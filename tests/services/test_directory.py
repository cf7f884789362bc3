"""Addresses by team, area and day; a missing or bounced one is an incident with the notice held, never silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from engine.services import cases, delivery, directory, notices
from engine.services.assignment import away, rotas
from engine.services.channels import Folder
from engine.services.desk import Desk, InvalidAnswers, NotAllowed
from engine.store.tables import Account, DirectoryEntry, Incident, Notice
from tests.conftest import Office
from tests.services.assignment.test_routing import number, officer
from tests.services.test_tasks import FACTS

DIRECTOR = "role:director"
TODAY = date(2026, 5, 12)


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session)


def now(desk: Desk, *, team: str = "", area: str = "") -> str | None:
    found = directory.of_recipient(desk, DIRECTOR, team=team, area=area)
    return None if found is None else found.address


def test_the_entry_that_says_most_holds(desk: Desk) -> None:
    directory.enter(desk, DIRECTOR, "all@council.example")
    directory.enter(desk, DIRECTOR, "area@council.example", area="elsewhere")
    assert now(desk, team="North", area="elsewhere") == "area@council.example"
    directory.enter(desk, DIRECTOR, "team@council.example", team="North")
    assert now(desk, team="North", area="elsewhere") == "team@council.example"
    directory.enter(desk, DIRECTOR, "both@council.example", team="North", area="elsewhere")
    assert now(desk, team="North", area="elsewhere") == "both@council.example"
    assert now(desk, team="South", area="own_area") == now(desk) == "all@council.example"


def test_a_new_address_takes_over_on_its_first_day_and_the_old_one_stays_on_record(desk: Desk) -> None:
    directory.enter(desk, DIRECTOR, "old@council.example", since=date(2026, 1, 1))
    directory.enter(desk, DIRECTOR, "new@council.example", since=date(2026, 5, 20))
    assert now(desk) == "old@council.example"
    for day, address in ((19, "old@council.example"), (20, "new@council.example")):
        found = directory.of_recipient(desk, DIRECTOR, day=date(2026, 5, day))
        assert found is not None and found.address == address
    assert directory.enter(desk, DIRECTOR, "old@council.example") is not None
    assert desk.session.scalar(sa.select(sa.func.count()).select_from(DirectoryEntry)) == 3


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.one_of(st.none(), st.integers(0, 20)), st.booleans(), st.booleans()),
        max_size=6,
    ),
    st.integers(0, 20),
)
def test_an_address_is_one_that_holds_and_works(
    drawn: list[tuple[int, int | None, bool, bool]], day: int
) -> None:
    start = date(2026, 5, 1)
    entries = [
        DirectoryEntry(
            id=place,
            team="T" if place % 2 else "",
            area="",
            channel="email",
            address=f"a{place}@council.example",
            deputy_address=f"d{place}@council.example" if deputy else None,
            since=start + timedelta(days=since),
            until=None if until is None else start + timedelta(days=until),
            bounced_at=datetime.combine(start, time()) if bounced else None,
        )
        for place, (since, until, bounced, deputy) in enumerate(drawn, 1)
    ]
    on = start + timedelta(days=day)
    found = directory.choose(entries, on)
    usable = [
        one
        for one in entries
        if one.since <= on
        and (one.until is None or on <= one.until)
        and (one.bounced_at is None or one.deputy_address)
    ]
    assert (found is None) == (not usable)
    if found is not None:
        chosen = next(one for one in entries if one.id == found.entry)
        assert chosen in usable and found.deputy == (chosen.bounced_at is not None)
        assert chosen.team == "T" or all(one.team == "" for one in usable)


def test_recipients_without_an_address_now_or_soon_are_listed_first(desk: Desk) -> None:
    (row,) = directory.recipients(desk)
    assert (row.recipient, row.problem) == (DIRECTOR, "No address: notices to it are held")
    directory.enter(desk, DIRECTOR, "a@council.example", until=date(2026, 6, 1))
    (row,) = directory.recipients(desk)
    assert row.problem == "Its address ends on 1 June 2026, and no other follows"
    directory.enter(desk, DIRECTOR, "b@council.example", since=date(2026, 6, 2))
    assert directory.recipients(desk)[0].problem is None


def test_what_is_no_address_is_refused_and_only_administrators_enter_any(desk: Desk, office: Office) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        directory.enter(desk, "director", "nowhere", deputy_address="no", until=date(2026, 5, 1))
    assert set(refused.value.problems) == {"recipient", "address", "deputy_address", "until"}
    carol = office.desk(desk.session, officer(desk, office, "carol"))
    with pytest.raises(NotAllowed):
        directory.enter(carol, DIRECTOR, "a@council.example")


def test_a_directory_goes_out_and_comes_in_as_csv(desk: Desk) -> None:
    directory.enter(desk, DIRECTOR, "a@council.example", team="North", deputy_address="d@council.example")
    directory.enter(desk, DIRECTOR, "b@council.example", note="Ring first")
    text = directory.as_csv(desk)
    brought = directory.bring_in(desk, "addresses.csv", text.encode())
    assert (brought.entered, brought.unchanged, brought.problems) == (0, 2, ())
    more = text + "role:director,,,not an address,,,,\noutside:police,,,p@council.example,,12/05/2026,,\n"
    brought = directory.bring_in(desk, "addresses.csv", more.encode())
    assert (brought.entered, brought.unchanged) == (1, 2)
    assert [line for line, _ in brought.problems] == [4]
    assert directory.addresses(desk) == {
        DIRECTOR: "b@council.example",
        "outside:police": "p@council.example",
    }


# --- what is sent where


class Outbox:
    """A case's notice to the director, and a folder it leaves into."""

    def __init__(self, office: Office, sessions: sessionmaker[Session], folder: Path) -> None:
        self.office, self.sessions = office, sessions
        self.channel = Folder(folder, "homeward@council.example")
        with sessions() as session:
            office.set_up(session)
            desk = office.desk(session)
            self.case = cases.start(desk, office.child(session), facts=FACTS)
            session.add(
                Notice(
                    case_id=self.case,
                    key="one",
                    notice="director-notified",
                    recipient=DIRECTOR,
                    created_at=office.clock.now(),
                    next_attempt=office.clock.now(),
                )
            )
            session.commit()

    def deliver(self) -> None:
        with self.sessions() as reader:
            delivery.deliver_due(
                lambda code: self.office.desk(self.sessions()), reader, self.channel, self.office.clock.now()
            )

    def rows(self) -> list[tuple[str, str, str | None]]:
        with self.sessions() as session:
            self.office.desk(session)
            found = session.scalars(sa.select(Notice).order_by(Notice.id))
            return [(row.recipient, row.state, row.address) for row in found]

    def incidents(self) -> list[str]:
        with self.sessions() as session:
            self.office.desk(session)
            wanted = sa.select(Incident.message).where(Incident.resolved_at.is_(None)).order_by(Incident.id)
            return list(session.scalars(wanted))


@pytest.fixture
def outbox(office: Office, sessions: sessionmaker[Session], tmp_path: Path) -> Iterator[Outbox]:
    yield Outbox(office, sessions, tmp_path)


def enter(outbox: Outbox, address: str, **more: str) -> int:
    with outbox.sessions() as session:
        made = directory.enter(outbox.office.desk(session), DIRECTOR, address, **more)  # type: ignore[arg-type]
        session.commit()
    assert made is not None
    return made


def bounce(outbox: Outbox, entry: int) -> None:
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        address = directory.entry(desk, entry).address
        came_back = [one.id for one in directory.sent_to(desk, address)]
        directory.report_bounce(desk, entry, "550 no such user", came_back)
        session.commit()


def test_what_came_back_is_held_under_an_incident_until_another_address_is_entered(outbox: Outbox) -> None:
    entry = enter(outbox, "gone@council.example")
    outbox.deliver()
    assert outbox.rows() == [(DIRECTOR, "sent", "gone@council.example")]
    bounce(outbox, entry)
    assert [state for _, state, _ in outbox.rows()] == ["held"]
    assert len(outbox.incidents()) == 2
    outbox.deliver()
    assert [state for _, state, _ in outbox.rows()] == ["held"]
    enter(outbox, "here@council.example")
    outbox.deliver()
    assert outbox.rows() == [(DIRECTOR, "sent", "here@council.example")]
    assert outbox.incidents() == []
    assert len(list(outbox.channel.path.glob("*.eml"))) == 2


def test_what_came_back_goes_to_the_deputys_address_where_there_is_one(outbox: Outbox) -> None:
    entry = enter(outbox, "gone@council.example", deputy_address="deputy@council.example")
    outbox.deliver()
    bounce(outbox, entry)
    outbox.deliver()
    assert outbox.rows() == [(DIRECTOR, "sent", "deputy@council.example")]
    assert outbox.incidents() == ["mail to Director comes back from its address: enter another one"]


def test_a_notice_that_the_provider_could_not_deliver_is_taken_back_once(outbox: Outbox) -> None:
    enter(outbox, "gone@council.example")
    outbox.deliver()
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        reference = session.scalars(sa.select(Notice.provider_reference)).one() or ""
        assert delivery.take_back(desk, {reference: "permanent-failure", "other": "permanent-failure"}) == 1
        assert delivery.take_back(desk, {reference: "permanent-failure"}) == 0
        assert directory.of_recipient(desk, DIRECTOR) is None
        session.commit()
    assert [state for _, state, _ in outbox.rows()] == ["held"]


def test_a_failure_that_says_nothing_of_the_address_holds_the_notice_alone(outbox: Outbox) -> None:
    enter(outbox, "slow@council.example")
    outbox.deliver()
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        reference = session.scalars(sa.select(Notice.provider_reference)).one() or ""
        assert delivery.take_back(desk, {reference: "temporary-failure"}) == 1
        assert directory.of_recipient(desk, DIRECTOR) is not None
        session.commit()
    (message,) = outbox.incidents()
    assert "temporary-failure" in message


def test_whoever_is_on_duty_for_a_role_is_told_as_well_and_once(outbox: Outbox) -> None:
    enter(outbox, "director@council.example")
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        dina = outbox.office.person(session, "dina", "director")
        session.get_one(Account, dina.account).email = "dina@council.example"
        rota = rotas.make(desk, "director")
        rotas.add_shift(desk, rota, number(dina), range(8), time(0), time(0), since=date(2026, 1, 1))
        session.commit()
    outbox.deliver()
    outbox.deliver()
    assert outbox.rows() == [
        (DIRECTOR, "sent", "director@council.example"),
        (f"account:{dina.account}", "sent", "dina@council.example"),
    ]


def test_the_messages_of_somebody_out_of_the_office_go_to_the_deputy(outbox: Outbox) -> None:
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        carol, dora = officer(desk, outbox.office, "carol"), officer(desk, outbox.office, "dora")
        for person in (carol, dora):
            session.get_one(Account, person.account).email = f"{person.name.lower()}@council.example"
        away.enter(desk, number(carol), TODAY, TODAY, deputy=number(dora))
        notices.order(desk, "two", f"account:{carol.account}", "reminder", "A subject", "A body")
        session.commit()
    outbox.deliver()
    assert outbox.rows()[-1] == (f"account:{carol.account}", "sent", "dora@council.example")
