"""A request to somebody outside as it would be made: to whom, what it asks, and what it tells of the child.

What the person outside will see is worked out here and kept as it is, so that the preview is the page itself. Of the
child nothing is told but what the practitioner ticks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.pack import forms
from engine.pack.model import Form, Pack
from engine.services import access, directory
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, NotFound
from engine.services.outside import mail
from engine.services.rows import role_label
from engine.store.packs import pack_of
from engine.store.tables import (
    CaseRecord,
    Child,
    Episode,
    LedgerEntry,
    OutsideRequest,
    PackVersion,
    Task,
)

DAYS, MOST_DAYS = 7, 30
MOST_CHOICES = 6
OTHER = "other"
DETAILS = {
    "initials": "Initials",
    "birth_year": "Year of birth",
    "name": "Name",
    "birth_date": "Date of birth",
    "report": "Number of the report",
}
"""What may be told of a child, as the person outside reads it."""
BY_DEFAULT = ("initials", "birth_year")
REMIND_BEFORE = timedelta(hours=24)


@dataclass(frozen=True)
class Recipient:
    """Somebody outside who can be asked; `address` None where no address is known."""

    key: str
    label: str
    address: str | None


@dataclass(frozen=True)
class Wish:
    """What a practitioner wants to ask, as it was typed. `entry` is the awaited duty, None for a free question."""

    recipient: str
    by_email: bool
    telephone: str
    days: int = DAYS
    body: str = ""
    address: str = ""
    details: tuple[str, ...] = BY_DEFAULT
    code: bool = False
    remind: bool = True
    review: bool = True
    entry: int | None = None
    question: str = ""
    choices: tuple[str, ...] = ()
    follows: int | None = None


def recipients(desk: Desk, pack: Pack) -> tuple[Recipient, ...]:
    """Return whom the council's procedure knows outside it, with the addresses known."""
    known = directory.addresses(desk)
    named = {f"role:{role.id}": role.label for role in pack.roles.values() if role.external}
    named |= {
        f"outside:{notice.to_outside}": notice.to_outside.replace("_", " ").capitalize()
        for notice in pack.notices.values()
        if notice.to_outside is not None and f"role:{notice.to_outside}" not in named
    }
    return tuple(
        Recipient(key, label, known.get(key) or known.get(key.replace("role:", "outside:")))
        for key, label in sorted(named.items(), key=lambda one: one[1])
    )


def may_be_told(desk: Desk, case_id: int) -> dict[str, str]:
    """Return what could be told of a case's child, by the keys of DETAILS; nothing where no child is known."""
    found = desk.session.execute(
        sa.select(Child, Episode.source_reference)
        .join(CaseRecord, CaseRecord.child_id == Child.id)
        .outerjoin(Episode, Episode.case_id == CaseRecord.id)
        .where(CaseRecord.id == case_id)
    ).first()
    if found is None or not access.may_see_child(desk, found.Child):
        return {}
    child: Child = found.Child
    names = f"{child.given_names} {child.surname}".split()
    told = {
        "initials": " ".join(f"{name[0].upper()}." for name in names),
        "name": " ".join(names),
        "birth_year": str(child.birth_date.year) if child.birth_date else "",
        "birth_date": f"{child.birth_date:%-d %B %Y}" if child.birth_date else "",
        "report": found.source_reference or "",
    }
    return {key: told[key] for key in DETAILS if told.get(key)}


def awaited_form(desk: Desk, case_id: int, number: int) -> tuple[LedgerEntry, Form]:
    """Return an awaited duty and what whoever meets it is asked. Raises NotFound where it is not awaited (any more)."""
    case, pack = case_of(desk, case_id)
    entry = desk.session.get(LedgerEntry, (case_id, number))
    if entry is None or entry.outcome != "open" or not (entry.external or entry.task is None):
        raise NotFound("there is no such duty, or it has ended")
    task = desk.session.scalar(
        sa.select(Task).where(Task.case_id == case_id, Task.core_id == (entry.task or ""))
    )
    meaning = pack.vocabulary.obligations[entry.obligation].meaning
    title = task.name if task is not None else meaning
    own = pack.forms.get(task.form or "") if task is not None else None
    if own is None:
        schema: dict[str, Any] = {"title": title, "type": "object", "properties": {}}
    else:
        schema = _without_workings(forms.in_case(own, case.facts).schema, pack)
    return entry, Form("outside", title, schema | {"x-lead": f"{meaning}."}, (), ())


