"""The files of a council's demonstration, and the moments in them.

They lie beside the council's pack and come in by the doors of real records. Moments are written relative to the day on
which the demonstration is set up (`{-3d 18:40}`, `{-26h}`, `{-14y-20d}`), so that a demonstration is never old.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from engine.clock import local
from engine.errors import HomewardError
from engine.services.desk import Desk

FOLDER = "demonstration"
_MOMENT = re.compile(r"\{((?:-\d+[ydhm])+)(?: (\d{2}:\d{2}))?\}")
_PART = re.compile(r"-(\d+)([ydhm])")


class BrokenDemonstration(HomewardError):
    """A file of a demonstration cannot be used; the message names it."""


def folder_of(desk: Desk) -> Path:
    """Return the folder of the council's demonstration; it need not be there."""
    return desk.packs.root / desk.caller.council / FOLDER


def has(desk: Desk, name: str) -> bool:
    """Say whether the demonstration has a file."""
    return (folder_of(desk) / name).is_file()


def dated(desk: Desk, name: str, sign_in_names: Mapping[str, str] | None = None) -> bytes:
    """Return a file with its relative moments worked out from now.

    A role in brackets (`{social_worker}`) stands for the name that its account signs in with.
    """
    text = (folder_of(desk) / name).read_text(encoding="utf-8")
    now = desk.now()
    for role, sign_in in (sign_in_names or {}).items():
        text = text.replace(f"{{{role}}}", sign_in)
    return _MOMENT.sub(lambda found: _worked_out(found[1], found[2], now), text).encode()


def dated_yaml(desk: Desk, name: str, shape: type) -> Any:
    """Return what a YAML file holds, its moments worked out; empty where there is none."""
    if not has(desk, name):
        return shape()
    path = folder_of(desk) / name
    try:
        found = yaml.safe_load(dated(desk, name))
    except yaml.YAMLError as error:
        raise BrokenDemonstration(f"{path} is no YAML: {error}") from error
    if not isinstance(found, shape):
        raise BrokenDemonstration(f"{path} must hold a {shape.__name__}")
    return found


def _worked_out(offset: str, clock: str | None, now: datetime) -> str:
    here = local(now)
    day: date | None = None
    moment = now
    for amount, unit in _PART.findall(offset):
        number = int(amount)
        if unit == "y":
            day = _years_before(day or here.date(), number)
        elif unit == "d":
            day = (day or here.date()) - timedelta(days=number)
        else:
            moment -= timedelta(**{{"h": "hours", "m": "minutes"}[unit]: number})
    if day is not None:
        return f"{day.isoformat()} {clock}" if clock else day.isoformat()
    return local(moment).isoformat(timespec="minutes")


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
