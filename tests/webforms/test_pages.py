"""Every page that can be read: it shows, it changes nothing but the log of who read what, and it asks little."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from lxml import html

from engine.services import cases, housekeeping
from engine.store.tables import CaseRecord, Child, IntakeRow, Task, access_log
from tests.webforms.site import Site, Visitor, council_id
from webforms.access import ADMINISTRATOR, PROCESS_OWNER, QUALITY_ASSURANCE, Rule, rule_of
from webforms.db import database

SAMPLES = {
    "name": "missing-episode",
    "plan": "1",
    "draft": "1",
    "digest": "0000",
    "path": "procedure.yaml",
    "account": "1",
    "rota": "1",
    "attachment": "1",
    "attempt": "1",
    "entry": "1",
    "episode": "1",
    "kind": "visit-warning",
    "link": "1",
    "note": "1",
    "case": "1",
    "child": "1",
    "file": "1",
    "incident": "1",
    "notice": "1",
    "number": "1",
    "row": "1",
    "task": "1",
    "event": "returned",
    "process": "missing-episode",
    "clause": "3.4.a",
    "act": "release",
    "audit": "1",
    "check": "interview-limit",
    "point": "1",
    "sitting": "1",
    "action": "1",
    "invitee": "1",
    "item": "1",
    "meeting_kind": "strategy-meeting",
    "meeting": "1",
    "request_id": "1",
    "token": "a-link-that-nobody-made",
}
NOTHING_THERE = {
    "printed.act",
    "attachments.download",
    "attachments.picture",
    "attachments.remove",
    "admin.close_account",
    "admin.incident",
    "admin.settle",
    "directory.enter",
    "rotas.show",
    "rotas.settings",
    "rotas.add",
    "rotas.change",
    "admin.account_roles",
    "admin.account_password",
    "admin.account_email",
    "cases.complete_entry",
    "corrections.answers",
    "corrections.show",
    "corrections.take_back",
    "corrections.undo",
    "childrecord.change",
    "childrecord.end",
    "childrecord.unlink",
    "covering.choose",
    "figures.kept",
    "figures.download_kept",
    "managers.cases_behind",
    "quality.counterexample",
    "quality.finding_story",
    "quality.audit",
    "quality.audit_csv",
    "quality.audited_case",
    "quality.new_point",
    "quality.change_point",
    "quality.close_audit",
    "actions.at_meeting",
    "actions.put_off",
    "actions.show",
    "meetings.add_child",
    "meetings.add_item",
    "meetings.add_person",
    "meetings.calendar",
    "meetings.call_off",
    "meetings.change",
    "meetings.drop_item",
    "meetings.leave_out",
    "meetings.minutes",
    "meetings.person",
    "meetings.printed",
    "meetings.record",
    "meetings.send",
    "meetings.show",
    "meetings.task",
    "calendar_feed.show",
    "tasklist.change_filter",
    "tasklist.sitting",
    "outside.answer",
    "requests.show",
    "requests.accept",
    "requests.ask_again",
    "requests.take_back",
    "drafting.show",
    "drafting.compare_draft",
    "drafting.previews_of",
    "drafting.preview_ask",
    "drafting.preview_show",
    "drafting.preview_csv",
    "drafting.reviewing",
    "drafting.put_forward",
    "drafting.send_back",
    "drafting.publish",
    "drafting.version_page",
    "drafting.publish_again",
    "drafting.retire",
    "drafting.carry_over",
    "drafting.download",
    "drafting.download_file",
    "drafting.upload",
    "drafting.version_zip",
    "drafting.file",
    "drafting.table",
    "drafting.checks",
    "drafting.checks_json",
    "drafting.check_story",
    "drafting.diagram",
    "drafting.diagram_new",
    "drafting.remarks_on",
    "drafting.form",
    "drafting.form_preview",
    "drafting.question_remove",
    "drafting.form_words",
    "drafting.form_new",
    "drafting.form_remove",
    "drafting.question_choose",
    "drafting.question",
    "drafting.notice",
    "drafting.notice_edit",
    "drafting.notice_new",
    "drafting.notice_remove",
    "drafting.register",
    "drafting.clause",
    "drafting.clause_edit",
    "drafting.clause_new",
    "drafting.try_it",
    "drafting.try_begin",
    "drafting.try_task",
    "drafting.try_event",
    "drafting.try_fact",
    "drafting.try_time",
    "drafting.try_keep",
    "drafting.vocabulary",
    "migrations.show",
    "migrations.mapping",
    "migrations.reverse",
    "migrations.report_csv",
}
"""Pages about something that a fresh demonstration has none of, or that the query names: they say so."""
PEOPLE = ("missing-coordinator", "administrator", "quality-assurance", "process-owner")
SIGN_IN_RETURN = {"provider.back"}
MOST_STATEMENTS = 20
"""No page reads more than this, whatever it shows; it must not grow with what is on it."""


def readable(app: Flask) -> list[tuple[str, str]]:
    """Return endpoint and address of every page that a GET opens."""
    pages = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or "GET" not in (rule.methods or ()) or rule.endpoint in SIGN_IN_RETURN:
            continue
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: SAMPLES[found.group(1)], rule.rule)
        pages.append((rule.endpoint, path))
    return sorted(pages)


def who_may(rule: Rule | None) -> str:
    """Return the name of somebody whom a route admits: a practitioner where everybody is."""
    for role in (ADMINISTRATOR, QUALITY_ASSURANCE, PROCESS_OWNER):
        if rule is not None and rule.roles and rule.admits(frozenset({role})):
            return role.replace("_", "-")
    return "missing-coordinator"


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    """Collect what the application sends to the database."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *unused: object) -> None:
        sent.append(statement)

    with site.app.app_context():
        engine = database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