def _without_workings(schema: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    """Return a form without what is for people here: why it is asked, the clauses, texts to copy, what is known."""

    def plain(text: Any) -> Any:
        for key, name in pack.systems.items():
            text = text.replace("{" + key + "}", name) if isinstance(text, str) else text
        return text

    inner = ("x-why", "x-clauses", "x-copy", "x-settled-by", "default")
    asked = {
        name: {key: plain(value) for key, value in question.items() if key not in inner}
        for name, question in schema["properties"].items()
    }
    kept = {key: schema[key] for key in ("type", "title", "required", "x-show") if key in schema}
    return {**kept, "properties": asked}


def question_form(question: str, choices: tuple[str, ...]) -> Form:
    """Return the form that asks a free question, with plain answers to choose from where there are any."""
    asked: dict[str, Any] = {}
    if choices:
        asked["answer"] = {"type": "string", "title": "Your answer", "enum": list(choices)}
        asked["answer"] |= {"x-labels": {one: one for one in choices}, "x-widget": "radios"}
    title = "Anything to add" if choices else "Your answer"
    asked["text"] = {"type": "string", "title": title, "maxLength": 4000, "x-widget": "textarea"}
    schema = {
        "title": "Please answer this question",
        "type": "object",
        "properties": asked,
        "required": ["answer" if choices else "text"],
        "x-lead": question,
    }
    return Form("outside", "Please answer this question", schema, (), ())


def prepare(desk: Desk, case_id: int, wish: Wish) -> OutsideRequest:
    """Return a request as it would be made, without keeping it: what its preview shows.

    Raises InvalidAnswers with everything that is wrong, NotFound where the duty is not awaited (any more).
    """
    access.require(desk.caller, "ask_outside")
    if desk.caller.account is None:
        raise NotAllowed("a request to somebody outside has a person here who asks")
    case, pack = case_of(desk, case_id)
    if case.status == "closed" and wish.entry is not None:
        raise NotFound("there is no such duty, or it has ended")
    problems: dict[str, str] = {}
    key, body, address = _recipient(desk, pack, wish, problems)
    if not wish.telephone.strip():
        problems["telephone"] = "is missing: whoever is asked must be able to call you back"
    if not 1 <= wish.days <= MOST_DAYS:
        problems["days"] = f"must be 1 to {MOST_DAYS} days"
    entry = None
    if wish.entry is not None:
        entry, form = awaited_form(desk, case_id, wish.entry)
    else:
        if not wish.question.strip():
            problems["question"] = "is missing: what do you want to know?"
        if len(wish.choices) == 1 or len(wish.choices) > MOST_CHOICES:
            problems["choices"] = f"are 2 to {MOST_CHOICES}, one on each line, or none"
        form = question_form(wish.question.strip(), wish.choices)
    if problems:
        raise InvalidAnswers(problems)
    now = desk.now()
    expires = now + timedelta(days=wish.days)
    answer_by = entry.due if entry is not None and entry.due is not None and entry.due > now else None
    told = may_be_told(desk, case_id)
    return OutsideRequest(
        council_id=desk.council.id,
        case_id=case_id,
        number=_next_number(desk, case_id),
        kind="question" if entry is None else "duty",
        entry=wish.entry,
        asked={"title": form.title, "schema": dict(form.schema)},
        shown=[[DETAILS[one], told[one]] for one in DETAILS if one in wish.details and one in told],
        recipient=key,
        body=body,
        address=address,
        asker=_asker(desk, pack),
        telephone=wish.telephone.strip(),
        answer_by=answer_by,
        created_at=now,
        created_by=desk.caller.account,
        expires_at=expires,
        remind_at=_reminder(now, min(answer_by or expires, expires))
        if wish.remind and address is not None
        else None,
        review=wish.review or wish.entry is None,
        follows=wish.follows,
    )


def _recipient(desk: Desk, pack: Pack, wish: Wish, problems: dict[str, str]) -> tuple[str, str, str | None]:
    known = {one.key: one for one in recipients(desk, pack)}
    chosen = known.get(wish.recipient)
    if chosen is None and (wish.recipient != OTHER or not wish.body.strip()):
        problems["recipient" if wish.recipient != OTHER else "body"] = "is missing: who is asked?"
    body = chosen.label if chosen is not None else wish.body.strip()
    key = chosen.key if chosen is not None else f"outside:{body}"
    if not wish.by_email:
        return key, body, None
    given = wish.address.strip() or (chosen.address if chosen is not None else "") or ""
    if not given:
        problems["address"] = "is missing: no address is known. Enter one, or copy the link"
        return key, body, None
    try:
        return key, body, mail.checked_address(given)
    except InvalidAnswers as error:
        problems |= error.problems
        return key, body, None


def _asker(desk: Desk, pack: Pack) -> str:
    titles = sorted(role_label(pack, role) for role in desk.caller.roles if role in pack.roles)
    return f"{desk.caller.name}, {titles[0]}" if titles else desk.caller.name


def _reminder(now: datetime, until: datetime) -> datetime:
    """Return when to remind: a day before the end, half-way where there is less than two days."""
    return max(until - REMIND_BEFORE, now + (until - now) / 2)


def _next_number(desk: Desk, case_id: int) -> int:
    last = desk.session.scalar(
        sa.select(sa.func.max(OutsideRequest.number)).where(OutsideRequest.case_id == case_id)
    )
    return (last or 0) + 1


def case_of(desk: Desk, case_id: int) -> tuple[CaseRecord, Pack]:
    """Return a case with its pack; raise NotFound for one whose child the caller may not know."""
    found = desk.session.execute(
        sa.select(CaseRecord, PackVersion.hash, Child)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(CaseRecord.id == case_id)
    ).first()
    if found is None or (found.Child is not None and not access.may_see_child(desk, found.Child)):
        raise NotFound("there is no such case")
    return found.CaseRecord, pack_of(desk.session, found.CaseRecord.pack_id, found.hash)


def field_values(wish: Wish) -> dict[str, Any]:
    """Return what was typed, as JSON."""
    return {name: getattr(wish, name) for name in Wish.__dataclass_fields__}
