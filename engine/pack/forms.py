"""What a form asks and what it makes of the answers: the logic under the pages, the stories and the checks.

Answers are plain JSON, as drafts are stored; FEEL values exist only at the border to the case (`to_feel`). A question
that the other answers hide is neither asked nor required, and an answer left behind in it does not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import regex
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from engine.clock import local
from engine.pack.model import Form, Vocabulary
from engine.pack.typeddays import read_day
from engine.pack.typedtimes import at_local, read_clock, read_moment
from engine.pack.values import (
    MAX_TEXT,
    duration_text,
    parse_date,
    parse_duration,
    parse_fact,
    parse_moment,
    to_json,
)

__all__ = [
    "ToCheck",
    "UNDERSTOOD",
    "asked",
    "in_case",
    "parse_answers",
    "problems",
    "to_feel",
    "to_json",
    "understood",
    "visible",
]

Answers = Mapping[str, Any]
Posted = Mapping[str, str | Sequence[str]]
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PATTERN_SECONDS = 0.1
_FORMATS = FormatChecker(formats=())
UNDERSTOOD = "-understood"
"""What follows a question's name in the field that carries what the person was shown their day or moment means."""


class ToCheck(str):
    """What stands between an answer and its counting when it is no mistake: `value` (JSON) is how it was understood."""

    value: str

    def __new__(cls, message: str, value: str) -> ToCheck:
        told = super().__new__(cls, message)
        told.value = value
        return told


@_FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or parse_date(value) is not None


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or parse_moment(value) is not None


@_FORMATS.checks("duration", raises=ValueError)
def _is_duration(value: object) -> bool:
    return not isinstance(value, str) or parse_duration(value) is not None


def in_case(form: Form, known: Answers) -> Form:
    """Return the form as a case asks it: without the questions that are settled by what it knows (`x-settled-by`).

    `known` are the case's facts, in FEEL or JSON. A question that waits for a settled one is asked if that answer shows
    it.
    """
    questions: Mapping[str, Mapping[str, Any]] = form.schema["properties"]
    settled = {
        name: question["x-settled-by"]
        for name, question in questions.items()
        if "x-settled-by" in question and name in known and to_json(known[name]) == question["x-settled-by"]
    }
    if not settled:
        return form
    show: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, question in questions.items():
        conditions = form.schema.get("x-show", {}).get(name, {})
        waits = {other: wanted for other, wanted in conditions.items() if other not in settled}
        shown = all(_among(settled[other], conditions[other]) for other in conditions.keys() - waits.keys())
        if name not in settled and shown:
            left[name] = question
            if waits:
                show[name] = waits
    required = [name for name in form.schema.get("required", ()) if name in left]
    return replace(form, schema={**form.schema, "properties": left, "required": required, "x-show": show})


def visible(form: Form, answers: Answers) -> list[str]:
    """Return the names of the questions that are asked, given the answers so far, in the form's order."""
    rules: Mapping[str, Mapping[str, Any]] = form.schema.get("x-show", {})
    shown: list[str] = []
    for name in form.schema["properties"]:
        conditions = rules.get(name, {}).items()
        if all(other in shown and _among(answers.get(other), wanted) for other, wanted in conditions):
            shown.append(name)
    return shown


def asked(form: Form, answers: Answers) -> dict[str, Any]:
    """Return the answers that count: those to questions that are asked, without empty ones."""
    return {name: answers[name] for name in visible(form, answers) if not _empty(answers.get(name))}


def problems(form: Form, answers: Answers, now: datetime | None = None) -> dict[str, str]:
    """Say in plain English what is wrong with each answer; an empty mapping means the form can be sent.

    An answer to something that the form does not ask is a problem too; one to a hidden question is passed over. With
    `now`, what is asked about as something that happened (`x-past`) may not lie ahead of it.
    """
    found: dict[str, str] = {}
    questions: Mapping[str, Mapping[str, Any]] = form.schema["properties"]
    required = form.schema.get("required", ())
    for name in visible(form, answers):
        question = questions[name]
        value = answers.get(name)
        if _empty(value):
            if name in required:
                found[name] = _missing(question)
        elif message := _wrong(question, value):
            found[name] = message
        elif now is not None and question.get("x-past") and _ahead(question, value, now):
            found[name] = f"“{question['title']}” lies in the future"
    for name in answers.keys() - questions.keys():
        found[name] = f"This form does not ask for {name}"
    return found


