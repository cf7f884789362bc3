"""People at browsers without scripts: they sign in, open tasks, fill whatever form they see, and send it.

They read only pages. What they send is written into the notebook first; where no answer comes, some send the same form
again, as browsers do, and others give up.
"""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests
from lxml import html

from engine.clock import local
from tests.prove.installation import PASSWORD, Installation, child_of
from tests.prove.notebook import DONE, DOUBTFUL, REFUSED, Notebook

Fields = list[tuple[str, str]]
Now = Callable[[], datetime]
EVENTS = ("returned", "returned", "returned", "whereabouts-known", "whereabouts-unknown", "second-report")
SECONDS = 20.0
"""How long a browser waits for an answer."""


class NoAnswer(Exception):
    """The server hung up, or never answered."""


@dataclass
class Person:
    """Somebody with a browser window."""

    name: str
    made: Installation
    notebook: Notebook
    chance: random.Random
    cases: dict[int, datetime] = field(default_factory=dict)
    """Cases that this person has come across, with the moment of the first time."""
    pages: int = 1
    statuses: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What a browser must never see."""

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.headers["Connection"] = "close"

    # --- a browser

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request; raise NoAnswer where nothing came back."""
        try:
            answer = self.http.request(
                method,
                f"http://127.0.0.1:{self.made.port}{path}",
                allow_redirects=False,
                timeout=SECONDS,
                **more,
            )
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            raise NoAnswer(str(error)) from error
        self.statuses.append(answer.status_code)
        if answer.status_code >= 500:
            self.faults.append(f"{method} {path}: {answer.status_code}")
        return answer

    def read(self, path: str) -> html.HtmlElement | None:
        """Return a page, signing in when asked to; None where there is none to be had."""
        for _ in range(3):
            answer = self.ask("GET", path)
            if answer.status_code == 200:
                return html.fromstring(answer.text)
            if answer.status_code in (301, 302, 303) and "/sign-in" in answer.headers["Location"]:
                self.sign_in()
                continue
            return None
        return None

    def sign_in(self) -> None:
        page = html.fromstring(self.ask("GET", "/sign-in").text)
        for one in page.iter("input"):
            if one.get("name") == "csrf_token":
                form = {"name": self.name, "password": PASSWORD, "csrf_token": one.get("value")}
                self.ask("POST", "/sign-in", data=form)
                return

    # --- sending what must not be lost

    def send(self, number: int, path: str, **body: Any) -> str:
        """Send a form that the notebook knows; return what was answered."""
        answer = DOUBTFUL
        for tried in range(self.chance.choice((1, 2, 4, 6))):
            self.notebook.try_again(number)
            try:
                status = self.ask("POST", path, **body).status_code
            except NoAnswer:
                time.sleep(self.chance.random())
                continue
            answer = DONE if status in (302, 303) else REFUSED if status < 500 else DOUBTFUL
            if answer == REFUSED and tried:
                answer = DOUBTFUL  # a try before, which nobody answered, may have been carried out
            break
        self.notebook.answered(number, answer)
        return answer

    # --- work

    def work_a_task(self) -> None:
        """Take a task off the list, fill its form and send it."""
        listed = self.read(f"/tasks?whose=team&page={self.chance.randint(1, self.pages)}")
        if listed is None:
            return
        numbers = [int(n) for link in listed.xpath("//a/@href") for n in re.findall(r"[?&]page=(\d+)", link)]
        self.pages = max(1, *numbers, 1)
        tasks = sorted(
            {int(n) for link in listed.xpath("//a/@href") for n in re.findall(r"^/tasks/(\d+)(?:\?|$)", link)}
        )
        if tasks:
            self.do_task(self.chance.choice(tasks))

    def do_task(self, task: int) -> None:
        page = self.read(f"/tasks/{task}")
        if page is None:
            return
        for link in page.xpath("//a/@href"):
            if case := re.fullmatch(r"/cases/(\d+)", link):
                self.cases.setdefault(int(case.group(1)), self.made.now())
        forms = page.xpath("//form[@method='post'][contains(@data-module, 'hw-draft')]")
        if not forms:
            return
        mark = str(uuid.uuid4())
        fields = filled(forms[0], mark, self.made.now(), self.chance)
        number = self.notebook.intend("task", mark, task=task, person=self.name)
        self.send(number, f"/tasks/{task}", data=fields)

    def record_something(self) -> None:
        """Record in a case that something happened."""
        if not self.cases:
            return
        case = self.chance.choice(sorted(self.cases))
        event = self.chance.choice(EVENTS)
        if event == "returned" and self.made.now() - self.cases[case] < timedelta(
            hours=self.chance.choice((2, 30, 80))
        ):
            return
        path = f"/cases/{case}/record/{event}"
        page = self.read(path)
        forms = (
            page.xpath("//form[@method='post'][contains(@data-module, 'hw-reveal')]")
            if page is not None
            else []
        )
        if not forms:
            return
        mark = str(uuid.uuid4())
        fields = filled(forms[0], mark, self.made.now(), self.chance)
        number = self.notebook.intend("event", mark, case=case, event=event, person=self.name)
        self.send(number, path, data=fields)

    def upload(self, name: str, text: str, rows: list[dict[str, str]]) -> None:
        """Upload a file of notifications, again and again until it is acknowledged: nobody leaves one behind."""
        number = self.notebook.intend("upload", name, rows=rows, person=self.name)
        answer = DOUBTFUL
        while answer != DONE:
            try:
                page = self.read("/reports/upload")
            except NoAnswer:
                page = None
            if page is None:
                time.sleep(0.5)
                continue
            inputs = page.xpath("//main//input[@type='hidden']")
            hidden = {str(one.get("name")): str(one.get("value")) for one in inputs}
            file = (name, text.encode(), "text/csv")
            answer = self.send(number, "/reports/upload", data=hidden, files={"file": file})


