"""How ids and numbers stand in addresses (`second_report` as "second-report"), and which addresses are ours."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import url_for
from werkzeug.routing import BaseConverter, IntegerConverter, Map

LARGEST = 2**31 - 1


class KebabConverter(BaseConverter):
    """A word of the vocabulary or the name of a council, process or form."""

    regex = r"[a-z0-9]+(?:-[a-z0-9]+)*"

    def to_python(self, value: str) -> str:
        return value.replace("-", "_")

    def to_url(self, value: str) -> str:
        return re.sub(r"[_.]", "-", value)


class NumberConverter(IntegerConverter):
    """The number of a row: one that no column can hold is no page, instead of an error of the database."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST)


def local_path(path: str | None) -> str:
    """Return `path` if it is one of ours, else the task list: an address from outside is never followed."""
    path = path or ""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours and not parts.scheme and not parts.netloc else url_for("tasks.listing")
