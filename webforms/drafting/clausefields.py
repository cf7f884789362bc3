"""A clause as its page asks about it, and what the answers change in the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.pack.model import Form, Pack
from engine.pack.register import FORCES, SCOPES
from engine.services.desk import InvalidAnswers
from webforms.drafting.changing import Posted
from webforms.drafting.desk import asked
from webforms.formpage import Answers
from webforms.render import words

KINDS = (
    "principle",
    "definition",
    "role",
    "task",
    "notification",
    "record",
    "decision rule",
    "decision",
    "deadline",
    "meeting",
    "escalation",
    "governance",
)
"""What a clause can be about; a register may use other words, which stay."""
SCOPE_WORDS = {
    "case": "Carried out in children’s cases",
    "periodic": "Carried out at set times, outside any case",
    "external": "Done by somebody outside the council",
    "out": "Nothing for the system to do: say why",
}
FORCE_WORDS = {
    "must": "Must",
    "should": "Should",
    "may": "May",
    "none": "None: it tells something and asks for nothing",
}
_READING = ("problem", "chosen", "because")
_WORDS = {
    "problem": "What the text leaves open",
    "chosen": "How it is read here",
    "because": "Why it is read so",
}


def role_words(pack: Pack, role: str) -> str:
    """Return what a role is called; nothing for nobody."""
    if not role or role == "none":
        return ""
    if role in pack.roles:
        return pack.roles[role].label
    known = pack.vocabulary.roles.get(role)
    return known.meaning if known else words.plain(role)


def obligation_words(pack: Pack, name: str) -> str:
    """Return what a duty is called."""
    known = pack.vocabulary.obligations.get(name)
    return known.meaning if known else f"{words.plain(name)} (not in the vocabulary)"


def listed(clause: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of a clause, also where the file gives one word."""
    found = clause.get(key)
    return [str(one) for one in found] if isinstance(found, list) else [str(found)] if found else []


def fields(
    title: str, pack: Pack, clause: Mapping[str, Any], posted: Sequence[str], behind: Sequence[str] = ()
) -> Form:
    """Return the page's fields; `posted` are duties that were ticked meanwhile, `behind` the places of a new clause."""
    duties = list(dict.fromkeys([*listed(clause, "obligations"), *_known(pack, posted)]))
    others = sorted(
        (name for name in pack.vocabulary.obligations if name not in duties),
        key=lambda name: obligation_words(pack, name).casefold(),
    )
    kinds = list(dict.fromkeys([*KINDS, *([str(clause["kind"])] if clause.get("kind") else [])]))
    roles = list(dict.fromkeys([*pack.roles, *([str(clause["actor"])] if clause.get("actor") else [])]))
    roles = sorted(
        (role for role in roles if role != "none"), key=lambda role: role_words(pack, role).casefold()
    )
    made: dict[str, Any] = {}
    if behind:
        made["id"] = _text(
            "Number of the clause", 40, hint="As people cite it, without spaces, such as 3.4.a"
        )
        made["behind"] = _select("Behind which clause does it stand?", {name: name for name in behind})
    made["place"] = _text(
        "Where it stands in the written procedure", 200, hint="Such as: Section 3.4, point a"
    )
    made["paraphrase"] = _text(
        "What it says, in our own words", 2000, long=True, hint="Never the procedure’s own sentence"
    )
    made["kind"] = _select("What it is about", {kind: words.plain(kind) for kind in kinds})
    made["force"] = _radios("How strongly it binds", {force: FORCE_WORDS[force] for force in FORCES})
    made["actor"] = _select(
        "Who has to act",
        {role: role_words(pack, role) for role in roles},
        hint="Left open: nobody in particular",
    )
    made["scope"] = _radios("What becomes of it", {scope: SCOPE_WORDS[scope] for scope in SCOPES})
    made["reason"] = _text(
        "Why nothing carries it out",
        2000,
        long=True,
        hint="Needed where there is nothing for the system to do",
    )
    if duties:
        made["obligations"] = {
            "type": "array",
            "title": "Duties that it asks for",
            "items": {"type": "string", "enum": duties},
            "x-labels": {name: obligation_words(pack, name) for name in duties},
        }
    made["another"] = _select("Add a duty", {name: obligation_words(pack, name) for name in others})
    for key in _READING:
        made[f"reading_{key}"] = _text(_WORDS[key], 2000, long=True)
    made["reading_strength"] = _radios(
        "How sure is the reading?",
        {"hard": "The text allows hardly another", "soft": "It could be read otherwise"},
    )
    made["carried_by"] = _text(
        "The act of Homeward itself that carries it",
        60,
        hint="Only where no element, table or form does. One word, such as override",
    )
    made["how"] = _text("How Homeward carries it", 1000, long=True)
    required = ["id", "place", "paraphrase", "kind", "force", "scope"]
    return asked(title, made, [name for name in required if name in made])


