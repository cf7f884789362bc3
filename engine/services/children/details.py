"""Who a child is: opening a record, and correcting it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.services.children.changing import change, child_to_change
from engine.services.children.model import SCHEMES, Details, full_name
from engine.services.desk import Conflict, Desk, InvalidAnswers, once, record, remember
from engine.services.matching import name_key
from engine.store.tables import Child, ChildIdentifier


def create(desk: Desk, details: Details, *, key: str | None = None) -> int:
    """Open a record for a child and return its id. Raises Conflict where a number belongs to another child."""
    before = once(desk, key, "create_child", _plain(details))
    if not before.first:
        return int(before.result)
    now = desk.now()
    child = Child(
        council_id=desk.council.id,
        surname="",
        given_names="",
        name_key="",
        facts={},
        created_at=now,
        updated_at=now,
    )
    _describe(child, details)
    desk.session.add(child)
    desk.session.flush()
    _identify(desk, child, details.identifiers)
    record(desk, "child_created", {"child": child.id})
    remember(desk, key, child.id)
    return child.id


def describe(desk: Desk, child_id: int, details: Details, *, key: str | None = None) -> None:
    """Correct who a child is; the former name is kept as an alias."""
    before = once(desk, key, f"describe_child_{child_id}", _plain(details))
    if not before.first:
        return
    child = child_to_change(desk, child_id)
    former = full_name(child)
    aliases = list(details.aliases)
    if former and name_key(former) != name_key(f"{details.given_names} {details.surname}"):
        aliases.append(former)

    def apply() -> None:
        _describe(child, details, aliases)
        _identify(desk, child, details.identifiers)

    change(desk, child, apply, "child_described", reason=None, actual=None)
    remember(desk, key, None)


def _describe(child: Child, details: Details, aliases: Sequence[str] | None = None) -> None:
    if not details.surname.strip():
        raise InvalidAnswers({"surname": "is missing"})
    child.surname = details.surname.strip()
    child.given_names = details.given_names.strip()
    child.name_key = search_key(child.surname, child.given_names)
    child.aliases = sorted(set(details.aliases if aliases is None else aliases))
    child.birth_date = details.birth_date
    child.sex = details.sex
    child.address = details.address


def search_key(surname: str, given_names: str) -> str:
    """Return the folded names by which a child is searched for: the surname as one word, then the given
    names."""
    given = " ".join(key for word in given_names.split() if (key := name_key(word)))
    return f"{name_key(surname)} {given}".strip()


def _identify(desk: Desk, child: Child, identifiers: Sequence[tuple[str, str]]) -> None:
    for scheme, value in identifiers:
        if scheme not in SCHEMES or not value.strip():
            raise InvalidAnswers({"identifiers": f"{scheme} is none of {', '.join(SCHEMES)}"})
        known = desk.session.get(ChildIdentifier, (child.council_id, scheme, value.strip()))
        if known is None:
            desk.session.add(
                ChildIdentifier(
                    council_id=child.council_id, scheme=scheme, value=value.strip(), child_id=child.id
                )
            )
        elif known.child_id != child.id:
            raise Conflict(f"the {scheme} number {value} belongs to another child on record")
    desk.session.flush()


def _plain(details: Details) -> list[Any]:
    return [
        details.surname,
        details.given_names,
        str(details.birth_date),
        details.sex,
        details.address,
        list(details.aliases),
        [list(pair) for pair in details.identifiers],
    ]
