"""What differs in forms, notices and clauses, and in the rest of a pack: question by question, text by text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.check.change.elements import Sides
from engine.check.change.pairing import differences
from engine.check.change.saying import Saying, contrast, written
from engine.check.change.values import Detail, Kind, Part, State, cited, quoted
from engine.feel.explain import plain_label
from engine.pack.model import Form, Notice

_QUESTION = {
    "title": "Wording",
    "description": "Hint",
    "type": "Kind of answer",
    "format": "Kind of answer",
    "enum": "Choices",
    "x-labels": "Words of the choices",
    "x-clauses": "Clauses",
    "x-why": "Why it is asked",
    "maxLength": "Longest answer",
    "minimum": "Least",
    "maximum": "Most",
    "pattern": "Pattern",
    "x-settled-by": "Not asked where the case knows",
}
_CLAUSE = {
    "place": "Place in the text",
    "paraphrase": "In our words",
    "kind": "Kind",
    "force": "Force",
    "actor": "Who",
    "scope": "Scope",
    "obligations": "Duties",
    "reason": "Why nothing executes it",
    "reading": "Reading",
    "carried_by": "Carried by",
    "how": "How",
}
_NOTICE = {"to_role": "Goes to", "to_outside": "Goes to", "subject": "Subject", "body": "Text"}


# --- forms


def of_forms(sides: Sides) -> Iterator[Part]:
    """Yield what differs in the forms, question by question."""
    old, new = sides.old.pack.forms, sides.new.pack.forms
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name), new.get(name)
        if before is after:
            continue
        if before is None or after is None:
            yield _whole(Kind.FORM, name, (after or before or _NOTHING).title, "form", new=before is None)
            continue
        details = tuple(_form(before, after))
        if details:
            says = tuple(f"The form {quoted(after.title)}{_said(detail)}" for detail in details)
            clauses = tuple(dict.fromkeys((*before.clauses, *after.clauses)))
            yield Part(
                Kind.FORM, name, after.title, "form", State.CHANGED, details=details, clauses=clauses, says=says
            )  # fmt: skip


_NOTHING = Form("", "", {}, (), ())


def _form(old: Form, new: Form) -> Iterator[Detail]:
    if old.title != new.title:
        yield Detail("Title", old.title, new.title)
    before, after = _questions(old), _questions(new)
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            title = _title(name, now or was or {})
            yield Detail("Question", None if was is None else title, None if now is None else title, title)
            continue
        yield from _question(_title(name, now), was, now)
        yield from _asked(_title(name, now), name, (old, before), (new, after))
    kept = [name for name in after if name in before]
    order = [name for name in before if name in after]
    if kept != order:
        told = [", ".join(_title(name, after[name]) for name in names) for names in (order, kept)]
        yield Detail("Order of the questions", told[0], told[1])
    elsewhere = {"properties", "required", "x-show", "title"}
    for place, one, other in differences(old.schema, new.schema, without=elsewhere):
        yield Detail(plain_label(" ".join(place)).capitalize(), _text(one), _text(other))


def _questions(form: Form) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = form.schema.get("properties", {})
    return found


def _title(name: str, question: Mapping[str, Any]) -> str:
    return str(question.get("title") or plain_label(name).capitalize())


def _question(about: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Detail]:
    for key in dict.fromkeys((*new, *old)):
        before, after = old.get(key), new.get(key)
        if before != after:
            label = _QUESTION.get(key, plain_label(key.removeprefix("x-")).capitalize())
            yield Detail(label, _text(before), _text(after), about)


def _asked(
    about: str,
    name: str,
    old: tuple[Form, Mapping[str, Mapping[str, Any]]],
    new: tuple[Form, Mapping[str, Mapping[str, Any]]],
) -> Iterator[Detail]:
    """Yield whether a question must be answered otherwise, and when it is asked otherwise."""
    must = [name in form.schema.get("required", ()) for form, _ in (old, new)]
    if must[0] != must[1]:
        yield Detail("Must be answered", _text(must[0]), _text(must[1]), about)
    shown = [form.schema.get("x-show", {}).get(name) for form, _ in (old, new)]
    if shown[0] != shown[1]:
        yield Detail("Asked", _when(shown[0], old[1]), _when(shown[1], new[1]), about)


def _when(rule: Mapping[str, Any] | None, asked: Mapping[str, Mapping[str, Any]]) -> str:
    """Return in words when a question is asked."""
    if not rule:
        return "always"
    terms = [f"{_title(other, asked.get(other, {}))} is {_text(wanted)}" for other, wanted in rule.items()]
    return f"if {' and '.join(terms)}"


def _said(detail: Detail) -> str:
    if detail.label == "Question" and detail.before is None:
        return f" asks a further question: {quoted(detail.about)}"
    if detail.label == "Question" and detail.after is None:
        return f" no longer asks {quoted(detail.about)}"
    if detail.label == "Title":
        return f" was called {quoted(detail.before or '')}"
    label = detail.label[0].lower() + detail.label[1:]
    if detail.about:
        return f", question {quoted(detail.about)}: {label} {_turned(detail)}"
    return f": {label} {_turned(detail)}"


def _turned(detail: Detail) -> str:
    if detail.before is None:
        return f"is now {detail.after}"
    if detail.after is None:
        return f"is gone (it was {detail.before})"
    return f"is {contrast(detail.before, detail.after)}"


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) or "none" for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(item)}" for key, item in value.items())
    return str(value)


# --- notices and clauses


def of_notices(sides: Sides) -> Iterator[Part]:
    """Yield what differs in the texts that leave the council."""
    old, new = sides.old.pack.notices, sides.new.pack.notices
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            there = after or before
            title = there.subject if there is not None else name
            yield _whole(Kind.NOTICE, name, title, "notice", new=before is None)
            continue
        details = tuple(
            Detail(_NOTICE[place[0]], _notice(sides.old, place[0], one), _notice(sides.new, place[0], other))
            for place, one, other in differences(before, after)
        )
        if details:
            yield _changed(Kind.NOTICE, name, after.subject, "notice", details, (), _of_notice(after))


def _of_notice(notice: Notice) -> str:
    return f"The notice {quoted(notice.subject)}"


def _notice(saying: Saying, field: str, value: Any) -> str | None:
    return saying.role(value) if field.startswith("to_") else _text(value)


def of_clauses(sides: Sides) -> Iterator[Part]:
    """Yield what differs in the register of clauses."""
    old, new = sides.old.pack.clauses, sides.new.pack.clauses
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            yield _whole(Kind.CLAUSE, name, f"Clause {name}", "clause", new=before is None, clauses=(name,))
            continue
        details = tuple(
            Detail(
                " ".join((_CLAUSE.get(place[0], place[0].capitalize()), *place[1:])),
                _clause(sides.old, place[0], one),
                _clause(sides.new, place[0], other),
            )
            for place, one, other in differences(before, after)
        )
        if details:
            yield _changed(Kind.CLAUSE, name, f"Clause {name}", "clause", details, (name,), f"Clause {name}")
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new]:
        says = ("The clauses stand in another order",)
        yield Part(Kind.CLAUSE, "clauses.yaml", "Order of the clauses", "order", State.CHANGED, says=says)


def _clause(saying: Saying, field: str, value: Any) -> str | None:
    if field == "actor" and isinstance(value, str):
        return saying.role(value)
    if field == "obligations" and isinstance(value, tuple):
        return ", ".join(saying.obligation(name) for name in value) or None
    return saying.value(value)


# --- what procedure.yaml and the other files hold


def of_mapping(
    sides: Sides, kind: Kind, what: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Part]:
    """Yield what differs between two maps of values by id, field by field."""
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name), new.get(name)
        if before is after:
            continue
        title = _name_of(name, after if after is not None else before)
        if before is None or after is None:
            yield _whole(kind, name, title, what, new=before is None)
            continue
        details = tuple(
            Detail(
                plain_label(" ".join(place)).capitalize() or "Value",
                sides.old.value(one),
                sides.new.value(other),
                written=(written(one), written(other)),
            )
            for place, one, other in differences(before, after)
        )
        if details:
            clauses = tuple(getattr(after, "clauses", ()) or ())
            subject = f"The {what} {quoted(title)}"
            yield _changed(kind, name, title, what, details, clauses, subject)


def _name_of(name: str, value: Any) -> str:
    for field in ("says", "label", "title", "meaning"):
        told = getattr(value, field, None)
        if isinstance(told, str) and told:
            return told
    return plain_label(name).capitalize()


def _changed(
    kind: Kind,
    name: str,
    title: str,
    what: str,
    details: tuple[Detail, ...],
    clauses: tuple[str, ...],
    subject: str,
) -> Part:
    says = tuple(
        f"{subject}: {detail.label[0].lower()}{detail.label[1:]} {_turned(detail)}"
        f"{cited(clauses) if kind is not Kind.CLAUSE else ''}"
        for detail in details
    )
    return Part(kind, name, title, what, State.CHANGED, details=details, clauses=clauses, says=says)


def _whole(kind: Kind, name: str, title: str, what: str, *, new: bool, clauses: tuple[str, ...] = ()) -> Part:
    subject = title if kind is Kind.CLAUSE else f"The {what} {quoted(title)}"
    told = "is new" if new else "is no longer there"
    state = State.ADDED if new else State.REMOVED
    return Part(kind, name, title, what, state, clauses=clauses, says=(f"{subject} {told}",))
