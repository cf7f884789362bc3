"""Records made at random, with everything that a count can trip over: a council's year without its procedure running.

Moments lie on the boundaries on purpose: months’ midnights, both nights when the clocks change, exactly 72 hours and a
microsecond to either side. Cases are voided, returns are learnt late, interviews lie before the return they follow.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import LOCAL_ZONE
from engine.services.desk import Desk
from engine.store.tables import (
    Account,
    AccountRole,
    CaseRecord,
    Child,
    Episode,
    LedgerEntry,
    OversightNote,
    PackVersion,
    Task,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOURS = timedelta(hours=72)
HOLD, OFFER = "hold_return_interview", "offer_return_interview"
ROLES = ("social_worker", "runaways_service_worker", "targeted_youth_support_worker", "team_manager")
EDGES = (
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    *(datetime(2026, month, 1, tzinfo=LOCAL_ZONE).astimezone(UTC) for month in range(1, 12)),
    *(datetime(2026, month, 1, tzinfo=LOCAL_ZONE).astimezone(UTC) - TICK for month in range(2, 12)),
    datetime(2025, 12, 1, tzinfo=UTC),
    NOW - HOURS,
    NOW - HOURS - TICK,
    NOW - HOURS + TICK,
)


class Records:
    """Writes records by a seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = random.Random(seed)
        self.pack = desk.session.scalars(sa.select(PackVersion.id)).first()
        self.people: list[int] = []

    def fill(self, episodes: int) -> None:
        """Write people, children, episodes with their cases, duties, tasks and notes."""
        self._people()
        children = [self._child(number) for number in range(episodes // 2)]
        for number in range(episodes):
            self._episode(number, self.random.choice(children))
        self.desk.session.flush()
        self.desk.session.expire_all()

    def _people(self) -> None:
        for number in range(6):
            account = Account(
                name=f"person{number}",
                display_name=f"Person {number}",
                created_at=NOW,
                disabled_at=NOW if number == 5 else None,
            )
            self.desk.session.add(account)
            self.desk.session.flush()
            self.desk.session.add(AccountRole(account_id=account.id, role=ROLES[number % len(ROLES)]))
            self.people.append(account.id)

    def _child(self, number: int) -> int:
        born = self.random.choice(
            [
                None,
                date(2012, 2, 29),
                date(2013, 3, 1),
                date(2010, 10, 25),
                date(2008, 11, 22),
                date(2016, 11, 23),
                date(2009, 1, 1) + timedelta(days=self.random.randrange(3000)),
            ]
        )
        child = Child(
            surname=f"Surname{number}",
            given_names="Given",
            name_key=f"surname{number} given",
            birth_date=born,
            sex=self.random.choice([None, "female", "male"]),
            restricted=self.random.random() < 0.1,
            created_at=NOW,
            updated_at=NOW,
        )
        self.desk.session.add(child)
        self.desk.session.flush()
        return child.id

    def _moment(self) -> datetime:
        if self.random.random() < 0.4:
            return self.random.choice(EDGES)
        return datetime(2025, 11, 1, tzinfo=UTC) + timedelta(minutes=self.random.randrange(60 * 24 * 386))

    def _episode(self, number: int, child: int) -> None:
        returned = None if self.random.random() < 0.15 else min(self._moment(), NOW)
        away = self.random.choice(
            [HOURS / 12, HOURS / 3, HOURS, HOURS + TICK, timedelta(days=8), timedelta(days=40)]
        )
        reported = self._moment() if returned is None else returned - away
        if returned is not None and self.random.random() < 0.03:
            reported = returned + TICK
        case = None if self.random.random() < 0.1 else self._case(number, child, reported, returned)
        self.desk.session.add(
            Episode(
                child_id=child,
                case_id=case,
                category=self.random.choice(
                    ["missing", "missing", "absent", "unauthorised_absence", "undecided"]
                ),
                reported_at=min(reported, NOW),
                returned_at=returned,
                facts={"placement.type": "foster"} if case is None and self.random.random() < 0.5 else None,
            )
        )

    def _case(self, number: int, child: int, reported: datetime, returned: datetime | None) -> int:
        some = self.random
        facts: dict[str, Any] = {}
        for fact, values in (
            ("child.legal_status", ["none", "looked_after", "child_in_need"]),
            ("placement.type", ["home", "foster", "residential"]),
            ("placement.area", ["own_area", "elsewhere"]),
            ("child.responsible_authority", ["own", "other"]),
            ("interview.accepted", [True, False]),
        ):
            if some.random() < 0.6:
                facts[fact] = some.choice(values)
        entries = self._entries(returned or reported)
        held = [
            entry for entry in entries if entry["obligation"] == HOLD and entry["outcome"].startswith("done")
        ]
        if held and some.random() < 0.5:
            at = held[-1]["done"] + some.choice(
                [-timedelta(hours=30), timedelta(0), timedelta(hours=5), -TICK]
            )
            facts["interview.held_at"] = at.astimezone(LOCAL_ZONE).isoformat()
        case = CaseRecord(
            child_id=child,
            pack_id=self.pack,
            reference=f"XX-2026-{number:05d}",
            status=some.choice(["open", "closed", "closed", "quarantined"]),
            started_by="reported",
            opened_at=min(reported, NOW),
            updated_at=NOW,
            facts=facts,
            voided_at=NOW if some.random() < 0.08 else None,
        )
        if case.voided_at is not None:
            case.status = "closed"
        self.desk.session.add(case)
        self.desk.session.flush()
        for place, entry in enumerate([*entries, *self._other_duties()], start=1):
            self.desk.session.add(
                LedgerEntry(
                    case_id=case.id,
                    number=place,
                    whole_day=False,
                    clauses=some.choice(["3.4.a", "3.4.a 3.4.b", "4.1", ""]),
                    force="must",
                    process="p",
                    element="e",
                    occasion=str(place),
                    **entry,
                )
            )
        if case.status != "closed":
            self._tasks(case, child)
            self._notes(case.id)
        return case.id

    def _entries(self, returned: datetime) -> list[dict[str, Any]]:
        some, rows = self.random, []
        for _ in range(some.choice([0, 1, 1, 1, 2, 3])):
            outcome = some.choice(
                ["done", "done", "done_late", "refused", "not_engaged", "withdrawn", "superseded", "open"]
            )
            after = some.choice(
                [
                    HOURS,
                    HOURS + TICK,
                    HOURS - TICK,
                    timedelta(hours=20),
                    timedelta(hours=100),
                    -TICK,
                    timedelta(0),
                ]
            )
            rows.append(self._entry(HOLD, outcome, returned, returned + after))
        for _ in range(some.choice([0, 0, 1, 2])):
            outcome = some.choice(["done", "open", "withdrawn", "superseded"])
            rows.append(self._entry(OFFER, outcome, returned, returned + timedelta(hours=10)))
        some.shuffle(rows)
        return rows

    def _entry(self, obligation: str, outcome: str, raised: datetime, done: datetime) -> dict[str, Any]:
        return {
            "obligation": obligation,
            "role": self.random.choice(ROLES),
            "external": self.random.random() < 0.1,
            "raised": raised,
            "clock": raised,
            "due": raised + HOURS if self.random.random() < 0.8 else None,
            "done": None if outcome == "open" else done,
            "outcome": outcome,
        }

    def _other_duties(self) -> list[dict[str, Any]]:
        some, rows = self.random, []
        for _ in range(some.randrange(4)):
            row = self._entry(some.choice(["process_notification", "update_plan"]), "open", NOW - HOURS, NOW)
            row["due"] = some.choice(
                [
                    None,
                    NOW,
                    NOW - TICK,
                    NOW + TICK,
                    *(NOW + timedelta(hours=hours) for hours in (4, 24, 72, 100)),
                    *(NOW + timedelta(hours=hours) - TICK for hours in (4, 24, 72)),
                    datetime(2026, 11, 1, tzinfo=UTC),
                    datetime(2026, 11, 1, tzinfo=UTC) - TICK,
                ]
            )
            row["raised"] = some.choice(
                [NOW - HOURS, datetime(2026, 10, 31, 23, tzinfo=UTC), NOW - timedelta(days=60)]
            )
            if some.random() < 0.3:
                row["outcome"], row["done"] = "done_late", NOW - timedelta(hours=1)
            rows.append(row)
        return rows

    def _tasks(self, case: CaseRecord, child: int) -> None:
        some = self.random
        for number in range(some.randrange(4)):
            role = some.choice(ROLES)
            assignee = some.choice([None, *self.people])
            self.desk.session.add(
                Task(
                    case_id=case.id,
                    child_id=child,
                    reference=case.reference,
                    core_id=f"t{number}",
                    process="p",
                    element="e",
                    name="A task",
                    role=role,
                    team=some.choice(["Team one", "Team two", ""]),
                    external=some.random() < 0.1,
                    automatic=False,
                    detached=False,
                    whole_day=False,
                    force="must",
                    entries=[1],
                    obligations=["update_plan"],
                    created=NOW - HOURS,
                    due=some.choice(
                        [None, NOW, NOW - TICK, NOW + TICK, datetime(2026, 11, 23, tzinfo=UTC), NOW + HOURS]
                    ),
                    assignee=assignee,
                    follow_up=some.choice([None, None, NOW + HOURS, NOW - TICK]),
                    follow_up_by=some.choice([assignee, self.people[0]]),
                )
            )

    def _notes(self, case: int) -> None:
        some = self.random
        for _ in range(some.choice([0, 0, 1, 2])):
            self.desk.session.add(
                OversightNote(
                    case_id=case,
                    account_id=some.choice(self.people),
                    at=NOW - timedelta(days=some.randrange(40), minutes=some.randrange(3)),
                    considered="The record",
                    decision="Go on",
                    review_on=some.choice([None, date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 1)]),
                )
            )
