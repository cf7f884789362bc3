"""Correcting what was recorded in a case: an answer of a form, the moment of a return, a category, any fact.

The wrong value stays in the record beside the right one, with the reason. A correction counts from the moment of which
the wrong value spoke, so that limits run from when they should have run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.case.model import Entry
from engine.check.conformance import otherwise, told_by
from engine.pack import forms
from engine.pack.model import Form, Pack
from engine.pack.values import BadValue, parse_fact, to_json
from engine.services import access
from engine.services.acting import act_on, locked, plain
from engine.services.caseview.history import detail_of
from engine.services.conformance.reading import read_these
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound
from engine.services.rows import at, people
from engine.store.packs import pack_of
from engine.store.tables import AuditEvent, CaseRecord, Child, PackVersion

CORRECTABLE = frozenset({"task_completed"})
"""Acts whose form can be corrected as it was submitted."""


@dataclass(frozen=True)
class SubmittedForm:
    """A form as somebody submitted it: `answers` are JSON by question, `known` the case's facts as they now stand."""

    case_id: int
    act: int
    form: Form
    name: str
    by: str
    at: datetime
    answers: Mapping[str, Any]
    known: Mapping[str, Any]
    pack: Pack


@dataclass(frozen=True)
class CorrectFacts:
    """A correction of facts (FEEL values or JSON by id) that are true since `actual`; `of` is the act that was wrong."""

    case_id: int
    facts: Mapping[str, Any]
    reason: str
    actual: datetime | None = None
    forgotten: tuple[str, ...] = ()
    of: int | None = None
    answered_again: tuple[str, ...] = field(default=())
    """Answers that somebody has given anew since, which this leaves as they stand."""

    @property
    def act(self) -> str:
        return f"correct {self.case_id}"

    @property
    def body(self) -> Any:
        return [plain(self.facts), self.reason, to_json(self.actual), list(self.forgotten), self.of]

    def check(self, desk: Desk) -> None:
        access.require(desk.caller, "change_facts")
        case, pack = case_and_pack(desk, self.case_id)
        problems: dict[str, str] = {}
        if not self.reason.strip():
            problems["reason"] = "is missing: say what was wrong, and how you know"
        if self.actual is not None and self.actual > desk.now():
            problems["actual"] = "lies in the future; record it when it is so"
        problems |= dict(_problems(pack, self.facts))
        if problems:
            raise InvalidAnswers(problems)
        changed = {name for name, value in plain(self.facts).items() if case.facts.get(name, ...) != value}
        if not changed and not set(self.forgotten) & case.facts.keys():
            raise InvalidAnswers({"": "Nothing is different from what stands in the case now"})

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        return {self.case_id}, set()

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        return ()

    def another_way(self, desk: Desk) -> tuple[Entry, ...] | None:
        """Return the duties that would have arisen if this had been told at first; None where that cannot be told."""
        record = next(iter(read_these(desk, [self.case_id])), None)
        names = [*self.facts, *self.forgotten]
        if record is None or not names:
            return None
        act = self.of if self.of is not None else told_by(record, names[0])
        if act is None:
            return None
        return otherwise(record, act, plain(self.facts), frozenset(self.forgotten), desk.now())

    def carry_out(self, desk: Desk) -> Any:
        files = locked(desk, self.case_id)
        _, pack = case_and_pack(desk, self.case_id)
        facts = plain({name: _parsed(pack, name, value) for name, value in self.facts.items()})
        asked = {
            "do": "correct",
            "facts": facts,
            "forgotten": list(self.forgotten),
            "actual": to_json(self.actual),
            "reason": self.reason.strip(),
            "was": _were(desk, self.case_id, [*facts, *self.forgotten]),
            "of": self.of,
        }
        done = act_on(desk, files, self.case_id, asked)
        return {"closed": done.closed, "incident": done.incident}


