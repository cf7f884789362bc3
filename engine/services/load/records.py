"""One row of a council's own records, brought in: what it says, and whether that was new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Vocabulary
from engine.pack.values import BadValue, parse_fact, to_json
from engine.services import cases, children
from engine.services.child_facts import CASE_SYSTEM, forget
from engine.services.desk import Conflict, Desk, system
from engine.services.intake.record import children_like
from engine.services.load.columns import SCHEME_OF, facts_of
from engine.services.matching import Person, Verdict, match_child, name_key
from engine.services.written import read_boolean, read_choice, read_date, read_moment
from engine.store.tables import (
    Account,
    AllocatedWorker,
    CaseRecord,
    Child,
    ChildIdentifier,
    Episode,
    LegalStatus,
    Placement,
)

_T = TypeVar("_T")
SAME_REPORT = 60 * 60
"""Episodes reported within so many seconds of one another are the same one, as two systems noted it."""


class Refusal(Exception):
    """A row cannot be brought in; the message says why."""


class Row:
    """A row's texts, read column by column."""

    def __init__(self, desk: Desk, words: Vocabulary, values: Mapping[str, str]) -> None:
        self.desk = desk
        self.words = words
        self.values = values

    def read(self, column: str, how: Callable[[str], _T]) -> _T | None:
        """Read a column, None where it is empty; raise Refusal."""
        text = self.values.get(column)
        if not text:
            return None
        try:
            return how(text)
        except ValueError as error:
            raise Refusal(f"{column}: {error}") from error

    def need(self, column: str, how: Callable[[str], _T]) -> _T:
        """Read a column that must not be empty."""
        found = self.read(column, how)
        if found is None:
            raise Refusal(f"{column} is missing")
        return found

    def value_of(self, column: str, fact: str) -> str | None:
        """Read a column that holds a value of a fact."""
        return self.read(column, lambda text: read_choice(text, self.words.facts[fact].values))

    def facts(self, kind: str) -> dict[str, Any]:
        """Return the facts that the row brings as columns, as JSON by id."""
        brought = {}
        for name in facts_of(kind, self.words):
            if name in self.values:
                try:
                    brought[name] = to_json(parse_fact(self.words.facts[name], self.values[name]))
                except BadValue as error:
                    raise Refusal(str(error)) from error
        return brought

    def person(self) -> Person:
        """Return the child that the row names."""
        numbers = frozenset((SCHEME_OF[c], self.values[c]) for c in SCHEME_OF if c in self.values)
        name = (self.values.get("given_names", ""), self.values.get("surname", ""))
        return Person((name,), self.read("date_of_birth", read_date), numbers)


def the_child(row: Row) -> Child:
    """Return the one child that a row names beyond doubt; raise Refusal."""
    person = row.person()
    if person.identifiers and not name_key(person.names[0][1]):
        found = set(
            row.desk.session.scalars(
                sa.select(ChildIdentifier.child_id).where(
                    sa.tuple_(ChildIdentifier.scheme, ChildIdentifier.value).in_(list(person.identifiers))
                )
            )
        )
        if len(found) == 1:
            return row.desk.session.get_one(Child, found.pop())
        raise Refusal(
            "no child on record has this number" if not found else "the numbers belong to several children"
        )
    match = match_child(person, children_like(row.desk, person))
    if match.verdict is Verdict.SURE and match.child is not None:
        return row.desk.session.get_one(Child, match.child)
    raise Refusal(f"{match.reason}; load the child first, or give its number")


def bring_child(row: Row) -> tuple[Child, bool]:
    """Bring in a child: a new record, or what is different about a known one."""
    desk, values = row.desk, row.values
    person = row.person()
    if not any(c.isalpha() for c in values.get("surname", "")):
        raise Refusal("surname is missing")
    aliases = tuple(n.strip() for n in values.get("also_known_as", "").split(";") if n.strip())
    known = match_child(person, _of_other_number(person, children_like(desk, person)))
    if known.verdict is Verdict.UNSURE and (known.candidates or not person.identifiers):
        raise Refusal(f"{known.reason}: add a number that both share, or correct the record")
    details = children.Details(
        values["surname"],
        values.get("given_names", ""),
        person.born,
        values.get("sex", "").casefold() or None,
        values.get("address"),
        aliases,
        tuple(sorted(person.identifiers)),
    )
    facts = row.facts("children")
    if known.child is None:
        child = desk.session.get_one(Child, children.create(desk, details))
        child.facts = facts
        new = True
    else:
        child = desk.session.get_one(Child, known.child, with_for_update=True)
        new = _amend(desk, child, details, facts)
    new |= _restrict(row, child)
    desk.session.flush()
    return child, new


