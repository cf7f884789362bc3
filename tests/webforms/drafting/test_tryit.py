"""Trying a draft on its pages: an invented child, tasks with their forms, a clock that is moved, steps undone, kept."""

from __future__ import annotations

import re
from html import unescape

import sqlalchemy as sa
from lxml import html

from engine.services.desk import Caller, Desk
from engine.services.drafting import drafts, saving
from engine.store.tables import Account, CaseRecord, DraftTrial
from tests.webforms.site import Site, Visitor, filled, token_of

OWNER, REVIEWER, OFFICER = "process-owner", "quality-assurance", "missing-coordinator"
DIAGRAM = "while-missing.bpmn"
LIMIT = b"episode.reported_at + duration(&quot;PT24H&quot;)"


def desk(site: Site, session: object, name: str = OWNER) -> Desk:
    account = session.scalars(sa.select(Account).where(Account.name == name)).one()  # type: ignore[attr-defined]
    caller = Caller(account.id, account.display_name, site.council, frozenset({"process_owner"}))
    return Desk(session, site.clock, site.app.extensions["homeward"][1], caller, site.settings)  # type: ignore[arg-type]


def begun(site: Site) -> int:
    with site.session() as session:
        draft = drafts.create(desk(site, session), "To be tried")
        session.commit()
        return draft


def changed(site: Site, draft: int, old: bytes, new: bytes) -> None:
    with site.session() as session:
        at = desk(site, session)
        view = drafts.view(at, draft)
        content = view.files[DIAGRAM]
        assert old in content
        saving.save(at, draft, {DIAGRAM: content.replace(old, new)}, {DIAGRAM: view.digest(DIAGRAM)})
        session.commit()


