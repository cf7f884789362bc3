"""How ids stand in addresses: kebab-case, `second_report` as "second-report", and the numbers of rows."""

from __future__ import annotations

import re

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