def _were(desk: Desk, case_id: int, names: Iterable[str]) -> dict[str, Any]:
    known = desk.session.scalar(sa.select(CaseRecord.facts).where(CaseRecord.id == case_id)) or {}
    return {name: known[name] for name in names if name in known}


def _problems(pack: Pack, facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        fact = pack.vocabulary.facts.get(name)
        if fact is None:
            yield name, "is no word of the vocabulary"
        elif fact.source == "derived" or name in pack.derived:
            yield name, "is worked out by the procedure; it can only be overridden, with a reason"
        else:
            try:
                _parsed(pack, name, value)
            except BadValue as error:
                yield name, str(error)


def _parsed(pack: Pack, name: str, value: Any) -> Any:
    return parse_fact(pack.vocabulary.facts[name], value)


def case_and_pack(desk: Desk, case_id: int) -> tuple[CaseRecord, Pack]:
    """Return a case that the caller may open and that stands, with its pack. Raises NotFound, Conflict."""
    found = desk.session.execute(
        sa.select(CaseRecord, PackVersion.hash)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(CaseRecord.id == case_id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("there is no such case")
    case: CaseRecord = found.CaseRecord
    child = desk.session.get(Child, case.child_id) if case.child_id is not None else None
    if child is not None and not access.may_see_child(desk, child):
        raise NotFound("there is no such case")
    if case.voided_at is not None:
        raise Conflict("this case was voided: undo that first")
    return case, pack_of(desk.session, case.pack_id, found.hash)


# --- a form that was submitted


def submitted(desk: Desk, case_id: int, act: int) -> SubmittedForm:
    """Return a form as it was submitted in an act of a case, for a page that has logged the read. Raises NotFound."""
    access.require(desk.caller, "see_case")
    case, pack = case_and_pack(desk, case_id)
    event = desk.session.get(AuditEvent, (case_id, act))
    detail = detail_of(event.detail) if event is not None else {}
    form, name = _form_of(pack, detail)
    if event is None or event.action not in CORRECTABLE or form is None:
        raise NotFound("no form was submitted here whose answers could be corrected")
    by = people(desk.session, [event.account_id]).get(str(event.account_id), "system")
    answers = detail.get("act", {}).get("answers", {})
    return SubmittedForm(case_id, act, form, name, by, at(event.at), answers, dict(case.facts), pack)


def _form_of(pack: Pack, detail: Mapping[str, Any]) -> tuple[Form | None, str]:
    """Return the form of the task that an act completed or left open, and the task's name."""
    for row in detail.get("happened", []):
        kind, process, element = (*row, None, None)[:3]
        if kind not in ("task_completed", "left_open"):
            continue
        known = pack.processes.get(process or "")
        found = known.elements.get(element) if known is not None else None
        if found is not None and (found.form or "") in pack.forms:
            return pack.forms[found.form or ""], found.name
    return None, ""


def corrections_of(form: SubmittedForm, answers: Mapping[str, Any], reason: str) -> CorrectFacts:
    """Return the correction that answers given anew (JSON by question) make of a submitted form.

    What is no longer asked is unknown again. An answer that was given anew since, elsewhere, stays as it stands.
    """
    counted = forms.asked(form.form, dict(answers))
    facts: dict[str, Any] = {}
    forgotten: list[str] = []
    again: list[str] = []
    for name in form.form.facts:
        then, now = (_as_kept(form.pack, name, given.get(name, ...)) for given in (form.answers, counted))
        if then == now:
            continue
        if then is not ... and form.known.get(name, ...) != then:
            again.append(name)
        elif now is ...:
            forgotten.append(name)
        else:
            facts[name] = now
    return CorrectFacts(
        form.case_id,
        facts,
        reason,
        actual=form.at,
        forgotten=tuple(forgotten),
        of=form.act,
        answered_again=tuple(again),
    )


def _as_kept(pack: Pack, name: str, value: Any) -> Any:
    if value is ...:
        return ...
    try:
        return to_json(_parsed(pack, name, value))
    except BadValue:
        return value