@contextmanager
def as_owner(site: Site) -> Iterator[sa.Connection]:
    """Give a connection of the database's owner, to break something on purpose."""
    engine = sa.create_engine(site.addresses.owner)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def writes(sent: list[str]) -> list[str]:
    """Return the statements that change something, the access log's rows aside."""
    return [
        statement
        for statement in sent
        if not re.match(r"\s*(SELECT|WITH|SHOW|SET|SAVEPOINT|RELEASE)", statement, re.IGNORECASE)
        and not re.match(r"\s*INSERT INTO access_log", statement, re.IGNORECASE)
    ]


def test_every_page_shows_and_changes_nothing_but_the_access_log(site: Site) -> None:
    people = {name: site.client(name) for name in PEOPLE}
    troubles = []
    for endpoint, path in readable(site.app):
        visitor = people[who_may(rule_of(site.app.view_functions[endpoint]))]
        visitor.get(path)  # the first reading may fill caches
        with statements(site) as sent:
            answer = visitor.get(path)
        expected = {404} if endpoint in NOTHING_THERE else {200, 302}
        if answer.status_code not in expected:
            troubles.append(f"{path} answers {answer.status_code}")
        if changed := writes(sent):
            troubles.append(f"{path} writes: {changed[0][:100]}")
        if len(sent) > MOST_STATEMENTS:
            troubles.append(f"{path} sends {len(sent)} statements")
    assert not troubles, "\n".join(troubles)


def test_reading_a_case_leaves_a_row_in_the_access_log(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    with site.session() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(access_log))
        visitor.get("/cases/1")
        visitor.get("/children/1")
        visitor.get("/tasks/1")
        session.rollback()
        rows = (
            session.execute(sa.select(access_log.c.what).offset(before).order_by(access_log.c.at))
            .scalars()
            .all()
        )
    assert {"case", "child", "task"} <= set(rows)


