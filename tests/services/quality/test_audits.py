"""Audits of case files: a sample that anybody can draw again, grades beside the ledger, and an end with owners."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.quality import audits, verifications
from engine.services.quality.audits import ACTION, TRAINING, Answer, Rule
from engine.services.quality.audits.sample import drawn
from engine.store.tables import AuditedCase, CaseRecord, Child, LedgerEntry, access_log
from tests.services.quality.conftest import DeskOf
from tests.webforms.site import NOW, Site

QA = "quality-assurance"


def create(
    desk: object, *, seed: int = 7, number: int = 3, clauses: tuple[str, ...] = (), **rule: object
) -> int:
    return audits.create(
        desk,  # type: ignore[arg-type]
        title="Interviews in spring",
        kind="sample",
        theme="",
        clauses=clauses,
        rule=Rule(number=number, **rule),  # type: ignore[arg-type]
        seed=seed,
    )


def grade_all(desk: object, audit: int) -> None:
    for case in sampled(desk, audit):
        file = audits.audited_file(desk, audit, case)  # type: ignore[arg-type]
        audits.grade(desk, audit, case, {row.clause.id: Answer("met", "") for row in file.rows})  # type: ignore[arg-type]


def sampled(desk: object, audit: int) -> list[int]:
    statement = (
        sa.select(AuditedCase.case_id).where(AuditedCase.audit_id == audit).order_by(AuditedCase.position)
    )
    return list(desk.session.scalars(statement))  # type: ignore[attr-defined]


def test_the_same_seed_draws_the_same_cases(site: Site, desk_of: DeskOf) -> None:
    assert drawn([5, 3, 9, 1], 2, 7) == drawn([9, 1, 5, 3], 2, 7)
    assert {tuple(drawn(range(50), 5, seed)) for seed in range(5)} != {tuple(drawn(range(50), 5, 0))}
    assert sorted(drawn([4, 2], 9, 1)) == [2, 4]
    with site.session() as session:
        desk = desk_of(session, QA)
        one, again = create(desk), create(desk)
        assert sampled(desk, one) == sampled(desk, again) and len(sampled(desk, one)) == 3


def test_a_rule_is_kept_as_it_was_given() -> None:
    rule = Rule(
        date(2026, 5, 1), None, ("looked_after",), (), "closed", "hold_return_interview", "refused", True, 4
    )
    assert Rule.from_json(rule.to_json()) == rule


def test_each_part_of_a_rule_narrows_the_sample(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)

        def fitting(**rule: object) -> set[int]:
            number = create(desk, number=200, **rule)
            return set(sampled(desk, number))

        cases = session.scalars(sa.select(CaseRecord).where(CaseRecord.child_id.is_not(None))).all()
        every = {case.id for case in cases}
        assert fitting() == every
        today = site.clock.now().date()
        assert fitting(opened_from=today - timedelta(days=400), opened_to=today) == every
        with pytest.raises(InvalidAnswers, match="No case fits"):
            fitting(opened_to=today - timedelta(days=400))
        statuses = {case.id: case.facts.get("child.legal_status") for case in cases}
        wanted = next(status for status in statuses.values() if status)
        assert fitting(legal_status=(wanted,)) == {
            one for one, status in statuses.items() if status == wanted
        }
        assert fitting(category=("missing",)) == {
            case.id for case in cases if case.facts.get("episode.category") == "missing"
        }
        assert fitting(status="open") == {case.id for case in cases if case.status != "closed"}
        entries = session.scalars(sa.select(LedgerEntry)).all()
        assert fitting(obligation="process_notification", outcome="open") == every & {
            entry.case_id
            for entry in entries
            if entry.obligation == "process_notification" and entry.outcome == "open"
        }
        now = site.clock.now()
        late = {
            entry.case_id
            for entry in entries
            if entry.due and entry.due < (entry.done or now) and not entry.external
            if entry.outcome not in ("withdrawn", "superseded")
        }
        assert fitting(overdue=True) == every & late
        assert late and audits.count_fitting(desk, Rule(overdue=True)) == len(every & late)


def test_a_case_is_graded_against_the_clauses_that_its_ledger_cites(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        audit = create(desk)
        case = sampled(desk, audit)[0]
        file = audits.audited_file(desk, audit, case)
        cited = {
            clause
            for clauses in session.scalars(sa.select(LedgerEntry.clauses).where(LedgerEntry.case_id == case))
            for clause in clauses.split()
        }
        assert [row.clause.id for row in file.rows] == [
            name for name in file.case.pack.clauses if name in cited
        ]
        assert all(row.clause.id in entry.clauses for row in file.rows for entry in row.entries)
        assert not file.uncited and (file.position, file.total) == (1, 3)
        first, second = file.rows[0].clause.id, file.rows[1].clause.id
        with pytest.raises(InvalidAnswers) as refused:
            audits.grade(desk, audit, case, {first: Answer("not_met", " "), second: Answer("superb", "")})
        assert set(refused.value.problems) == {f"finding.{first}", f"grade.{second}"}
        assert audits.grade(desk, audit, case, {first: Answer("not_met", "Two days late")}) == 1
        row = audits.audited_file(desk, audit, case).rows[0]
        assert (row.grade, row.finding, row.by, row.at) == ("not_met", "Two days late", desk.caller.name, NOW)


def test_a_thematic_audit_grades_its_own_clauses_in_every_case(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        with pytest.raises(InvalidAnswers, match="theme"):
            audits.create(desk, title="Year", kind="thematic", theme="", clauses=(), rule=Rule())
        audit = create(desk, clauses=("3.1", "3.4-1"))
        for case in sampled(desk, audit):
            file = audits.audited_file(desk, audit, case)
            assert [row.clause.id for row in file.rows] == ["3.1", "3.4-1"]
            assert file.uncited


def test_every_read_of_a_case_in_an_audit_is_checked_and_logged(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        audit = create(desk, number=200)
        restricted = session.scalars(
            sa.select(CaseRecord.id).join(Child, Child.id == CaseRecord.child_id).where(Child.restricted)
        ).one()
        assert restricted in sampled(desk, audit)
        with pytest.raises(NotAllowed, match="restricted"):
            audits.audited_file(desk, audit, restricted)
        with pytest.raises(NotAllowed, match="restricted"):
            audits.grade(desk, audit, restricted, {"3.1": Answer("met", "")})
        other = next(case for case in sampled(desk, audit) if case != restricted)
        audits.audited_file(desk, audit, other)
        logged = session.execute(
            sa.select(access_log.c.case_id).where(access_log.c.account_id == desk.caller.account)
        ).scalars()
        assert other in list(logged)
        for name in ("process-owner", "missing-coordinator", "administrator"):
            with pytest.raises(NotAllowed):
                audits.audited_file(desk_of(session, name), audit, other)


def test_an_audit_ends_when_all_is_graded_and_every_point_has_an_owner(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        pack = verifications.version(desk).pack
        audit = create(desk, opened_to=NOW.date(), legal_status=("looked_after",), number=2)
        with pytest.raises(InvalidAnswers, match="not graded yet"):
            audits.close(desk, audit, "All is well", pack)
        grade_all(desk, audit)
        point = audits.add_point(desk, audit, kind=TRAINING, text="How to count the limit")
        with pytest.raises(InvalidAnswers, match="no owner"):
            audits.close(desk, audit, "All is well", pack)
        audits.change_point(desk, audit, point, owner="Head of training", due=date(2026, 7, 1), done=False)
        with pytest.raises(InvalidAnswers, match="concludes"):
            audits.close(desk, audit, " ", pack)
        audits.close(desk, audit, "All is well", pack)
        session.commit()
        shown = audits.view(desk, audit, pack)
        assert shown.closed == NOW and shown.closed_by == desk.caller.name and not shown.obstacles
        assert [(row.graded, row.grades) for row in audits.listed(desk)] == [(shown.graded, shown.total)]
        case = sampled(desk, audit)[0]
        with pytest.raises(Conflict, match="closed"):
            audits.grade(desk, audit, case, {"3.1": Answer("met", "")})
        with pytest.raises(Conflict, match="closed"):
            audits.add_point(desk, audit, kind=ACTION, text="More")
        with pytest.raises(Conflict, match="closed"):
            audits.change_point(desk, audit, point, owner="Somebody else", due=date(2026, 7, 1), done=True)
        audits.change_point(desk, audit, point, owner="Head of training", due=date(2026, 7, 1), done=True)
        assert audits.view(desk, audit, pack).points[0].done == NOW


def test_clauses_that_a_ledger_comes_to_cite_are_added_on_demand(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        audit = create(desk)
        case = sampled(desk, audit)[0]
        before = [row.clause.id for row in audits.audited_file(desk, audit, case).rows]
        assert audits.add_clauses(desk, audit, case) == 0
        new = next(name for name in verifications.version(desk).pack.clauses if name not in before)
        session.execute(
            sa.update(LedgerEntry)
            .where(LedgerEntry.case_id == case, LedgerEntry.number == 1)
            .values(clauses=LedgerEntry.clauses + f" {new}")
        )
        assert audits.add_clauses(desk, audit, case) == 1
        assert [row.clause.id for row in audits.audited_file(desk, audit, case).rows] == [*before, new]


def test_an_audit_taken_away_names_no_child_and_hides_what_may_not_be_read(
    site: Site, desk_of: DeskOf
) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        pack = verifications.version(desk).pack
        audit = create(desk, number=200)
        restricted = session.scalars(
            sa.select(CaseRecord.id).join(Child, Child.id == CaseRecord.child_id).where(Child.restricted)
        ).one()
        session.execute(
            sa.text("UPDATE audit_grade SET grade = 'partly', finding = 'A secret' WHERE case_id = :case"),
            {"case": restricted},
        )
        other = next(case for case in sampled(desk, audit) if case != restricted)
        first = audits.audited_file(desk, audit, other).rows[0].clause.id
        audits.grade(desk, audit, other, {first: Answer("partly", "Found =late")})
        audits.add_point(desk, audit, kind=ACTION, text="Look again", owner="Head", due=date(2026, 6, 1))
        sent: list[str] = []
        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", lambda *row: sent.append(row[2]))
        text = audits.as_csv(desk, audit, pack)
        assert len(sampled(desk, audit)) > 3
        assert sum("INTO access_log" in one for one in sent) == 1, "one statement, however many cases"
        assert "A secret" not in text and "Restricted record" in text and "Found =late" in text
        names = session.execute(sa.select(Child.surname)).scalars().all()
        assert not [name for name in names if name in text]
        assert "Action,,Look again,Head,2026-06-01" in text
        logged = session.execute(
            sa.select(access_log.c.case_id).where(access_log.c.what == "audit")
        ).scalars()
        assert set(logged) == set(sampled(desk, audit))


def test_what_is_no_audit_is_not_found(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        pack = verifications.version(desk).pack
        for ask in (
            lambda: audits.view(desk, 99, pack),
            lambda: audits.audited_file(desk, 99, 1),
            lambda: audits.change_point(desk, 99, 1, owner="", due=None, done=False),
        ):
            with pytest.raises(NotFound):
                ask()
        outside = create(desk, number=1)
        other = next(
            case for case in session.scalars(sa.select(CaseRecord.id)) if case not in sampled(desk, outside)
        )
        with pytest.raises(NotFound, match="not part"):
            audits.audited_file(desk, outside, other)