def post(visitor: Visitor, path: str, **given: str) -> str:
    """Send a form that shows all its questions; return the page that follows."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    sent = visitor.http.post(path, data={**hidden, **filled(page.text, **given)})
    if "Check what was understood" in sent.text:
        sent = visitor.http.post(path, data={**hidden, **filled(sent.text, **given)})
    assert sent.status_code == 302, main(sent.text)
    return visitor.get(sent.headers["Location"]).text


def press(visitor: Visitor, page: str, words: str) -> str:
    """Press a button of a page; return the page that follows."""
    tree = html.fromstring(page)
    for form in tree.iter("form"):
        if any(words in (button.text_content() or "") for button in form.iter("button")):
            data = {one.get("name"): one.get("value") or "" for one in form.iter("input") if one.get("name")}
            sent = visitor.http.post(form.get("action"), data=data)
            assert sent.status_code == 302, main(sent.text)
            return visitor.get(sent.headers["Location"]).text
    raise AssertionError(f"no button {words}: {main(page)}")


def main(page: str) -> str:
    return " ".join(html.fromstring(page).get_element_by_id("main-content").text_content().split())


def started(visitor: Visitor, draft: int, **given: str) -> str:
    told = {"reported": "12 May 2026 at 9:00", "received": "", "child.legal_status": "looked_after"}
    return post(visitor, f"/procedure/drafts/{draft}/try/begin", **{**told, **given})


def task_of(page: str, name: str) -> str:
    found = re.search(rf'href="([^"]*/try/task[^"]*)">Do this<span[^>]*>: {re.escape(name)}', page)
    assert found, main(page)
    return unescape(found.group(1))


def test_a_story_is_begun_a_task_done_the_child_comes_back_and_it_is_kept(site: Site) -> None:
    draft = begun(site)
    visitor = site.client(OWNER)
    cases = sa.select(sa.func.count()).select_from(CaseRecord)
    with site.session() as session:
        before = session.scalar(cases)
    assert visitor.get(f"/procedure/drafts/{draft}/try").status_code == 302
    page = started(visitor, draft)
    assert "Tuesday 12 May 2026 at 9am" in main(page) and "Work through the notification" in main(page)
    assert "<svg" in page and "How this was worked out" in page
    ordinary = visitor.get(task_of(page, "Work through the notification")).text
    assert "hw-question" in ordinary and "Complete the task" in ordinary
    page = post(visitor, task_of(page, "Work through the notification"))
    assert "What the last step brought" in page and "Done: " in main(page)
    assert "Work through the notification" not in [h.text_content() for h in html.fromstring(page).iter("h3")]

    page = press(visitor, page, "To ")
    assert "The clock went on to" in main(page)
    page = post(visitor, f"/procedure/drafts/{draft}/try/time", hours="26", to="")
    assert "The clock went on to" in main(page)
    at = post(visitor, f"/procedure/drafts/{draft}/try/event/returned", **{"return.verified": "true"})
    assert "The child is back" in main(at)
    assert main(visitor.get(f"/procedure/drafts/{draft}/try").text) == main(at), "a reload loses nothing"

    kept = post(
        visitor, f"/procedure/drafts/{draft}/try/keep", title="Back after a day", name="back-after-a-day"
    )
    assert "The story is kept as scenarios/back-after-a-day.yaml" in main(kept)
    with site.session() as session:
        files = drafts.view(desk(site, session), draft).files
        assert b"back-after-a-day" in files["scenarios/back-after-a-day.yaml"]
        assert session.scalar(cases) == before, "no case was opened"


def test_steps_are_undone_and_a_second_window_does_not_mix_them(site: Site) -> None:
    draft = begun(site)
    visitor, other = site.client(OWNER), site.client(OWNER)
    page = started(visitor, draft)
    stale = other.get(f"/procedure/drafts/{draft}/try").text
    later = press(visitor, page, "To ")
    undone = press(visitor, later, "Undo the last step")
    assert main(undone) == main(page)
    later = press(visitor, undone, "To ")
    tree = html.fromstring(stale)
    form = next(form for form in tree.iter("form") if (form.get("action") or "").endswith("/try/time"))
    data = {one.get("name"): one.get("value") or "" for one in form.iter("input") if one.get("name")}
    refused = other.http.post(form.get("action"), data=data)
    assert refused.status_code == 409 and "another window" in refused.text
    back = visitor.http.post(f"/procedure/drafts/{draft}/try/forget", data={"csrf_token": token_of(later)})
    assert back.headers["Location"].endswith("/try/begin")


def test_a_story_says_where_it_goes_otherwise_once_the_draft_is_changed(site: Site) -> None:
    draft = begun(site)
    visitor = site.client(OWNER)
    started(visitor, draft)
    changed(site, draft, LIMIT, LIMIT.replace(b"24", b"36"))
    page = visitor.get(f"/procedure/drafts/{draft}/try").text
    assert "the story goes otherwise now" in page
    assert "by Wednesday 13 May 2026 at 9pm, before by Wednesday 13 May 2026 at 9am" in main(page)
    assert "the story goes otherwise now" not in press(visitor, page, "Go on from here")
    changed(site, draft, LIMIT.replace(b"24", b"36"), b"episode.reported_at + duration(")
    faulty = visitor.get(f"/procedure/drafts/{draft}/try").text
    assert "faults that keep it from running" in main(faulty)


def test_what_nobody_answered_is_told_in_words_and_never_as_a_trace(site: Site) -> None:
    draft = begun(site)
    reads = b"if risk.level = &quot;high&quot; then episode.reported_at else null"
    changed(site, draft, LIMIT, reads)
    visitor = site.client(OWNER)
    page = main(started(visitor, draft))
    assert "It cannot go on" in page and "Traceback" not in page and "risk.level" not in page
    assert "which nobody has answered yet" in page and "Tell the Service Director" in page


def test_mistakes_come_back_with_what_was_typed(site: Site) -> None:
    draft = begun(site)
    visitor = site.client(OWNER)
    page = visitor.get(f"/procedure/drafts/{draft}/try/begin").text
    sent = visitor.http.post(
        f"/procedure/drafts/{draft}/try/begin",
        data={"csrf_token": token_of(page), **filled(page, reported="whenever")},
    )
    assert sent.status_code == 422 and "whenever" in sent.text and "There is a problem" in sent.text
    started(visitor, draft)
    for path, given, words in (
        ("time", {"hours": "", "to": "11 May 2026 at 9:00"}, "only goes on"),
        ("time", {"hours": "", "to": ""}, "how many hours"),
        ("event/returned", {"actual": "20 May 2026 at 9:00"}, "future"),
        ("keep", {"title": "A story", "name": "../vocabulary"}, "small letters"),
    ):
        address = f"/procedure/drafts/{draft}/try/{path}"
        page = visitor.get(address).text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        sent = visitor.http.post(address, data={**hidden, **given})
        if "Check what was understood" in sent.text:
            sent = visitor.http.post(address, data={**hidden, **filled(sent.text), **given})
        assert sent.status_code == 422 and words in main(sent.text), (path, main(sent.text))


def test_each_person_has_a_story_of_their_own_and_practitioners_have_none(site: Site) -> None:
    draft = begun(site)
    owner, reviewer, officer = site.client(OWNER), site.client(REVIEWER), site.client(OFFICER)
    started(owner, draft)
    assert reviewer.get(f"/procedure/drafts/{draft}/try").status_code == 302
    page = started(reviewer, draft, **{"child.legal_status": "none"})
    assert "Keep this story" not in page
    assert reviewer.get(f"/procedure/drafts/{draft}/try/keep").status_code == 403
    for path in ("try", "try/begin", "try/time", "try/event/returned", "try/fact?fact=child.age", "try/keep"):
        assert officer.get(f"/procedure/drafts/{draft}/{path}").status_code == 403, path
    with site.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(DraftTrial)) == 2


def test_a_fact_is_changed_and_what_the_procedure_does_not_know_is_not_found(site: Site) -> None:
    draft = begun(site)
    visitor = site.client(OWNER)
    started(visitor, draft)
    page = post(
        visitor,
        f"/procedure/drafts/{draft}/try/fact?fact=child.legal_status",
        **{"child.legal_status": "none"},
    )
    assert "Changed (Legal status" in main(page)
    for path in ("fact?fact=no.such", "event/no_such", "task?case=1&element=nothing", "task?case=x&element="):
        assert visitor.get(f"/procedure/drafts/{draft}/try/{path}").status_code == 404, path