def filled(form: html.HtmlElement, mark: str, now: datetime, chance: random.Random) -> Fields:
    """Fill a form as it is shown: what is filled in is left, the rest is answered by what kind of field it is."""
    fields: Fields = []
    there = local(now)
    radios: dict[str, list[html.HtmlElement]] = {}
    for one in form.xpath(".//input"):
        name, kind, value = str(one.get("name")), one.get("type"), str(one.get("value") or "")
        if kind == "hidden":
            fields.append((name, value))
        elif kind == "radio":
            radios.setdefault(name, []).append(one)
        elif kind == "checkbox":
            if one.get("checked") is not None or chance.random() < 0.5:
                fields.append((name, value))
        else:
            fields.append((name, value or _typed(name, one, there, mark)))
    for name, choices in radios.items():
        kept = [one for one in choices if one.get("checked") is not None]
        chosen = kept[0] if kept and chance.random() < 0.8 else chance.choice(choices)
        fields.append((name, str(chosen.get("value"))))
    for area in form.xpath(".//textarea"):
        fields.append((str(area.get("name")), (area.text or "").strip() or f"Told to us, {mark}"))
    for select in form.xpath(".//select"):
        options = [str(o.get("value")) for o in select.xpath("./option") if o.get("value")]
        fields.append((str(select.get("name")), chance.choice(options) if options else ""))
    return fields


def _typed(name: str, field: html.HtmlElement, there: datetime, mark: str) -> str:
    part = name.rpartition("-")[2]
    dated = {
        "day": f"{there.day}",
        "month": f"{there.month}",
        "year": f"{there.year}",
        "time": f"{there:%H:%M}",
        "days": "1",
        "hours": "0",
    }
    if part in dated:
        return dated[part]
    return "2" if field.get("inputmode") == "numeric" else f"Told {mark}"


# --- files of notifications

COLUMNS = "kind,reference,surname,given_names,date_of_birth,police_id,category,placement,reported_at,returned_at".split(
    ","
)


def notifications(
    first: int, count: int, again: list[int], back: list[int], now: datetime
) -> list[dict[str, str]]:
    """Return the rows of a file: new children missing, some of those before reported again, some of them back."""
    rows = []
    kinds = [("missing", n) for n in range(first, first + count)]
    kinds += [("missing", n) for n in again] + [("found", n) for n in back]
    for place, (kind, number) in enumerate(kinds):
        moment = local(now - timedelta(minutes=20 + place)).isoformat(timespec="minutes")
        repeated = "" if number >= first else f"-{uuid.uuid4().hex[:6]}"
        rows.append(
            {
                **child_of(number),
                "kind": kind,
                "reference": f"N-{number:05d}{repeated}",
                "category": "missing" if kind == "missing" else "",
                "placement": ("home", "foster", "residential")[number % 3] if kind == "missing" else "",
                "reported_at": moment if kind == "missing" else "",
                "returned_at": moment if kind == "found" else "",
            }
        )
    return rows


def as_csv(rows: list[dict[str, str]]) -> str:
    """Return rows as the text of a CSV file."""
    return "\n".join([",".join(COLUMNS), *(",".join(row[name] for name in COLUMNS) for row in rows)]) + "\n"


def keep_working(person: Person, going_on: threading.Event, shares: Mapping[str, float]) -> None:
    """Work until told to stop: tasks, and in some shares records; a server that is away is waited for."""
    while going_on.is_set():
        try:
            if person.chance.random() < shares["event"]:
                person.record_something()
            else:
                person.work_a_task()
        except NoAnswer:
            time.sleep(0.3)
