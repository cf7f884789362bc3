"""Accounts: signing in, slowing down wrong tries, and ending sessions at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import argon2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.services import accounts, calendar_feed, cases, tasks
from engine.services.accounts import PasswordRefused, SignedIn
from engine.services.assignment import away
from engine.services.desk import Conflict, Desk, NotAllowed, NotFound
from engine.store.packed import unpack
from engine.store.tables import Account, AuditEvent, Task
from tests.conftest import Office
from tests.services.test_tasks import FACTS

SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash cheaply: how hard a hash is has a test of its own."""
    monkeypatch.setattr(accounts, "HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def desk(office: Office, session: Session) -> Desk:
    office.set_up(session)
    return office.desk(session)


@pytest.fixture
def sally(desk: Desk) -> int:
    return accounts.create(desk, "Sally", "Sally Example", roles=["social_worker"], password=SECRET)


def try_in(desk: Desk, password: str = SECRET, name: str = "sally") -> SignedIn | None:
    return accounts.authenticate(desk.session, desk.clock, name, password)


def test_the_right_password_signs_in_with_roles_and_the_teams_of_those_roles(desk: Desk, sally: int) -> None:
    found = try_in(desk, name=" SALLY ")
    assert found is not None
    assert (found.caller.account, found.caller.name, found.caller.council) == (
        sally,
        "Sally Example",
        "small",
    )
    assert (found.caller.roles, found.caller.teams) == ({"social_worker"}, {"Social care"})


def test_wrong_passwords_and_unknown_names_are_refused_alike(desk: Desk, sally: int) -> None:
    assert try_in(desk, "wrong wrong wrong") is None
    assert try_in(desk, name="nobody") is None
    assert try_in(desk, "x" * 100_000) is None
    assert try_in(desk, "") is None


def test_five_wrong_tries_close_the_account_for_a_minute_and_each_more_for_twice_as_long(
    desk: Desk, sally: int, clock: VirtualClock
) -> None:
    for _ in range(accounts.FREE_TRIES):
        assert try_in(desk, "wrong wrong wrong") is None
    assert try_in(desk) is None
    clock.advance(timedelta(seconds=61))
    assert try_in(desk, "wrong wrong wrong") is None
    clock.advance(timedelta(seconds=61))
    assert try_in(desk) is None
    clock.advance(timedelta(seconds=60))
    assert try_in(desk) is not None
    assert try_in(desk, "wrong wrong wrong") is None
    assert try_in(desk) is not None


def test_guesses_while_the_account_is_closed_do_not_count_against_it(
    desk: Desk, sally: int, clock: VirtualClock
) -> None:
    for _ in range(30):
        try_in(desk, "wrong wrong wrong")
    clock.advance(timedelta(seconds=61))
    assert try_in(desk) is not None


def test_guesses_at_once_are_all_counted(office: Office, sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        office.set_up(session)
        accounts.create(office.desk(session), "sally", "Sally", roles=["social_worker"], password=SECRET)
        session.commit()

    def guess() -> None:
        with sessions() as session:
            accounts.authenticate(session, office.clock, "sally", "wrong wrong wrong")
            session.commit()

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        office.desk(session)
        assert session.scalars(sa.select(Account.failures)).one() == 4


def test_disabling_an_account_ends_its_sessions_at_once(desk: Desk, sally: int) -> None:
    found = try_in(desk)
    assert found is not None
    assert accounts.resume(desk.session, "small", sally, found.epoch) == found.caller
    accounts.disable(desk, "sally")
    assert accounts.resume(desk.session, "small", sally, found.epoch) is None
    assert try_in(desk) is None
    accounts.enable(desk, "sally")
    assert try_in(desk) is not None


def test_a_new_password_ends_the_sessions_of_the_old_one(desk: Desk, sally: int) -> None:
    found = try_in(desk)
    assert found is not None
    accounts.set_password(desk, "sally", "another long secret")
    assert accounts.resume(desk.session, "small", sally, found.epoch) is None
    assert try_in(desk) is None
    assert try_in(desk, "another long secret") is not None


def test_people_change_their_own_password_only_with_the_old_one(
    desk: Desk, office: Office, sally: int
) -> None:
    found = try_in(desk)
    assert found is not None
    own = office.desk(desk.session, found.caller)
    assert accounts.change_password(own, "wrong wrong wrong", "another long secret") is None
    changed = accounts.change_password(own, SECRET, "another long secret")
    assert changed is not None and changed.epoch == found.epoch + 1
    assert try_in(desk, "another long secret") is not None


def test_roles_taken_away_are_gone_at_the_next_request(desk: Desk, sally: int) -> None:
    found = try_in(desk)
    assert found is not None
    accounts.set_roles(desk, "sally", ["director"])
    now = accounts.resume(desk.session, "small", sally, found.epoch)
    assert now is not None and (now.roles, now.teams) == ({"director"}, {"Senior leaders"})


@pytest.mark.parametrize(
    "password",
    ["short", "aaaaaaaaaaaaaaaa", "123456789012345", "sally is my name", "my password 77", "x" * 300],
)
def test_a_password_that_is_easy_to_guess_is_refused(desk: Desk, password: str) -> None:
    with pytest.raises(PasswordRefused):
        accounts.create(desk, "sally", "Sally", roles=["social_worker"], password=password)


def test_an_account_needs_a_known_role_and_a_free_name(desk: Desk, sally: int) -> None:
    with pytest.raises(NotFound, match="has no role wizard"):
        accounts.create(desk, "merlin", "Merlin", roles=["wizard"], password=SECRET)
    with pytest.raises(NotFound, match="has no role police"):
        accounts.create(desk, "constable", "Constable", roles=["police"], password=SECRET)
    with pytest.raises(Conflict, match="already"):
        accounts.create(desk, "SALLY", "Another", roles=["director"], password=SECRET)


def test_only_administrators_look_after_accounts(desk: Desk, office: Office, sally: int) -> None:
    found = try_in(desk)
    assert found is not None
    own = office.desk(desk.session, found.caller)
    for act in (
        lambda: accounts.create(own, "x", "X", roles=["director"], password=SECRET),
        lambda: accounts.disable(own, "sally"),
        lambda: accounts.set_roles(own, "sally", ["administrator"]),
        lambda: accounts.set_password(own, "sally", SECRET),
        lambda: accounts.listed(own),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_no_password_reaches_the_database_or_the_audit_chain_in_clear(desk: Desk, sally: int) -> None:
    account = desk.session.get_one(Account, sally)
    assert account.password_hash is not None and account.password_hash.startswith("$argon2id$")
    for detail in desk.session.scalars(sa.select(AuditEvent.detail)):
        assert detail is None or SECRET not in str(unpack(detail))


def test_a_hash_from_weaker_days_is_made_anew_at_the_next_sign_in(
    desk: Desk, sally: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = desk.session.get_one(Account, sally).password_hash or ""
    assert "m=64," in weak
    monkeypatch.setattr(accounts, "HASHER", argon2.PasswordHasher())
    assert try_in(desk) is not None
    assert "m=65536,t=3," in (desk.session.get_one(Account, sally).password_hash or "")


CLAIMS = {
    "iss": "https://login.example",
    "sub": "abc-123",
    "name": "Priya Example",
    "email": "p@council.example",
}


def by_provider(desk: Desk, roles: list[str] | None, **claims: str) -> SignedIn | None:
    return accounts.sign_in_by_provider(desk.session, desk.clock, "small", {**CLAIMS, **claims}, roles)


def test_a_person_with_a_role_from_the_provider_gets_an_account_and_the_roles_of_this_moment(
    desk: Desk,
) -> None:
    first = by_provider(desk, ["social_worker", "a role of another system"])
    assert first is not None and (first.caller.name, first.caller.roles) == (
        "Priya Example",
        {"social_worker"},
    )
    second = by_provider(desk, ["director"], email="changed@elsewhere.example")
    assert second is not None and second.caller.account == first.caller.account
    assert (second.caller.roles, second.caller.teams) == ({"director"}, {"Senior leaders"})


def test_a_person_without_a_role_stays_outside(desk: Desk) -> None:
    assert by_provider(desk, []) is None
    assert by_provider(desk, None) is None
    assert by_provider(desk, ["police", "wizard"]) is None
    assert desk.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_the_same_address_under_another_subject_is_another_person(desk: Desk) -> None:
    first, other = by_provider(desk, ["director"]), by_provider(desk, ["social_worker"], sub="xyz")
    assert first is not None and other is not None
    assert first.caller.account != other.caller.account


def test_a_person_entered_by_an_administrator_comes_in_with_the_roles_given_here(desk: Desk) -> None:
    accounts.create(desk, "priya", "Priya", roles=["director"], issuer=CLAIMS["iss"], subject=CLAIMS["sub"])
    found = by_provider(desk, None)
    assert found is not None and found.caller.roles == {"director"}
    assert try_in(desk, "", name="priya") is None
    accounts.disable(desk, "priya")
    assert by_provider(desk, None) is None
    assert by_provider(desk, ["director"]) is None


def test_closing_an_account_gives_its_work_back_in_the_same_act(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    ann, bob = (office.person(session, name, "missing_coordinator") for name in ("ann", "bob"))
    assert ann.account is not None and bob.account is not None
    case_id = cases.start(desk, office.child(session), facts=FACTS)
    task_id = session.scalars(sa.select(Task.id).where(Task.case_id == case_id)).one()
    hers, his = office.desk(session, ann), office.desk(session, bob)
    tasks.claim(hers, task_id)
    tasks.save_draft(hers, task_id, {"notes": "Seen at the station"})
    calendar_feed.make(hers)
    day = office.clock.now().date()
    away.enter(his, bob.account, day, day, deputy=ann.account)
    told = [one.words for one in accounts.what_goes_back(desk, "ann")]
    assert told == [
        "1 open task goes back to its team",
        "1 half-typed form stays with its task, for whoever takes that",
        "1 colleague loses a deputy",
        "1 calendar address ends",
    ]
    assert [one.words for one in accounts.disable(desk, "ann")] == told
    row = session.scalars(sa.select(Task).execution_options(populate_existing=True)).one()
    assert (row.assignee, row.routed) == (None, "disabled")
    assert [one.deputy for one in away.listed(desk)] == [None]
    tasks.claim(his, task_id)
    tasks.take_over(his, task_id, ann.account)
    assert tasks.view(his, task_id).draft == {"notes": "Seen at the station"}
    assert [one.words for one in accounts.what_goes_back(desk, "ann")] == [
        "1 half-typed form stays with its task, for whoever takes that"
    ]
