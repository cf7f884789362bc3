"""The pages of a child's record and of what was done about a case: what they show, take and refuse."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from lxml import html

from engine.services import cases, child_entries, children, tasks
from engine.services.child_entries import Given
from engine.services.demo import story
from engine.services.demo.files import dated_yaml
from engine.store.tables import CaseRecord, Child, ChildEntry, ChildLink, ContactAttempt, Task
from tests.webforms.site import NOW, Site, Visitor, key_of, token_of
from tests.webforms.test_pages import MOST_STATEMENTS, statements


def text_of(page: str) -> str:
    root = html.fromstring(page)
    return re.sub(r"\s+", " ", " ".join(str(text) for text in root.xpath("//main//text()")))


def child_with_warning(site: Site) -> int:
    with site.session() as session:
        found = session.scalar(
            sa.select(ChildEntry.child_id).where(ChildEntry.kind == "visit_warning").order_by(ChildEntry.id)
        )
        assert found is not None
        return found


def case_of(site: Site, child: int) -> int:
    with site.session() as session:
        found = session.scalar(sa.select(sa.func.max(CaseRecord.id)).where(CaseRecord.child_id == child))
        assert found is not None
        return found


def coordinator(site: Site) -> Visitor:
    return site.client("missing-coordinator")


def test_a_childs_record_says_what_must_be_known_before_the_door_opens(site: Site) -> None:
    child = child_with_warning(site)
    page = text_of(coordinator(site).get(f"/children/{child}").text)
    for said in (
        "Warning for visits",
        "Do not visit alone",
        "Hearing loss on the left",
        "Must not be told",
        "Interim care order",
        "Expires in 16 days",
    ):
        assert said in page
    assert page.index("Warning for visits") < page.index("Before the door opens") < page.index("Legal status")


def test_a_warning_stands_at_the_head_of_every_page_of_the_case_and_of_its_tasks(site: Site) -> None:
    child = child_with_warning(site)
    case = case_of(site, child)
    with site.session() as session:
        task = session.scalar(sa.select(sa.func.min(Task.id)).where(Task.case_id == case))
    visitor = coordinator(site)
    for path in ("", "/duties", "/facts", "/history", "/notes", "/contact-attempts"):
        page = visitor.get(f"/cases/{case}{path}").text
        assert "hw-warned" in page and "Do not visit alone" in page, path
    page = visitor.get(f"/tasks/{task}").text
    assert "Do not visit alone" in page
    with site.session() as session:
        desk = site.desk(session)
        (warning,) = child_entries.warnings_of(desk, child)
        child_entries.end(desk, child, warning.id, "The dog is gone")
        session.commit()
    assert "Do not visit alone" not in visitor.get(f"/cases/{case}").text
    assert "Do not visit alone" not in visitor.get(f"/tasks/{task}").text


def test_an_order_is_pointed_out_on_the_case_when_it_has_expired(site: Site) -> None:
    child = child_with_warning(site)
    case, visitor = case_of(site, child), coordinator(site)
    assert "Interim care order: expires in 16 days" in visitor.get(f"/cases/{case}").text
    site.clock.advance(timedelta(days=20))
    visitor.sign_in("missing-coordinator")
    assert "Interim care order: expired" in visitor.get(f"/cases/{case}").text


def test_what_is_changed_stays_to_be_read_with_who_changed_it(site: Site) -> None:
    child = child_with_warning(site)
    visitor = coordinator(site)
    path = f"/children/{child}/know/first-language"
    assert "English" in visitor.get(path).text
    assert visitor.post(path, {"says": "Polish"}).status_code == 302
    assert "Polish" in text_of(visitor.get(f"/children/{child}").text)
    former = text_of(visitor.get(f"/children/{child}/former").text)
    assert "First language English" in former and "Priya Castlemaine" in former


@pytest.mark.parametrize(
    ("kind", "answers", "said"),
    [
        ("visit-warning", {"says": "A dog"}, "looked at again"),
        ("court-order", {"says": "Says"}, "Kind of order"),
        ("person", {"says": "Joan"}, "May this person be told"),
        ("school", {"says": ""}, "School or college"),
    ],
)
def test_a_form_that_lacks_something_is_shown_again_with_what_was_typed(
    site: Site, kind: str, answers: dict[str, str], said: str
) -> None:
    visitor = coordinator(site)
    answer = visitor.post(f"/children/1/know/{kind}", answers)
    assert answer.status_code == 422
    summary = html.fromstring(answer.text).xpath("//*[contains(@class, 'govuk-error-summary')]")
    assert summary and said in summary[0].text_content()
    assert answers["says"] in answer.text


def test_an_entry_is_ended_with_a_reason_and_one_of_another_child_is_not_there(site: Site) -> None:
    child = child_with_warning(site)
    with site.session() as session:
        entry = session.scalar(
            sa.select(ChildEntry.id).where(
                ChildEntry.child_id == child, ChildEntry.kind == "disability", ChildEntry.ended_at.is_(None)
            )
        )
    visitor = coordinator(site)
    path = f"/children/{child}/entries/{entry}/end"
    assert visitor.post(path, {"reason": ""}).status_code == 422
    assert visitor.post(path, {"reason": "Told to us in error"}).status_code == 302
    assert "Hearing loss" not in visitor.get(f"/children/{child}").text
    assert "Told to us in error" in visitor.get(f"/children/{child}/former").text
    other = child + 1
    for path in (f"/children/{other}/entries/{entry}", f"/children/{other}/entries/{entry}/end"):
        assert visitor.get(path).status_code == 404


def test_two_children_are_linked_by_finding_the_other_one_first(site: Site) -> None:
    visitor = coordinator(site)
    path = "/children/1/links/new"
    nobody = visitor.post(path, {"find": "yes", "text": "Nobodysname"})
    assert nobody.status_code == 422 and "No other child on record fits" in nobody.text
    found = visitor.post(path, {"find": "yes", "text": "Vasquez"})
    assert found.status_code == 200 and "Marisol Vasquez" in found.text
    root = html.fromstring(found.text)
    (other,) = root.xpath("//input[@name='other']/@value")
    hidden = {"csrf_token": token_of(found.text), "key": key_of(found.text)}
    half = visitor.http.post(path, data={**hidden, "other": other, "kind": "friend", "reason": ""})
    assert half.status_code == 422 and "Marisol Vasquez" in half.text
    told = {"other": other, "kind": "friend", "reason": "Seen together"}
    done = visitor.http.post(path, data={**hidden, **told})
    assert done.status_code == 302
    assert "Marisol Vasquez" in visitor.get("/children/1").text
    there = visitor.get(f"/children/{other}")
    assert "Ellie Harrowgate" in there.text and "Seen together" in there.text
    with site.session() as session:
        link = session.scalar(sa.select(sa.func.max(ChildLink.id)))
    end = f"/children/1/links/{link}/end"
    assert visitor.post(end, {"reason": "Another Ellie"}).status_code == 302
    assert "Marisol Vasquez" not in visitor.get("/children/1").text


def test_a_linked_child_whose_record_is_restricted_is_not_named(site: Site) -> None:
    with site.session() as session:
        hidden = session.scalars(sa.select(Child).where(Child.restricted)).one()
        first, second = sorted((1, hidden.id))
        told = {"kind": "sibling", "reason": "Same mother", "recorded_at": NOW}
        session.add(ChildLink(child_id=first, other_id=second, **told))
        session.commit()
        name = hidden.surname
    visitor = coordinator(site)
    page = visitor.get("/children/1").text
    assert "restricted record" in page and name not in page and "Same mother" not in page
    found = visitor.post("/children/1/links/new", {"find": "yes", "text": name})
    assert found.status_code == 422
    guessed = visitor.post(
        "/children/1/links/new", {"other": str(hidden.id), "kind": "friend", "reason": "Guess"}
    )
    assert guessed.status_code == 200 and name not in guessed.text


def test_an_attempt_is_logged_in_one_short_form_and_seen_wherever_it_matters(site: Site) -> None:
    child = child_with_warning(site)
    case, visitor = case_of(site, child), coordinator(site)
    path = f"/cases/{case}/contact-attempts/new?about=finding"
    page = html.fromstring(visitor.get(path).text)
    assert page.xpath("//input[@name='about'][@checked]/@value") == ["finding"]
    given = {"tried": "relative_or_friend", "how": "call", "outcome": "message_left", "about": "finding"}
    at = html.fromstring(visitor.get(path).text).xpath("//input[starts-with(@name, 'at')]")
    when = {field.get("name"): field.get("value") for field in at if field.get("type") != "hidden"}
    wrong = visitor.post(path, {**given, **when, "outcome": ""})
    assert wrong.status_code == 422 and "What came of it?" in wrong.text
    done = visitor.post(path, {**given, **when, "note": "Rang the aunt twice"})
    assert done.status_code == 302, text_of(done.text)
    for where in (
        f"/cases/{case}/contact-attempts",
        f"/children/{child}/contact-attempts",
        f"/cases/{case}/history?kind=contacts",
        f"/children/{child}/timeline?kind=contacts",
    ):
        assert "Rang the aunt twice" in visitor.get(where).text, where
    with site.session() as session:
        attempt = session.scalar(sa.select(sa.func.max(ContactAttempt.id)))
        count = session.scalar(
            sa.select(sa.func.count()).where(
                ContactAttempt.case_id == case, ContactAttempt.withdrawn_at.is_(None)
            )
        )
        task = session.scalar(sa.select(sa.func.min(Task.id)).where(Task.case_id == case))
    assert f"({count} so far" in text_of(visitor.get(f"/cases/{case}").text)
    assert f"{count} so far" in text_of(visitor.get(f"/tasks/{task}").text)
    back = visitor.post(f"/contact-attempts/{attempt}/withdraw", {"reason": "Another case"})
    assert back.status_code == 302
    assert f"({count - 1} so far" in text_of(visitor.get(f"/cases/{case}").text)
    assert "Logged in error" in visitor.get(f"/cases/{case}/contact-attempts").text


def test_a_note_is_kept_and_corrected_by_a_further_one(site: Site) -> None:
    visitor = coordinator(site)
    note = {"text": "The bus driver <b>saw</b> him", "kind": "management"}
    assert visitor.post("/cases/1/notes/new", note).status_code == 302
    page = visitor.get("/cases/1/notes")
    assert "&lt;b&gt;saw" in page.text and "Management note" in page.text
    number = html.fromstring(page.text).xpath("//article/@id")[0].removeprefix("note-")
    fixed = {"text": "It was the train", "kind": "note"}
    assert visitor.post(f"/cases/1/notes/{number}/correct", fixed).status_code == 302
    assert "A later note corrects this one" in visitor.get("/cases/1/notes").text
    assert "It was the train" in visitor.get("/cases/1/history?kind=notes").text
    worker = site.client("social-worker")
    assert 'value="management"' not in worker.get("/cases/1/notes/new").text


def test_a_timeline_shows_only_what_was_chosen_by_day_newest_first(site: Site) -> None:
    child = child_with_warning(site)
    case, visitor = case_of(site, child), coordinator(site)
    page = html.fromstring(visitor.get(f"/cases/{case}/history?kind=duties&kind=notes").text)
    chosen = page.xpath("//input[@name='kind'][@checked]/@value")
    assert sorted(chosen) == ["duties", "notes"]
    titles = [title.text_content().strip() for title in page.xpath("//*[@class='moj-timeline__title']")]
    assert titles and all(re.search("dut(y|ies)|note", title, re.IGNORECASE) for title in titles)
    days = page.xpath("//h3[contains(@class, 'hw-day')]/@id")
    assert days == sorted(days, reverse=True)
    assert visitor.get(f"/cases/{case}/history?kind=nonsense").status_code == 200


def test_the_picture_says_in_words_what_it_shows_and_its_table_counts_the_same(site: Site) -> None:
    with site.session() as session:
        child = child_with_warning(site)
        known = len(children.view(site.desk(session), child).episodes)
    root = html.fromstring(coordinator(site).get(f"/children/{child}/absences").text)
    pictures = root.xpath("//*[local-name()='svg'][@role='img']")
    assert len(pictures) == 2
    for picture in pictures:
        title, said = picture.get("aria-labelledby").split()
        assert root.get_element_by_id(title).text and root.get_element_by_id(said).text
        assert picture.xpath(".//*[local-name()='pattern']")
    drawn = [int(n) for n in pictures[0].xpath(".//*[local-name()='text'][@font-weight]/text()")]
    rows = root.xpath("//table[.//caption[contains(., 'weekday and hour')]]//tbody/tr")
    table = [int(row.xpath("./td[last()]")[0].text_content()) for row in rows]
    assert sum(drawn) == sum(table) == known


def test_the_places_of_an_absence_are_recorded_and_counted(site: Site) -> None:
    visitor = coordinator(site)
    with site.session() as session:
        own = children.view(site.desk(session), 1).episodes
    assert own
    link = html.fromstring(visitor.get("/children/1/absences").text).xpath(
        "//a[contains(@href, '/places')]/@href"
    )[0]
    assert visitor.post(link, {"left_from": "Grandmother’s", "found_at": "Skate park"}).status_code == 302
    page = text_of(visitor.get("/children/1/absences").text)
    assert "Grandmother’s 1" in page and "Skate park 1" in page
    assert visitor.get(link.replace("/children/1/", "/children/3/")).status_code == 404


def test_who_may_only_read_is_offered_nothing_to_change(site: Site) -> None:
    child = child_with_warning(site)
    case, reader = case_of(site, child), site.client("quality-assurance")
    for path in (
        f"/children/{child}",
        f"/children/{child}/absences",
        f"/children/{child}/contact-attempts",
        f"/cases/{case}/notes",
        f"/cases/{case}/contact-attempts",
    ):
        answer = reader.get(path)
        assert answer.status_code == 200
        offered = html.fromstring(answer.text).xpath("//main//a/@href")
        assert not [a for a in offered if re.search(r"/(new|end|withdraw|correct|places|know/)", a)], path
    for path in (
        f"/children/{child}/know/school",
        f"/children/{child}/links/new",
        f"/cases/{case}/notes/new",
        f"/cases/{case}/contact-attempts/new",
    ):
        assert reader.get(path).status_code == 403, path


def test_the_pages_ask_as_little_for_a_long_record_as_for_a_short_one(site: Site) -> None:
    child = child_with_warning(site)
    case, visitor = case_of(site, child), coordinator(site)
    paths = [
        f"/children/{child}{part}" for part in ("", "/absences", "/timeline", "/contact-attempts", "/former")
    ]
    paths += [f"/cases/{case}{part}" for part in ("", "/history", "/notes", "/contact-attempts")]

    def asked() -> dict[str, int]:
        found = {}
        for path in paths:
            visitor.get(path)
            with statements(site) as sent:
                assert visitor.get(path).status_code == 200
            found[path] = len(sent)
        return found

    before = asked()
    with site.session() as session:
        desk = site.desk(session)
        for number in range(30):
            child_entries.put(desk, child, "school", Given(f"School {number}"))
            cases.change_facts(desk, case, {"risk.level": ("high", "low")[number % 2]}, reason="Day")
        session.commit()
    after = asked()
    assert all(after[path] <= before[path] for path in paths), (before, after)
    assert max(before.values()) <= MOST_STATEMENTS


# --- another absence before the interview, and one interview for both


def owing_interview(site: Site, child: int) -> int:
    """Let the child go missing and come back, its return interview still owed; return the case."""
    with site.session() as session:
        desk = site.desk(session)
        record = session.get_one(Child, child)
        facts = children.facts_of(desk, record, desk.now())
        reported = desk.now() - timedelta(hours=5)
        facts |= {"episode.reported_at": reported, "episode.missing_from": reported}
        facts |= {"notification.received_at": reported}
        case = cases.start(desk, child, facts={**facts, "episode.category": "missing"})
        cases.record_event(desk, case, "returned", actual=desk.now() - timedelta(hours=1))
        session.commit()
        told = dict(dated_yaml(desk, story.FILE, dict).get("answers", {}))
        story._work(story.Story(desk, site.clock, told), case, {"leave": ["hold-return-interview"]})
        session.commit()
        return case


def interviews(site: Site, *wanted: int) -> list[int]:
    with site.session() as session:
        return list(
            session.scalars(
                sa.select(Task.id)
                .where(Task.case_id.in_(wanted), Task.obligations.overlap(["hold_return_interview"]))
                .order_by(Task.case_id)
            )
        )


def test_an_absence_before_the_interview_of_another_shows_both_clocks_and_one_talk_may_serve_both(
    site: Site,
) -> None:
    child = 5
    first = owing_interview(site, child)
    site.clock.advance(timedelta(hours=8))
    second = owing_interview(site, child)
    visitor = coordinator(site)
    with site.session() as session:
        references = dict(
            session.execute(
                sa.select(CaseRecord.id, CaseRecord.reference).where(CaseRecord.id.in_((first, second)))
            ).all()
        )
    there = interviews(site, first, second)
    assert len(there) == 2
    page = text_of(visitor.get(f"/cases/{first}").text)
    assert "another absence before the return interview of this one" in page
    assert references[second] in page and page.count("return interview: due in") == 2
    with site.session() as session:
        desk = site.desk(session)
        tasks.submit(
            desk,
            there[1],
            {"interview.accepted": True, "interview.engaged": True, "interview.intelligence": False},
        )
        session.commit()
    offered = visitor.get(f"/cases/{second}").text
    assert f"/cases/{second}/interview-covers" in offered
    worker = site.client("social-worker")
    path = f"/cases/{second}/interview-covers"
    shown = worker.get(path)
    assert references[first] in shown.text
    assert worker.post(path, {}).status_code == 422
    done = worker.post(path, {"tasks": str(there[0])})
    assert done.status_code == 302, text_of(done.text)
    assert interviews(site, first) == []
    assert "dealt with this absence too" in worker.get(f"/cases/{first}/notes").text
