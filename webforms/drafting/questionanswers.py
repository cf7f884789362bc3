"""Reading the page of a question: what was meant, and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.pack import forms
from engine.pack.edit.form import Asked, name_for
from webforms.drafting import questionkinds as kinds
from webforms.drafting.questionfields import (
    MOST_CHOICES,
    Posted,
    Row,
    Shown,
    Subject,
    cited,
    decides,
    fields,
    rows_of,
)
from webforms.render import words


def read(subject: Subject, posted: Posted) -> Shown:
    """Return the page as it was filled in, with what is wrong in it; nothing is judged of buttons that only turn it."""
    form = fields(subject)
    answers, problems = forms.parse_answers(form, posted)
    rows = _posted_rows(posted) if subject.kind in kinds.LISTS else []
    ticked = {
        name.removeprefix("show."): _list(value) for name, value in posted.items() if name.startswith("show.")
    }
    cites = [one for one in dict.fromkeys([*_list(posted.get("clause", [])), *_written(posted)]) if one]
    problems |= _wrong_rows(subject, rows) | _wrong_limits(answers) | _wrong_fact(subject)
    unknown = [one for one in cites if one not in subject.pack.clauses]
    if unknown:
        problems["cite"] = f"There is no clause {unknown[0]} in the register"
    return Shown(
        form,
        posted,
        rows_of(subject, [row for row in rows if row.value or row.label])
        if subject.kind in kinds.LISTS
        else (),
        _one(posted.get("choice-default", "")),
        decides(subject, ticked),
        cited(subject, cites),
        problems,
    )


def turned(shown: Shown, asked: str) -> Shown:
    """Return the page after one of its buttons that keep nothing: a choice moved, more rows, a clause added."""
    what, _, which = asked.partition(" ")
    rows = list(shown.rows)
    if what in ("up", "down") and which.isdecimal() and int(which) < len(rows):
        at = int(which)
        other = max(0, min(len(rows) - 1, at + (1 if what == "down" else -1)))
        rows[at], rows[other] = rows[other], rows[at]
    elif what == "more":
        rows += [Row("", "")] * 3
    problems = {"cite": shown.problems["cite"]} if what == "cite" and "cite" in shown.problems else {}
    return replace(shown, rows=tuple(rows), problems=problems)


def asked_of(subject: Subject, shown: Shown) -> Asked:
    """Return the question that a page without problems describes."""
    answers = forms.parse_answers(shown.form, shown.posted)[0]
    schema = {
        key: value
        for key, value in {**_general(subject, answers, shown), **_by_kind(subject, answers, shown)}.items()
        if value is not None
    }
    return Asked(_name(subject, answers), schema, answers.get("required") is True, _shown(subject, shown))


def _name(subject: Subject, answers: Mapping[str, Any]) -> str:
    if subject.fact is not None:
        return subject.fact.id
    if subject.old is not None and subject.known_fact is None:
        return subject.old.name
    return name_for(str(answers.get("title", "")), subject.schema["properties"])


def _general(subject: Subject, answers: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    cites = [one.id for one in shown.clauses if one.ticked]
    before = list(subject.question.get("x-clauses", ()))
    return {
        **kinds.schema_of(subject.kind),
        **subject.question,
        "title": answers.get("title"),
        "description": answers.get("description"),
        "x-copy": answers.get("copy"),
        "x-clauses": cites if cites or "x-clauses" in subject.question else None,
        "x-why": answers.get("why"),
    } | ({"x-clauses": before} if before == cites and before else {})


def _by_kind(subject: Subject, answers: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    kind, old = subject.kind, subject.question
    if kind in kinds.TEXTS:
        return {
            "x-widget": "textarea"
            if answers.get("layout") == "long"
            else (None if old.get("x-widget") == "textarea" else old.get("x-widget")),
            **{key: answers.get(key) for key in ("maxLength", "minLength", "default")},
        }
    if kind == kinds.YES_NO:
        yes, no = answers.get("yes"), answers.get("no")
        labels = {"true": yes or "Yes", "false": no or "No"}
        truth = {"true": True, "false": False}
        made: dict[str, Any] = {"x-labels": _kept_order(labels, old) if yes or no else None}
        made["default"] = truth.get(str(answers.get("default", "")))
        if subject.fact is not None:
            made["x-settled-by"] = truth.get(str(answers.get("settled", "")))
        return made
    if kind in kinds.NUMBERS:
        return {
            key: _as_before(answers.get(key), old.get(key)) for key in ("minimum", "maximum", "default")
        } | {"x-suffix": answers.get("suffix")}
    if kind in kinds.DAYS:
        return {"x-past": True if answers.get("past") else None}
    return _list_keywords(subject, answers, shown) if kind in kinds.LISTS else {}


def _list_keywords(subject: Subject, answers: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    old, taken = subject.question, [row.value for row in shown.rows if row.value]
    named: dict[str, str] = {}
    for row in shown.rows:
        if row.offered and row.label:
            value = row.value or name_for(row.label, taken)
            taken.append(value)
            named[value] = row.label
    known = {str(one): one for one in _enum(old)}
    enum = [known.get(value, value) for value in named]
    plain = all(
        label == (row.meaning or words.plain(row.value)) and row.value
        for row in shown.rows
        if row.offered and (label := row.label)
    )
    labels = None if plain and "x-labels" not in old else _kept_order(named, old)
    if subject.kind == kinds.SEVERAL:
        items = {**(old.get("items") or {"type": "string"}), "enum": enum}
        limits = {key: answers.get(key) for key in ("minItems", "maxItems")}
        unique = {} if "items" in old else {"uniqueItems": True}
        return {"items": items, "x-labels": labels, **limits, **unique}
    widget = answers.get("widget")
    chosen = shown.default if shown.default in named else None
    return {
        "enum": enum,
        "x-labels": labels,
        "x-widget": None if widget == "auto" else widget,
        "default": known.get(chosen, chosen) if chosen is not None else None,
    }


def _enum(question: Mapping[str, Any]) -> Sequence[Any]:
    holder = question.get("items") if isinstance(question.get("items"), Mapping) else question
    found = holder.get("enum") if holder else None
    return found if isinstance(found, list) else ()


def _kept_order(labels: Mapping[str, str], old: Mapping[str, Any]) -> dict[str, str]:
    """Return labels in the order that the file has them in, new ones behind."""
    before = [key for key in old.get("x-labels", {}) if key in labels]
    return {key: labels[key] for key in [*before, *[key for key in labels if key not in before]]}


def _as_before(value: Any, before: Any) -> Any:
    """Return a number as the file writes it already, where it is the same, and a whole one without a point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return before if before is not None and value == before and not isinstance(before, bool) else value


