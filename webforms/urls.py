"""How ids of the vocabulary stand in addresses: kebab-case, `second_report` as "second-report"."""

from __future__ import annotations

import re

from werkzeug.routing import BaseConverter


class KebabConverter(BaseConverter):
    """A word of the vocabulary or the name of a council, process or form."""

    regex = r"[a-z0-9]+(?:-[a-z0-9]+)*"

    def to_python(self, value: str) -> str:
        return value.replace("-", "_")

    def to_url(self, value: str) -> str:
        return re.sub(r"[_.]", "-", value)
