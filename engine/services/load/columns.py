"""The columns of the files that a council's own records come in.

A heading that is a fact of the vocabulary (`child.open_to_runaways_service`) brings that fact: with children
it stays with the child, with episodes it belongs to that episode.
"""

from __future__ import annotations

from engine.pack.model import Vocabulary
from engine.services.child_facts import may_stand_on_record
from engine.services.tabular import Column

IDENTITY = (
    Column("case_system_id", "the number on the council's case system", ("mosaic id", "lcs id", "client id")),
    Column("police_id", "the police's number for the person", ("police person id", "person id")),
    Column("nhs_number", "NHS number", ("nhs",)),
    Column("upn", "pupil number", ("unique pupil number",)),
    Column("surname", "family name", ("last name", "family name")),
    Column("given_names", "given names, all", ("forenames", "first name", "first names", "forename")),
    Column("date_of_birth", "31/03/2012 or 2012-03-31", ("dob", "born")),
)
SCHEME_OF = {"case_system_id": "case_system", "police_id": "police", "nhs_number": "nhs", "upn": "upn"}

_OWN: dict[str, tuple[Column, ...]] = {
    "children": (
        Column("also_known_as", "other full names, separated by semicolons", ("aliases", "aka")),
        Column("sex", "female, male, other or unknown", ("gender",)),
        Column("address", "where the child lives"),
        Column("restricted", "yes: only some may see the record"),
        Column("restricted_reason", "why it is restricted"),
    ),
    "statuses": (
        Column("status", "a value of child.legal_status", ("legal status",), required=True),
        Column("basis", "a value of child.looked_after_basis", ("legal basis",)),
        Column("responsible_authority", "own or other", ("authority",)),
        Column("since", "first day", ("start", "start date", "from"), required=True),
        Column("until", "first day on which it no longer stood", ("end", "end date", "to")),
    ),
    "workers": (
        Column("worker", "the worker's name", ("worker name", "name"), required=True),
        Column("role", "a role of the procedure", required=True),
        Column("team", "the worker's team"),
        Column("account", "the name the worker signs in with, if any", ("sign in name", "user name")),
        Column("since", "first day", ("start", "start date", "from"), required=True),
        Column("until", "first day without this worker", ("end", "end date", "to")),
    ),
    "placements": (
        Column("type", "a value of placement.type", ("placement type",), required=True),
        Column("area", "a value of placement.area"),
        Column("place", "name or address of the place"),
        Column("placed_at", "day, or day and time, it began", ("start", "start date"), required=True),
        Column("ended_at", "day, or day and time, it ended", ("end", "end date")),
    ),
    "episodes": (
        Column("reported_at", "when it was reported", ("reported", "start"), required=True),
        Column("returned_at", "when the child was back; empty while the child is away", ("returned", "end")),
        Column("category", "a value of episode.category; missing where it is empty"),
        Column("incident", "the number of the police report", ("incident number", "compact number")),
    ),
}
KINDS: dict[str, str] = {
    "children": "Children",
    "statuses": "Legal statuses",
    "workers": "Allocated workers",
    "placements": "Placements",
    "episodes": "Episodes, earlier and still open",
}


def columns_of(kind: str, vocabulary: Vocabulary) -> tuple[Column, ...]:
    """Return the columns of a kind of file."""
    return (
        IDENTITY
        + _OWN[kind]
        + tuple(Column(fact, vocabulary.facts[fact].meaning) for fact in facts_of(kind, vocabulary))
    )


def facts_of(kind: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the facts that a kind of file may bring as columns."""
    if kind == "children":
        told = {"child.age", "child.legal_status", "child.looked_after_basis"}
        return tuple(
            fact
            for fact in vocabulary.facts
            if may_stand_on_record(vocabulary, fact)
            and fact not in told
            and not fact.startswith("placement.")
        )
    if kind == "episodes":
        told = {"episode.reported_at", "episode.category"}
        return tuple(
            f.id
            for f in vocabulary.facts.values()
            if f.source != "derived"
            and f.id not in told
            and f.id.startswith(("episode.", "interview.", "risk."))
        )
    return ()
