"""Which page of a long list is asked for, and the addresses of the others."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request

MOST = 100_000
"""No list has more pages; a number beyond it is a slip or a probe."""


def page_number() -> int:
    """Return the page asked for in the address; anything that is no page is the first."""
    text = request.args.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return min(max(number, 1), MOST)


def here_on_page(number: int) -> str:
    """Return the address of another page of the list that is shown."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page" and value]
    return f"{request.path}?{urlencode([*kept, ('page', number)])}"