def _shown(subject: Subject, shown: Shown) -> dict[str, list[Any]] | None:
    before = {} if subject.old is None or subject.old.shown is None else dict(subject.old.shown)
    offered = {one.name: one for one in shown.decides}
    made: dict[str, list[Any]] = {}
    for other in [*before, *[name for name in offered if name not in before]]:
        if other not in offered:
            made[other] = list(before[other])  # it waits for something that the page cannot offer
            continue
        question = subject.schema["properties"][other]
        ticked = [value for value, _, chosen in offered[other].answers if chosen]
        values = [_typed(question, value) for value in ticked]
        same = sorted(map(str, values)) == sorted(map(str, before.get(other, ())))
        if values:
            made[other] = list(before[other]) if same and other in before else values
    return made or None


def _typed(question: Mapping[str, Any], value: str) -> Any:
    if question.get("type") == "boolean":
        return value == "true"
    return next((one for one in _enum(question) if str(one) == value), value)


def _posted_rows(posted: Posted) -> list[Row]:
    rows = []
    for number in range(MOST_CHOICES + 5):
        if f"choice-{number}" not in posted and f"choice-value-{number}" not in posted:
            break
        value = _one(posted.get(f"choice-value-{number}", ""))
        fixed = f"choice-fixed-{number}" in posted
        offered = f"choice-offered-{number}" in posted if fixed else True
        label = " ".join(_one(posted.get(f"choice-{number}", "")).split())[:200]
        if label or fixed:
            rows.append(Row(value, label, offered))
    return rows


def _wrong_rows(subject: Subject, rows: Sequence[Row]) -> dict[str, str]:
    if subject.kind not in kinds.LISTS:
        return {}
    offered = [row for row in rows if row.offered]
    labels = [row.label.casefold() for row in offered if row.label]
    fewest = 2 if subject.kind == kinds.ONE and len(_enum(subject.question)) != 1 else 1
    if len(offered) < fewest:
        return {"choices": "Give at least two choices" if fewest == 2 else "Give at least one choice"}
    if len(offered) > MOST_CHOICES:
        return {"choices": f"Give at most {MOST_CHOICES} choices"}
    if len(labels) < len(offered):
        return {"choices": "Write what each choice that is offered is called"}
    if len(set(labels)) < len(labels):
        return {"choices": "Two choices read the same: make them differ, or remove one"}
    values = [row.value for row in offered if row.value]
    allowed = kinds.values_of(subject.fact, subject.pack.vocabulary)
    strange = [value for value in values if allowed is not None and value not in allowed]
    if strange:
        return {"choices": f"“{words.plain(strange[0])}” is nothing that can be the case here: untick it"}
    return {}


def _wrong_limits(answers: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for least, most in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")):
        low, high = answers.get(least), answers.get(most)
        if low is not None and high is not None and low > high:
            found[most] = f"The most, {high}, is less than the least, {low}"
    return found


def _wrong_fact(subject: Subject) -> dict[str, str]:
    name = subject.fact.id if subject.fact else None
    taken = subject.schema["properties"].keys() - ({subject.old.name} if subject.old else set())
    if name in taken:
        return {"": "Another question of this form sets this already: choose something else to be set"}
    return {}


def _written(posted: Posted) -> list[str]:
    """Return the clauses typed into the box: the number alone, or the number with words behind it."""
    return [text.strip().split()[0] for text in _list(posted.get("cite", [])) if text.strip()]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _one(value: str | list[str]) -> str:
    return value if isinstance(value, str) else (value[0] if value else "")
