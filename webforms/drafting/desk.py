"""What the pages of process owners share: who may open them, and which draft they show."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from engine.pack.model import Form
from engine.services.drafting.drafts import DraftView, view
from webforms import db
from webforms.access import PROCESS_OWNER, PUBLISHING_AUTHORITY, QUALITY_ASSURANCE, holding
from webforms.drafting.parts import Part
from webforms.render.environment import may_open

blueprint = Blueprint("drafting", __name__, url_prefix="/procedure/drafts")
owns = holding(PROCESS_OWNER)
reads = holding(PROCESS_OWNER, QUALITY_ASSURANCE, PUBLISHING_AUTHORITY)
publishes = holding(PROCESS_OWNER, PUBLISHING_AUTHORITY)
"""Who comes to a page of publishing: owners, and those who may override what is lacking."""

LARGEST = 3_000_000
"""Bytes that a post of a file of a pack may have, its frame included."""


def shown(draft: int) -> DraftView:
    """Return a draft as it stands, or as it stood after the revision that the address names."""
    asked = request.args.get("revision", "")
    return view(db.desk(), draft, int(asked) if asked.isdecimal() and len(asked) < 9 else None)


EDITORS: dict[str, str] = {}
"""By kind of part, the endpoint of its editor; each takes `draft` and `name`. Editors enter themselves."""
ACTIONS: list[tuple[str, str, bool]] = []
"""What can be done with a draft as a whole: the link's words, its endpoint, and whether it is for owners alone."""


def editor(draft: DraftView, part: Part) -> str | None:
    """Return the address of the editor of a part, None where it has none."""
    endpoint = EDITORS.get(part.kind)
    return url_for(endpoint, draft=draft.id, name=part.name) if endpoint else None


def actions(draft: DraftView) -> list[tuple[str, str]]:
    """Return what the person signed in can do with a draft as a whole: words and address."""
    owner = PROCESS_OWNER in db.desk().caller.roles
    return [
        (words, url_for(endpoint, draft=draft.id))
        for words, endpoint, only_owners in ACTIONS
        if (owner or not only_owners) and may_open(endpoint)
    ]


def sent() -> dict[str, Any]:
    """Return the JSON object that an editor posts, empty where it sent nothing that can be read.

    A post that is larger than any file of a pack is refused before it is read.
    """
    if (request.content_length or 0) > LARGEST:
        raise RequestEntityTooLarge
    told: Any = request.get_json(silent=True)
    return told if isinstance(told, dict) else {}


def asked(title: str, properties: dict[str, Any], required: list[str]) -> Form:
    """Return a form of these pages, to be shown and read like those of tasks."""
    schema = {"title": title, "type": "object", "properties": properties, "required": required}
    return Form("drafting", title, schema, (), ())