def _known(pack: Pack, posted: Sequence[str]) -> list[str]:
    return [name for name in posted if name in pack.vocabulary.obligations]


def _text(title: str, longest: int, *, long: bool = False, hint: str = "") -> dict[str, Any]:
    more = {"x-widget": "textarea"} if long else {}
    return {"type": "string", "title": title, "description": hint, "maxLength": longest, **more}


def _select(title: str, labels: Mapping[str, str], hint: str = "") -> dict[str, Any]:
    choices = {"enum": list(labels), "x-labels": dict(labels), "x-widget": "select"}
    return {"type": "string", "title": title, "description": hint, **choices}


def _radios(title: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {**_select(title, labels), "x-widget": "radios"}


def initial(clause: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields hold of a clause."""
    reading = clause.get("reading")
    read = reading if isinstance(reading, Mapping) else {}
    actor = clause.get("actor")
    return {
        **{
            key: clause.get(key) for key in ("place", "paraphrase", "kind", "force", "scope", "reason", "how")
        },
        "actor": None if actor == "none" else actor,
        "obligations": listed(clause, "obligations"),
        "carried_by": " ".join(listed(clause, "carried_by")) or None,
        **{f"reading_{key}": read.get(key) for key in (*_READING, "strength")},
    }


def turned(posted: Posted) -> Posted:
    """Return a post with the duty that was chosen among those ticked."""
    chosen = posted.get("another", "")
    ticked = posted.get("obligations", [])
    ticked = [ticked] if isinstance(ticked, str) else list(ticked)
    more = [chosen] if isinstance(chosen, str) and chosen else []
    return {**posted, "obligations": [*ticked, *more], "another": ""}


def changes(name: str, clause: Mapping[str, Any], given: Answers) -> dict[str, Any]:
    """Return what answers change in a clause: key by key, None where one goes. Raises InvalidAnswers."""
    problems = {}
    if given.get("scope") == "out" and not given.get("reason"):
        problems["reason"] = "Say why nothing carries it out"
    read = {key: given.get(f"reading_{key}") for key in _READING}
    if any(read.values()):
        problems |= {
            f"reading_{key}": f"Write “{_WORDS[key]}” too, or leave the whole reading empty"
            for key, words_ in read.items()
            if not words_
        }
    if given.get("carried_by") and not given.get("how"):
        problems["how"] = "Say how Homeward carries it"
    if problems:
        raise InvalidAnswers(problems)
    duties = [*given.get("obligations", []), *([given["another"]] if given.get("another") else [])]
    made: dict[str, Any] = {
        key: _lines_as(given.get(key), clause.get(key))
        for key in ("place", "paraphrase", "kind", "force", "scope", "reason", "how")
    }
    made["actor"] = given.get("actor") or ("none" if clause.get("actor") == "none" else None)
    made["obligations"] = duties
    made["carried_by"] = str(given.get("carried_by") or "").split() or None
    made["reading"] = _reading(name, clause, read, given)
    return {key: value for key, value in made.items() if value is not None or key in clause}


def _reading(
    name: str, clause: Mapping[str, Any], read: Mapping[str, Any], given: Answers
) -> dict[str, str] | None:
    if not any(read.values()):
        return None
    before = clause.get("reading")
    before = before if isinstance(before, Mapping) else {}
    return {
        "id": str(before.get("id") or f"R-{name}"),
        **{key: str(_lines_as(read[key], before.get(key))) for key in _READING},
        "strength": str(given.get("reading_strength") or "soft"),
    }


def _lines_as(value: Any, before: Any) -> Any:
    """Return a text as the file has it where only spaces at its ends differ."""
    if isinstance(value, str) and isinstance(before, str) and before.strip() == value:
        return before
    return value
