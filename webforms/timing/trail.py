"""The way on from pages whose address is known: by links, and by forms that begin something which is a page then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flask import Flask
from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from engine.services.quality.audits.sample import LARGEST
from webforms.timing.samples import is_page

LINKS = 2
"""How many of the links to pages of one kind are followed, where no sample makes an address."""
BEGINS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    # the form: the page that it leads to, and what has no default
    "tasklist.begin_sitting": ("tasklist.sitting", {}),
    "drafting.try_begin": ("drafting.try_it", {}),
    "quality.new_audit": ("quality.audit", {"title": "How long pages take", "number": str(LARGEST)}),
    "quality.new_point": ("quality.change_point", {"kind": "action", "text": "Look at what took long"}),
}
"""Forms that are sent where their page has nothing to show: nothing of a case, a child or a draft changes by them."""

Send = Callable[[str, Mapping[str, str]], TestResponse]


class Trail:
    """The pages that one person opens: those whose address is known, then those that only links and forms lead to."""

    def __init__(self, app: Flask, known: Iterable[tuple[str, str]], send: Send | None = None) -> None:
        self._app, self._adapter = app, app.url_map.bind("homeward.invalid")
        self._next = deque(known)
        self._linked: deque[tuple[str, str, bool]] = deque()
        self._seen = {path for _, path in self._next}
        self._opened: dict[str, int] = {}
        self._send = send
        self._shown: set[str] = set()
        self._begun: set[str] = set()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self._next or self._linked:
            if self._next:
                yield self._next.popleft()
                continue
            endpoint, path, in_any_case = self._linked.popleft()
            if in_any_case or self._opened.get(endpoint, 0) < LINKS:
                yield endpoint, path

    def reached(self, endpoint: str, answer: TestResponse) -> None:
        """Take note of a page that opened or led on and of its links, and begin what it offers to begin."""
        known = self._next and not answer.location
        self._opened[endpoint] = self._opened.get(endpoint, 0) + (LINKS if known else 1)
        self.led(answer.location, in_any_case=True)
        if not answer.location:
            self._shown.add(endpoint)
        if answer.mimetype != "text/html":
            return
        page: Any = html.fromstring(answer.data)
        for link in page.iter("a"):
            self.led(link.get("href"))
        if self._send is not None:
            for form in page.forms:
                self._begin(form.method, form.action or answer.request.path, dict(form.form_values()))

    def led(self, link: str | None, *, in_any_case: bool = False) -> None:
        """Take note of where a link or a redirection leads, if it leads to a page of ours."""
        path = (link or "").partition("#")[0]
        if path.startswith("/") and path not in self._seen:
            self._seen.add(path)
            if (leads := self._endpoint(path)) is not None:
                self._linked.append((leads, path, in_any_case))

    def _begin(self, method: str, action: str, fields: dict[str, str]) -> None:
        endpoint = self._endpoint(action, method) if method == "POST" else None
        if self._send is None or endpoint not in BEGINS.keys() - self._begun:
            return
        leads, more = BEGINS[endpoint]
        if leads not in self._shown:
            self._begun.add(endpoint)
            begun = self._send(action, {**fields, **more}).location
            self._seen.discard(begun or "")  # what stood there before had nothing to show
            self.led(begun, in_any_case=True)

    def _endpoint(self, path: str, method: str = "GET") -> str | None:
        try:
            rule, _ = self._adapter.match(path.partition("?")[0], method=method, return_rule=True)
        except HTTPException:
            return None
        return rule.endpoint if method != "GET" or is_page(self._app, rule) else None
