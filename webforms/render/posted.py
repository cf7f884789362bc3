"""Answers in the shape of a post: what the fields of a form hold when it shows them.

The names of the parts are those that `engine.pack.forms.parse_answers` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.clock import local
from engine.pack.typedtimes import written
from engine.pack.values import parse_duration
from webforms.render.questions import kind_of


def as_posted(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Return answers (the JSON of a draft or of prefilled values) as a form would post them."""
    posted: dict[str, str | list[str]] = {}
    for name, rule in schema["properties"].items():
        value = answers.get(name)
        if value is None:
            continue
        kind = kind_of(rule)
        if kind == "date-time":
            there = local(datetime.fromisoformat(str(value)))
            posted[name] = written(there.replace(second=0, microsecond=0))
        elif kind == "date":
            posted[name] = written(date.fromisoformat(str(value)))
        elif kind == "duration":
            hours = int(parse_duration(value).total_seconds() // 3600)
            posted |= {f"{name}-days": str(hours // 24 or ""), f"{name}-hours": str(hours % 24 or "")}
        elif isinstance(value, list):
            posted[name] = [_text(item) for item in value]
        else:
            posted[name] = _text(value)
    return posted


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
