"""How much work stands open with each person and each team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.clock import local
from engine.reports.cube import UNKNOWN, WHOLE, Counts
from engine.reports.work import WORK
from engine.services import access
from engine.services.desk import OWN_ROLES, Desk
from engine.services.managing.behind import opens, parameters
from engine.services.managing.sheet import Cell, Row, Sheet
from engine.services.rows import role_label
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole

COLUMNS = (
    ("open", "Open tasks"),
    ("overdue", "Overdue"),
    ("this_week", "Due this week"),
    ("waiting", "Waiting"),
    ("cases", "Cases held"),
)
OF_TEAM = (*COLUMNS[:4], ("unassigned", "Nobody has it"), COLUMNS[4])


@dataclass(frozen=True, slots=True)
class Workload:
    """The work that stands open at a moment: by team, and by person."""

    as_at: datetime
    teams: Sheet
    people: Sheet

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        return (self.teams, self.people)


def read(desk: Desk) -> Workload:
    """Read the workload of the council, and log the read. Raises NoPack."""
    access.require(desk.caller, "oversee")
    now = desk.now()
    access.log(desk, "figures")
    found = WORK.counts(desk.session, parameters(now, None), ("team", "person"))
    return Workload(local(now), _teams(found), _people(desk, found))


def _teams(found: Mapping[tuple[str, str], Counts]) -> Sheet:
    names = sorted(value for group, value in found if group == "team")
    rows = [Row(name or "No team", _cells(OF_TEAM, found["team", name], "team", name)) for name in names]
    rows.append(Row("All", _cells(OF_TEAM, found[WHOLE, ""], WHOLE, ""), total=True))
    return Sheet(
        "teams",
        "By team",
        "Open tasks of the council’s own people, by the team of the role that has to do them.",
        "Team",
        tuple(label for _, label in OF_TEAM),
        tuple(rows),
        bars=0,
    )


def _people(desk: Desk, found: Mapping[tuple[str, str], Counts]) -> Sheet:
    _, pack = in_force(desk.session, local(desk.now()).date())
    listed: dict[int, tuple[str, list[str]]] = {}
    for row in desk.session.execute(
        sa.select(Account.id, Account.display_name, Account.disabled_at, AccountRole.role)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role.not_in(sorted(OWN_ROLES)))
        .order_by(Account.display_name, Account.id, AccountRole.role)
    ):
        if row.disabled_at is None or ("person", str(row.id)) in found:
            listed.setdefault(row.id, (row.display_name, []))[1].append(role_label(pack, row.role))
    rows = []
    for number, (name, roles) in listed.items():
        counts = found.get(("person", str(number)), {})
        rows.append(Row(f"{name} ({', '.join(roles)})", _cells(COLUMNS, counts, "person", str(number))))
    nobody = found.get(("person", UNKNOWN), {})
    rows.append(Row("Nobody yet", _cells(COLUMNS, nobody, "person", UNKNOWN)))
    rows.append(Row("All", _cells(COLUMNS, found[WHOLE, ""], WHOLE, ""), total=True))
    return Sheet(
        "people",
        "By person",
        "A case is held by whoever has one of its open tasks; several may hold the same one, so these do not add up.",
        "Person",
        tuple(label for _, label in COLUMNS),
        tuple(rows),
        bars=0,
    )


def _cells(columns: tuple[tuple[str, str], ...], counts: Counts, group: str, value: str) -> tuple[Cell, ...]:
    return tuple(Cell(counts.get(name, 0), opens=opens("work", name, group, value)) for name, _ in columns)
