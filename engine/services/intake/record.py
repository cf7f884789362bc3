"""What is on record about the children a report could mean, read for matching.

Candidates are found by a few indexed searches: equal numbers, a near date of birth, the surname. Whoever is
found by none of them shares too little with the report to be shown.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.services.absences import Absence
from engine.services.desk import Desk
from engine.services.intake.notification import Notification
from engine.services.matching import Person, name_key, near_births
from engine.store.tables import CaseRecord, Child, ChildIdentifier, Episode, IntakeRow

MOST = 200


def person_of(report: Notification) -> Person:
    """Return the person a report describes."""
    return Person(
        ((report.given_names, report.surname), *map(split_name, report.also_known_as)),
        report.date_of_birth,
        frozenset(report.identifiers),
    )


def split_name(name: str) -> tuple[str, str]:
    """Return given names and surname of a full name: "Kerr, Ash" or "Ash Kerr"."""
    if "," in name:
        surname, _, given = name.partition(",")
        return given.strip(), surname.strip()
    given, _, surname = name.strip().rpartition(" ")
    return given, surname


def children_like(desk: Desk, person: Person) -> list[tuple[int, Person]]:
    """Return the children on record who may be the person."""
    wanted: list[sa.ColumnElement[bool]] = []
    if person.identifiers:
        wanted.append(
            Child.id.in_(
                sa.select(ChildIdentifier.child_id).where(
                    sa.tuple_(ChildIdentifier.scheme, ChildIdentifier.value).in_(list(person.identifiers))
                )
            )
        )
    if person.born is not None:
        wanted.append(Child.birth_date.in_([person.born, *near_births(person.born)]))
    for given, surname in person.names:
        for key in {name_key(surname), name_key(given)} - {""}:
            wanted.append(Child.name_key.like(f"{key} %"))
            wanted.append(sa.and_(Child.aliases != [], _alias_like(key)))
        if person.born is None and len(name_key(surname)) >= 3:
            wanted.append(Child.name_key.like(f"{name_key(surname)[:3]}%"))
    if not wanted:
        return []
    found = desk.session.execute(
        sa.select(Child.id, Child.given_names, Child.surname, Child.aliases, Child.birth_date)
        .where(sa.or_(*wanted), Child.merged_into.is_(None))
        .order_by(Child.id)
        .limit(MOST)
    ).all()
    numbers: dict[int, set[tuple[str, str]]] = {}
    for child, scheme, value in desk.session.execute(
        sa.select(ChildIdentifier.child_id, ChildIdentifier.scheme, ChildIdentifier.value).where(
            ChildIdentifier.child_id.in_([row.id for row in found])
        )
    ):
        numbers.setdefault(child, set()).add((scheme, value))
    return [
        (
            row.id,
            Person(
                ((row.given_names, row.surname), *map(split_name, row.aliases)),
                row.birth_date,
                frozenset(numbers.get(row.id, ())),
            ),
        )
        for row in found
    ]


def _alias_like(key: str) -> sa.ColumnElement[bool]:
    joined = sa.func.lower(sa.func.array_to_string(Child.aliases, " "))
    return joined.contains(key, autoescape=True)


def absences_of(desk: Desk, child_id: int) -> list[Absence]:
    """Return every absence of a child on record, oldest first."""
    by_police = sa.or_(
        CaseRecord.facts["notification.source"].as_string() == "police",
        sa.select(IntakeRow.id)
        .where(IntakeRow.case_id == Episode.case_id, IntakeRow.data["source"].as_string() == "police")
        .exists(),
    )
    found = desk.session.execute(
        sa.select(
            Episode.reported_at,
            Episode.returned_at,
            Episode.case_id,
            CaseRecord.status,
            Episode.source_reference,
            by_police,
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(Episode.child_id == child_id)
        .order_by(Episode.reported_at, Episode.id)
    )
    return [
        Absence(
            reported, returned, case, case is not None and status != "closed", incident or "", bool(police)
        )
        for reported, returned, case, status, incident, police in found
    ]