def parse_answers(
    form: Form, posted: Posted, now: datetime | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a form's post: the answers that count, and what is wrong with them or with what was typed.

    A day or moment comes as one text under its name, as people type it (typedtimes.py), in local time. What the text
    did not say in full has to come back with `name-understood`, which says that the person was shown what it means;
    until then it is a problem of the kind ToCheck. It may also come in parts, as `name-day`, `-month`, `-year` and for a
    moment `-time`. A duration comes as `-days` and `-hours`, everything else under its name. Fields that the form does
    not know are passed over, as a post carries tokens and buttons. Without `now`, only whole dates are understood.
    """
    answers: dict[str, Any] = {}
    mistyped: dict[str, str] = {}
    for name, question in form.schema["properties"].items():
        title = question.get("title", name)
        try:
            value, checked = _read(name, question, posted, now)
        except ValueError as error:
            mistyped[name] = f"“{title}” {error}"
            continue
        if not _empty(value):
            answers[name] = value
            if not checked:
                mistyped[name] = ToCheck(f"Check “{title}”", value)
    shown = visible(form, answers)
    counted = {name: answers[name] for name in shown if name in answers}
    wrong = problems(form, counted, now)
    for name, message in mistyped.items():
        if name in shown and not (isinstance(message, ToCheck) and name in wrong):
            wrong[name] = message
    return counted, {name: wrong[name] for name in shown if name in wrong}


def understood(question: Mapping[str, Any], text: str, now: datetime | None) -> str | None:
    """Return what a typed day or moment means, as JSON; None for an empty text. Raises ValueError with what is wrong."""
    return _typed(question, text, now)[0]


def to_feel(form: Form, vocabulary: Vocabulary, answers: Answers) -> dict[str, Any]:
    """Turn the answers that count into FEEL values, facts by their type and the rest by their question's.

    A fact's question that was asked and left empty gives nothing: the fact stays unknown. Raises BadValue for an
    answer that `problems` would have refused.
    """
    values: dict[str, Any] = {}
    for name, answer in asked(form, answers).items():
        fact = vocabulary.facts.get(name)
        question = form.schema["properties"][name]
        values[name] = parse_fact(fact, answer) if fact else _plain_value(question, answer)
    return values


def _plain_value(question: Mapping[str, Any], answer: Any) -> Any:
    match question.get("format"):
        case "date":
            return parse_date(answer)
        case "date-time":
            return parse_moment(answer)
        case "duration":
            return parse_duration(answer)
    if question["type"] in ("integer", "number"):
        return Decimal(str(answer))
    return answer


def _among(answer: Any, wanted: Any) -> bool:
    """Tell whether an answer is the one waited for, or among them; true is not 1."""
    choices = wanted if isinstance(wanted, list) else [wanted]
    given = answer if isinstance(answer, list) else [answer]
    return any(one == choice and type(one) is type(choice) for one in given for choice in choices)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or (isinstance(value, str) and not value.strip())


def _missing(question: Mapping[str, Any]) -> str:
    chosen = question["type"] in ("boolean", "array") or "enum" in question
    return f"{'Select' if chosen else 'Enter'} an answer to “{question['title']}”"


def _wrong(question: Mapping[str, Any], value: Any) -> str | None:
    schema = {key: rule for key, rule in question.items() if key != "pattern"}
    validator = Draft202012Validator(schema, format_checker=_FORMATS)
    title = f"“{question['title']}”"
    for error in validator.iter_errors(value):
        return f"{title} {_said(error, question)}"
    if isinstance(value, str):
        if len(value) > MAX_TEXT and "maxLength" not in question:
            return f"{title} must be {MAX_TEXT:,} characters or fewer"
        if "pattern" in question and not _matches(question["pattern"], value):
            return f"{title} is not in the form that is asked for"
    return None


def _said(error: ValidationError, question: Mapping[str, Any]) -> str:
    limit: Any = error.validator_value
    said = {
        "minLength": f"must be {limit} characters or more",
        "maxLength": f"must be {limit:,} characters or fewer" if isinstance(limit, int) else "",
        "minimum": f"must be {limit} or more",
        "maximum": f"must be {limit} or less",
        "minItems": f"needs {limit} or more choices",
        "maxItems": f"takes {limit} choices or fewer",
        "uniqueItems": "has a choice twice",
        "enum": "has an answer that is none of the choices",
        "format": _FORMAT_WORDS.get(str(limit), "is not in the form that is asked for"),
        "type": _TYPE_WORDS.get(str(limit), "has an answer of the wrong kind"),
    }
    return said.get(str(error.validator)) or f"is not accepted: {error.message[:100]}"


_FORMAT_WORDS = {
    "date": "must be a real date, like 27 March 2026",
    "date-time": "must be a real date and time, like 27 March 2026 at 14:30",
    "duration": "must be a length of time, like 2 days and 3 hours",
}
_TYPE_WORDS = {
    "boolean": "must be answered with yes or no",
    "integer": "must be a whole number, like 3",
    "number": "must be a number, like 3 or 3.5",
    "string": "must be a text",
    "array": "must be a list of choices",
}


def _matches(pattern: str, value: str) -> bool:
    try:
        return regex.search(pattern, value, timeout=_PATTERN_SECONDS) is not None
    except TimeoutError:
        return False


def _read(name: str, question: Mapping[str, Any], posted: Posted, now: datetime | None) -> tuple[Any, bool]:
    """Read one question's fields, and tell whether the answer counts as it stands.

    None where all are empty, ValueError with what is wrong where they make no sense.
    """
    kind = question.get("format")
    if kind in ("date", "date-time"):
        text = _field(posted, name)
        if not text:
            return (_posted_date if kind == "date" else _posted_moment)(name, posted), True
        value, plain = _typed(question, text, now)
        return value, plain or _field(posted, name + UNDERSTOOD) == value
    if kind == "duration":
        return _posted_duration(name, posted), True
    if question["type"] == "array":
        given = posted.get(name, [])
        return [item for item in ([given] if isinstance(given, str) else given) if item], True
    text = _field(posted, name)
    if not text:
        return None, True
    if question["type"] == "boolean":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text), True
    if question["type"] in ("integer", "number"):
        return _posted_number(text, question["type"]), True
    return text, True


def _typed(question: Mapping[str, Any], text: str, now: datetime | None) -> tuple[str | None, bool]:
    """Read a typed day or moment as JSON; the second tells whether the text said it in full itself."""
    if not text.strip():
        return None, True
    past = bool(question.get("x-past"))
    if question.get("format") == "date":
        day = read_day(text, now, past=past)
        return day.value.isoformat(), day.plain
    moment = read_moment(text, now, past=past)
    return moment.value.isoformat(), moment.plain


def _ahead(question: Mapping[str, Any], value: Any, now: datetime) -> bool:
    if question.get("format") == "date":
        return parse_date(value) > local(now).date()
    return question.get("format") == "date-time" and parse_moment(value) > now


def _field(posted: Posted, name: str) -> str:
    value = posted.get(name, "")
    text = value if isinstance(value, str) else next(iter(value), "")
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _posted_number(text: str, kind: str) -> int | float:
    plain = text.replace(",", "").replace(" ", "")
    if kind == "integer" and re.fullmatch(r"[+-]?\d{1,12}", plain):
        return int(plain)
    if kind == "number" and re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,9})?", plain):
        return float(plain)
    raise ValueError(_TYPE_WORDS[kind])


def _posted_day(name: str, posted: Posted) -> date | None:
    parts = [_field(posted, f"{name}-{part}") for part in ("day", "month", "year")]
    if not any(parts):
        return None
    missing = [word for word, part in zip(("a day", "a month", "a year"), parts, strict=True) if not part]
    if missing:
        raise ValueError(f"must include {' and '.join(missing)}")
    if not all(re.fullmatch(r"\d{1,4}", part) for part in parts) or len(parts[2]) != 4:
        raise ValueError(_FORMAT_WORDS["date"])
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        raise ValueError(_FORMAT_WORDS["date"]) from None


def _posted_date(name: str, posted: Posted) -> str | None:
    day = _posted_day(name, posted)
    return None if day is None else day.isoformat()


def _posted_moment(name: str, posted: Posted) -> str | None:
    day, text = _posted_day(name, posted), _field(posted, f"{name}-time")
    if day is None and not text:
        return None
    if day is None or not text:
        raise ValueError(f"must include {'a date' if day is None else 'a time'}")
    return at_local(day, *read_clock(text)).isoformat()


def _posted_duration(name: str, posted: Posted) -> str | None:
    days, hours = _field(posted, f"{name}-days"), _field(posted, f"{name}-hours")
    if not days and not hours:
        text = _field(posted, name)
        return duration_text(parse_duration(text)) if text else None
    if not all(re.fullmatch(r"\d{0,5}", part) for part in (days, hours)):
        raise ValueError(_FORMAT_WORDS["duration"])
    return duration_text(parse_duration(f"{int(days or 0)}d{int(hours or 0)}h"))