def _of_other_number(person: Person, records: list[tuple[int, Person]]) -> list[tuple[int, Person]]:
    """Leave out children with another number on the case system: to it they are two, twins for example."""
    own = {pair for pair in person.identifiers if pair[0] == CASE_SYSTEM}

    def another(record: Person) -> bool:
        theirs = {pair for pair in record.identifiers if pair[0] == CASE_SYSTEM}
        return bool(own and theirs and not own & theirs)

    return [(child, record) for child, record in records if not another(record)]


def _amend(desk: Desk, child: Child, details: children.Details, facts: Mapping[str, Any]) -> bool:
    """Take over what the row tells and the record does not say yet, or says differently."""
    former = children.full_name(child)
    before = (child.surname, child.given_names, child.birth_date, child.sex, child.address)
    child.surname = details.surname
    child.given_names = details.given_names or child.given_names
    child.name_key = children.search_key(child.surname, child.given_names)
    child.birth_date = details.birth_date or child.birth_date
    child.sex = details.sex or child.sex
    child.address = details.address or child.address
    different = before != (child.surname, child.given_names, child.birth_date, child.sex, child.address)
    names = {*child.aliases, *details.aliases}
    if name_key(former) != name_key(children.full_name(child)):
        names.add(former)
    if names != set(child.aliases):
        child.aliases, different = sorted(names), True
    if {**child.facts, **facts} != child.facts:
        child.facts, different = {**child.facts, **facts}, True
    for scheme, value in details.identifiers:
        known = desk.session.get(ChildIdentifier, (child.council_id, scheme, value))
        if known is None:
            desk.session.add(
                ChildIdentifier(council_id=child.council_id, scheme=scheme, value=value, child_id=child.id)
            )
            different = True
        elif known.child_id != child.id:
            raise Conflict(f"the {scheme} number {value} belongs to another child on record")
    if different:
        child.updated_at = desk.now()
    return different


def _restrict(row: Row, child: Child) -> bool:
    wanted = row.read("restricted", read_boolean)
    if wanted is None or wanted == child.restricted:
        return False
    child.restricted = wanted
    child.restricted_reason = (row.values.get("restricted_reason") or "as loaded") if wanted else None
    return True


def bring_status(row: Row) -> tuple[Child, bool]:
    """Bring in a legal status; one of the same child, status and first day is amended."""
    child = the_child(row)
    status = row.value_of("status", "child.legal_status")
    since, until = row.need("since", read_date), row.read("until", read_date)
    _in_order(since, until)
    if status is None:
        raise Refusal("status is missing")
    told = {
        "basis": row.value_of("basis", "child.looked_after_basis"),
        "responsible_authority": row.value_of("responsible_authority", "child.responsible_authority"),
        "until": until,
    }
    known = row.desk.session.scalar(
        sa.select(LegalStatus).where(
            LegalStatus.child_id == child.id, LegalStatus.status == status, LegalStatus.since == since
        )
    )
    if known is not None:
        return child, _take(known, told)
    if until is None:
        forget(child, ("child.legal_status", "child.looked_after_basis", "child.open_to_social_care"))
    row.desk.session.add(
        LegalStatus(
            council_id=child.council_id,
            child_id=child.id,
            status=status,
            since=since,
            recorded_at=row.desk.now(),
            recorded_by=row.desk.caller.account,
            **told,
        )
    )
    return child, True


def bring_worker(row: Row) -> tuple[Child, bool]:
    """Bring in an allocation; one of the same child, role, worker and first day is amended."""
    child = the_child(row)
    since, until = row.need("since", read_date), row.read("until", read_date)
    _in_order(since, until)
    role = row.need("role", lambda text: read_choice(text, tuple(row.words.roles)))
    name = row.need("worker", str)
    account = None
    if sign_in := row.values.get("account"):
        account = row.desk.session.scalar(
            sa.select(Account.id).where(sa.func.lower(Account.name) == sign_in.lower())
        )
        if account is None:
            raise Refusal(f"account: nobody signs in as {sign_in}")
    told = {"team": row.values.get("team"), "until": until, "account_id": account}
    known = row.desk.session.scalar(
        sa.select(AllocatedWorker).where(
            AllocatedWorker.child_id == child.id,
            AllocatedWorker.role == role,
            AllocatedWorker.name == name,
            AllocatedWorker.since == since,
        )
    )
    if known is not None:
        return child, _take(known, told)
    if role == "social_worker":
        forget(child, ("worker.social_worker_allocated",))
    row.desk.session.add(
        AllocatedWorker(
            council_id=child.council_id,
            child_id=child.id,
            name=name,
            role=role,
            since=since,
            recorded_at=row.desk.now(),
            **told,
        )
    )
    return child, True