def test_a_page_that_could_not_be_logged_is_not_shown(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    with as_owner(site) as owner:
        owner.execute(
            sa.text("ALTER TABLE access_log ADD CONSTRAINT nothing_more CHECK (what = 'nothing') NOT VALID")
        )
    answer = visitor.get("/cases/1")
    assert answer.status_code == 500
    assert "Okonjo" not in answer.text


CASE_PAGES = ("", "/duties", "/facts", "/history", "/notes", "/contact-attempts", "/diagrams")


@pytest.mark.parametrize("path", [f"/cases/1{part}" for part in CASE_PAGES] + ["/children/1"])
def test_the_pages_of_a_case_and_of_a_child_ask_little(site: Site, path: str) -> None:
    visitor = site.client("missing-coordinator")
    visitor.get(path)
    with statements(site) as sent:
        assert visitor.get(path).status_code == 200
    assert len(sent) <= 15, "\n".join(sent)


def test_a_case_with_a_long_history_asks_and_shows_no_more(site: Site) -> None:
    visitor = site.client("missing-coordinator")

    def asked(path: str) -> tuple[int, int]:
        visitor.get(path)
        with statements(site) as sent:
            page = visitor.get(path).text
        return len(sent), page.count("moj-timeline__item")

    paths = [f"/cases/1{part}" for part in CASE_PAGES]
    with site.session() as session:
        desk = site.desk(session)
        for number in range(60):
            cases.change_facts(desk, 1, {"risk.level": ("high", "low")[number % 2]}, reason=f"Day {number}")
        session.commit()
    before = {path: asked(path) for path in paths}
    with site.session() as session:
        desk = site.desk(session)
        for number in range(60, 120):
            cases.change_facts(desk, 1, {"risk.level": ("high", "low")[number % 2]}, reason=f"Day {number}")
        session.commit()
    assert {path: asked(path) for path in paths} == before
    assert "Day 119" in visitor.get("/cases/1").text
    newest, oldest = visitor.get("/cases/1/history"), visitor.get("/cases/1/history?page=3")
    assert "Day 119" in newest.text and "Case opened" not in newest.text
    assert "Case opened" in oldest.text and "Day 119" not in oldest.text


def test_the_task_list_asks_the_same_however_long_it_is(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    visitor.get("/tasks?whose=all")
    with statements(site) as few:
        assert "hw-mark--late" in visitor.get("/tasks?whose=all&limit=overdue").text
    with statements(site) as many:
        assert "Take" in visitor.get("/tasks?whose=all").text
    assert len(many) == len(few) <= 10, few


@pytest.mark.parametrize(
    "path",
    [
        "/cases/99999",
        "/children/99999",
        "/tasks/99999",
        "/reports/99999",
        "/cases/1/record/nonsense",
        f"/cases/{2**31}",
        "/tasks/99999999999999999999",
    ],
)
def test_what_is_not_there_reads_like_what_may_not_be_seen(site: Site, path: str) -> None:
    answer = site.client("missing-coordinator").get(path)
    assert answer.status_code == 404
    assert "There is no such page, or it belongs to a record you may not see" in answer.text


def test_a_case_needs_somebody_who_works_with_cases(site: Site) -> None:
    assert site.client("administrator").get("/cases/1").status_code == 403
    assert site.client("missing-coordinator").get("/admin").status_code == 403
    assert site.client().get("/cases/1").status_code == 302


def restricted_case(site: Site) -> int:
    """Return the case of the child whose record is restricted."""
    with site.session() as session:
        found = session.scalars(
            sa.select(CaseRecord.id).join(Child, Child.id == CaseRecord.child_id).where(Child.restricted)
        ).first()
        assert found is not None
        return found


def test_a_restricted_record_stays_in_the_queue_without_its_name_and_opens_with_a_reason(site: Site) -> None:
    case = restricted_case(site)
    with site.session() as session:
        name = session.scalars(sa.select(Child.surname).where(Child.restricted)).first()
    visitor = site.client("missing-coordinator")
    listed = visitor.get("/tasks?whose=all").text
    assert "Restricted record" in listed and str(name) not in listed
    refused = visitor.get(f"/cases/{case}")
    assert refused.status_code == 403
    assert "This record is restricted" in refused.text and str(name) not in refused.text
    for part in ("duties", "facts", "history", "diagrams"):
        answer = visitor.get(f"/cases/{case}/{part}")
        assert answer.status_code == 403 and str(name) not in answer.text
    page = f"/cases/{case}"
    assert visitor.post(f"{page}/open", {"reason": " "}, page=page).status_code == 422
    assert visitor.post(f"{page}/open", {"reason": "On duty tonight"}, page=page).status_code == 302
    assert str(name) in visitor.get(f"/cases/{case}").text
    site.clock.advance(timedelta(hours=5))
    visitor.sign_in("missing-coordinator")
    assert visitor.get(page).status_code == 403


def found_in_addresses(visitor: Visitor, names: set[str], paths: list[str]) -> set[str]:
    """Return which of the names stand in an address that the pages link to."""
    linked = {
        href for path in paths for href in re.findall(r'(?:href|action)="([^"]*)"', visitor.get(path).text)
    }
    return {name for name in names if any(name.lower() in href.lower() for href in linked)}


def test_no_address_names_a_child(site: Site) -> None:
    with site.session() as session:
        names = set(session.scalars(sa.select(Child.surname)).all())
        assert session.scalar(sa.select(sa.func.count()).select_from(Task))
        assert session.scalar(sa.select(sa.func.count()).select_from(IntakeRow))
    visitor = site.client("missing-coordinator")
    paths = ["/tasks?whose=all", "/cases", "/cases/1", "/children/1", "/reports/waiting", "/reports"]
    assert found_in_addresses(visitor, names, paths) == set()


def test_what_went_wrong_is_said_without_what_was_asked_for(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    visitor = site.client("missing-coordinator")
    with as_owner(site) as owner:
        owner.execute(sa.text("ALTER TABLE legal_status RENAME TO elsewhere"))
    answer = visitor.get("/children/1")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "Harrowgate" not in answer.text + caplog.text


def test_who_may_only_read_is_offered_nothing_to_record(site: Site) -> None:
    practitioner, reader = site.client("missing-coordinator"), site.client("quality-assurance")
    for path, heading in (("/cases/1", "Record something"), ("/children/1", "Change the record")):
        assert heading in practitioner.get(path).text
        answer = reader.get(path)
        assert answer.status_code == 200
        assert heading not in answer.text


def test_a_number_that_no_row_can_have_leads_nowhere(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    assert visitor.get("/tasks/99999999999999999999").status_code == 404
    assert visitor.get("/reports/new?child=99999999999999999999").status_code in {200, 404}


COLUMNS_NAMED = {"intake.load_records", "intake.upload", "intake.correct", "directory.bring_in"}
"""Pages about files, which name a file's columns as they have to stand in it."""


def words_on(page: str) -> str:
    """Return what a person reads on a page: no addresses, no code, no drawing."""
    root = html.fromstring(page)
    for part in root.xpath("//script | //style | //code | //*[local-name()='svg']"):
        part.drop_tree()
    return " ".join(str(text) for text in root.xpath("//body//text()"))


def ids_on(page: str) -> list[str]:
    """Return the ids among the words of a page."""
    return sorted(set(re.findall(r"\b[a-z]+(?:[._][a-z0-9]+)*_[a-z0-9_]+\b", words_on(page))))


def test_no_page_speaks_in_ids(site: Site) -> None:
    people = {name: site.client(name) for name in PEOPLE}
    with site.session() as session:
        facts = list(site.desk(session).packs.get(council_id()).vocabulary.facts)
        tasks = session.scalars(sa.select(sa.func.min(Task.id)).group_by(Task.form)).all()
    more = [f"/tasks/{task}" for task in tasks]
    more += [f"/cases/1/override?fact={fact}" for fact in facts]
    more += ["/cases/1/facts/change", "/tasks?whose=all"]
    found = {}
    for endpoint, path in [*readable(site.app), *(("", path) for path in more)]:
        rule = rule_of(site.app.view_functions[endpoint]) if endpoint else None
        answer = people[who_may(rule)].get(path)
        if answer.mimetype == "text/html" and endpoint not in COLUMNS_NAMED:
            if ids := ids_on(answer.text):
                found[path] = ids
    assert not found


def test_an_administrator_is_told_when_nothing_watches_time_limits(site: Site) -> None:
    visitor = site.client("administrator")
    assert "Nothing is watching time limits" in visitor.get("/admin").text
    with site.session() as session:
        housekeeping.beat(session, "worker", site.clock.now(), {})
        session.commit()
    assert (
        "Time limits and notices are being watched: last looked today at 10:40am"
        in visitor.get("/admin").text
    )
    site.clock.advance(timedelta(minutes=3))
    assert "The worker last looked today at 10:40am" in visitor.get("/admin").text


def test_who_may_only_read_a_childs_record_reads_all_of_it(site: Site) -> None:
    page = site.client("quality-assurance").get("/children/1").text
    assert "On record" in page and "Home address" in page
