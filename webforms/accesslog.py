"""The lines that the web server writes about each request, without the secret of a link for somebody outside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]


class AccessLog(Logger):  # type: ignore[misc]
    """gunicorn's log, in which the address of such a page stands without what opens it."""

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        for name in ("U", "r", "f"):
            atoms[name] = without_link(atoms.get(name))
        return atoms


def without_link(text: Any) -> Any:
    """Return an address, or a line of a request, without the secret in it."""
    if not isinstance(text, str):
        return text
    return re.sub(r"/outside/[^\s?#]*", "/outside/-", text)