def bring_placement(row: Row) -> tuple[Child, bool]:
    """Bring in a placement; one of the same child and beginning is amended."""
    child = the_child(row)
    kind = row.value_of("type", "placement.type")
    if kind is None:
        raise Refusal("type is missing")
    placed_at, ended_at = row.need("placed_at", _day_or_moment), row.read("ended_at", _day_or_moment)
    if ended_at is not None and ended_at < placed_at:
        raise Refusal("ended_at lies before placed_at")
    told = {
        "type": kind,
        "area": row.value_of("area", "placement.area"),
        "place": row.values.get("place"),
        "ended_at": ended_at,
    }
    known = row.desk.session.scalar(
        sa.select(Placement).where(Placement.child_id == child.id, Placement.placed_at == placed_at)
    )
    if known is not None:
        return child, _take(known, told)
    if ended_at is None:
        forget(child, ("placement.",))
    row.desk.session.add(
        Placement(
            council_id=child.council_id,
            child_id=child.id,
            placed_at=placed_at,
            recorded_at=row.desk.now(),
            facts={},
            **told,
        )
    )
    return child, True


def bring_episode(row: Row) -> tuple[Child, bool]:
    """Bring in an episode. One that is still open starts a case, because the child is away now."""
    desk = row.desk
    child = the_child(row)
    reported, returned = row.need("reported_at", read_moment), row.read("returned_at", read_moment)
    if reported > desk.now() or (returned is not None and returned > desk.now()):
        raise Refusal("it lies in the future")
    if returned is not None and returned < reported:
        raise Refusal("returned_at lies before reported_at")
    told = {
        "category": row.value_of("category", "episode.category") or "missing",
        "returned_at": returned,
        "facts": row.facts("episodes"),
    }
    on_record = desk.session.scalars(
        sa.select(Episode)
        .where(Episode.child_id == child.id)
        .order_by(Episode.reported_at)
        .execution_options(populate_existing=True)
    ).all()
    for known in on_record:
        if abs((known.reported_at - reported).total_seconds()) <= SAME_REPORT:
            return child, _amend_episode(known, told)
    if returned is None:
        return child, _still_open(row, child, reported, told, on_record)
    if any(e.reported_at < returned and reported < (e.returned_at or desk.now()) for e in on_record):
        raise Refusal("it overlaps another episode of this child on record")
    desk.session.add(
        Episode(
            council_id=child.council_id,
            child_id=child.id,
            reported_at=reported,
            source_reference=row.values.get("incident"),
            **told,
        )
    )
    return child, True


def _amend_episode(known: Episode, told: Mapping[str, Any]) -> bool:
    if known.case_id is None:
        return _take(known, {**told, "facts": {**(known.facts or {}), **told["facts"]} or None})
    if told["returned_at"] is not None and known.returned_at is None:
        raise Refusal("a case runs for this episode: record the return there")
    return False


def _still_open(row: Row, child: Child, reported: datetime, told: Mapping[str, Any], on_record: Any) -> bool:
    desk = row.desk
    if any(e.reported_at > reported for e in on_record):
        raise Refusal("a later episode of this child is on record: give the moment of return")
    away = desk.session.scalar(
        sa.select(CaseRecord.reference)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .where(Episode.child_id == child.id, Episode.returned_at.is_(None), CaseRecord.status != "closed")
    )
    if away is not None:
        raise Refusal(f"the child is away in case {away} already")
    facts = children.facts_of(desk, child, desk.now()) | {
        "notification.received_at": local(reported),
        "notification.source": "police",
        "episode.reported_at": local(reported),
        "episode.missing_from": local(reported),
        "episode.category": told["category"],
        "episode.other_episode_open": False,
        **told["facts"],
    }
    allowed = {fact: value for fact, value in facts.items() if fact in row.words.facts}
    # whoever may load may not always start cases; the council's own record of an open episode does
    acting = desk.acting_as(system(desk.caller.council, "load"))
    case_id = cases.start(acting, child.id, facts=allowed, source="load")
    desk.session.execute(
        sa.update(Episode)
        .where(Episode.case_id == case_id)
        .values(source_reference=row.values.get("incident"))
    )
    return True


def _take(row: Any, told: Mapping[str, Any]) -> bool:
    """Write what is different into a row; an empty cell never empties the record."""
    different = False
    for name, value in told.items():
        if value is not None and getattr(row, name) != value:
            setattr(row, name, value)
            different = True
    return different


def _in_order(since: date, until: date | None) -> None:
    if until is not None and until < since:
        raise Refusal("until lies before since")


def _day_or_moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError:
        return local(datetime.combine(read_date(text), time(), LOCAL_ZONE))


BRING: dict[str, Callable[[Row], tuple[Child, bool]]] = {
    "children": bring_child,
    "statuses": bring_status,
    "workers": bring_worker,
    "placements": bring_placement,
    "episodes": bring_episode,
}
