"""The way back: the list, page and row from which somebody opened a task, carried along while they work on it.

The place travels as a sealed text, so that no address from outside can be made one; what it seals is an address of ours,
and no name stands in those.
"""

from __future__ import annotations

from flask import current_app, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup

from webforms.urls import local_path

FIELD = "back"
"""The name under which a place travels in addresses and forms."""


def seal(address: str) -> str:
    """Return the sealed text of one of our addresses, with its fragment."""
    return str(_serializer().dumps(address))


def opened(sealed: str | None) -> str | None:
    """Return the address that a sealed text holds; None where there is none, or it was tampered with."""
    try:
        address = _serializer().loads(sealed or "")
    except BadData:
        return None
    return local_path(address) if isinstance(address, str) else None


def present() -> str | None:
    """Return the place that came with this request, sealed as it is; None where none came, or none of ours."""
    sealed = request.values.get(FIELD)
    return sealed if opened(sealed) is not None else None


def back(default: str | None = None) -> str:
    """Return the address that this request came from: the place it carries, else `default`, else the task list."""
    return opened(request.values.get(FIELD)) or default or url_for("tasks.listing")


def field() -> Markup:
    """Return the hidden field that carries the place on in a form; empty where there is none."""
    sealed = present()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, sealed) if sealed else Markup()


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="homeward.place")
