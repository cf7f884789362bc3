"""What tests of the editors share: an owner with a draft, and the file as it stands in it."""

from __future__ import annotations

import re
from typing import Any

from lxml import html
from werkzeug.test import TestResponse

from engine.services.drafting import drafts
from tests.webforms.site import Site, Visitor


def begin(owner: Visitor, title: str = "A change") -> str:
    """Begin a draft; return its address."""
    answer = owner.post("/procedure/drafts/new", {"title": title})
    assert answer.status_code == 302
    return str(answer.location)


def content(site: Site, draft: str, path: str) -> bytes | None:
    """Return a file of a draft as it stands."""
    with site.session() as session:
        view = drafts.view(site.desk(session), int(draft.rsplit("/", 1)[1]))
        return view.files.get(path)


def opened(page: str) -> str:
    """Return the digest that a page carries."""
    found = re.search(r'name="opened" value="([^"]*)"', page)
    assert found, "the page edits nothing"
    return found.group(1)


def send(visitor: Visitor, address: str, page: str | None = None, **fields: Any) -> TestResponse:
    """Post to an address as the page there (or another) was opened just now."""
    shown = visitor.get(page or address)
    assert shown.status_code == 200, shown.text
    return visitor.post(address, {"opened": opened(shown.text), **fields}, page=page or address)


def as_it_came(page: str) -> dict[str, Any]:
    """Return what a browser would post of a page's form, pressing none of its buttons, with nothing changed."""
    form = next(one for one in html.fromstring(page).iter("form") if one.xpath(".//input[@name='opened']"))
    posted: dict[str, Any] = {}
    for control in form.iter("input", "textarea", "select"):
        name, kind = control.get("name"), control.get("type", control.tag)
        if not name or (kind in ("radio", "checkbox") and control.get("checked") is None):
            continue
        if kind == "select":
            value = (control.xpath(".//option[@selected]/@value") or control.xpath(".//option/@value"))[0]
        else:
            value = (
                control.get("value", "on" if kind == "checkbox" else "")
                if control.tag == "input"
                else control.text
            )
        posted.setdefault(name, []).append(str(value or "").removeprefix("\n"))
    return {name: values if len(values) > 1 else values[0] for name, values in posted.items()}


def text_of(page: str) -> str:
    """Return a page's text with its quotation marks as people see them and its spaces as one."""
    plain = re.sub(r"<[^>]+>", " ", page)
    for mark, sign in (("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        plain = plain.replace(mark, sign)
    return " ".join(plain.split())


def editor_content(visitor: Visitor, draft: int, path: str) -> str:
    """Return a file of a draft as an editor in the browser gets it."""
    answer = visitor.get(f"/procedure/drafts/{draft}/files/{path}").json
    assert answer is not None
    return str(answer["content"])


def editor_post(visitor: Visitor, path: str, body: object) -> TestResponse:
    """Post JSON as an editor does, with the token of a page in a header."""
    page = html.fromstring(visitor.get("/procedure/drafts").text)
    token = page.xpath("//input[@name='csrf_token']/@value")[0]
    return visitor.http.post(path, json=body, headers={"X-CSRFToken": token})
