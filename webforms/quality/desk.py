"""What the pages of quality assurance share: who may open them, and which version of the procedure they show.

The version in force is shown unless the address names another; every link on a page then keeps to that one.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast

from flask import Blueprint, g, request, url_for
from flask.sansio.blueprints import BlueprintSetupState

from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Form
from engine.services.quality.verifications import Version, version
from webforms import db
from webforms.access import PROCESS_OWNER, QUALITY_ASSURANCE, holding

blueprint = Blueprint("quality", __name__, url_prefix="/quality")
reads = holding(QUALITY_ASSURANCE, PROCESS_OWNER)
assures = holding(QUALITY_ASSURANCE)
YEAR = timedelta(days=365)


def shown_version() -> Version:
    """Return the version that the address names by the beginning of its hash, that in force where it names none."""
    if "quality_version" not in g:
        g.quality_version = version(db.desk(), request.args.get("version") or None)
    return cast(Version, g.quality_version)


def address(endpoint: str, **values: Any) -> str:
    """Return the address of a page of quality assurance about the version that is shown."""
    shown = g.get("quality_version")
    if shown is not None and not shown.in_force and "version" not in values:
        values["version"] = shown.pack.hash[:12]
    return url_for(f"quality.{endpoint}", **values)


@blueprint.record_once
def _give_templates(state: BlueprintSetupState) -> None:
    """Let templates and their macros call `address` as quality_url."""
    state.app.jinja_env.globals["quality_url"] = address


def period() -> tuple[datetime, datetime, str]:
    """Return the period of the address (days, the last included), the last twelve months where it names none.

    The third is what is wrong with it, in words; then the last twelve months are given.
    """
    today = local(db.now()).date()
    usual = (_midnight(today - YEAR), _midnight(today + timedelta(days=1)))
    texts = [request.args.get(name, "").strip() for name in ("from", "to")]
    if not any(texts):
        return (*usual, "")
    try:
        first, last = (date.fromisoformat(text) for text in texts)
        if last < first:
            return (*usual, "The last day must not be before the first")
        return _midnight(first), _midnight(last + timedelta(days=1)), ""
    except (ValueError, OverflowError):
        return (*usual, "Enter each day as a date, such as 2026-05-31")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL_ZONE)


def last_day(until: datetime) -> date:
    """Return the last day of a period that ends at `until`."""
    return (local(until) - timedelta(microseconds=1)).date()


def asked(title: str, properties: dict[str, Any], required: list[str]) -> Form:
    """Return a form of this desk, to be shown and read like those of tasks."""
    schema = {"title": title, "type": "object", "properties": properties, "required": required}
    return Form("quality", title, schema, (), ())
