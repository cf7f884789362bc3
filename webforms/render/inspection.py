"""A case's inspection pack in words: what stands on its cover, and each of its parts, ready to be set as a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from engine.pack.model import Pack
from engine.reports.document import Document, Item, Section
from engine.services import meetings
from engine.services.caseview import CaseView, HistoryLine
from engine.services.contact_attempts import ABOUT, HOW, OUTCOMES, TRIED
from engine.services.managing.inspection import Evidence
from engine.services.procedures import diagram
from engine.services.rows import EntryRow
from webforms.render import casewords, moments, words
from webforms.render.casepage import STATUSES
from webforms.render.diagram import steps
from webforms.render.history import history_items

MARKING = "OFFICIAL-SENSITIVE"
NOTHING = "None is recorded."


def document(evidence: Evidence, by: str, reason: str, council: str) -> Document:
    """Return the inspection pack of a case as a document."""
    case = evidence.case
    pack = case.pack
    when = moments.moment_words(evidence.at)
    lines = list(reversed(case.history))  # oldest first
    return Document(
        title=f"Inspection pack: case {case.reference}",
        author=by,
        running=f"Case {case.reference}",
        marking=MARKING,
        foot=f"Made by {by}, {when}",
        cover=_cover(evidence, by, reason, council),
        sections=(
            _chronology(case, lines),
            _ledger(case.entries, pack),
            _answers(lines, pack),
            _facts(case),
            _notices(case, pack),
            _meetings(evidence),
            _attempts(evidence),
            _corrections(evidence, lines, pack),
            _oversight(evidence),
            _notes(evidence),
            _where(case, pack),
            _chain(evidence),
        ),
    )


def _cover(evidence: Evidence, by: str, reason: str, council: str) -> list[tuple[str, str]]:
    case = evidence.case
    told = [
        ("Marking", MARKING),
        ("Case", case.reference),
        ("Council", council),
        ("Child", case.child or "No child"),
        ("Date of birth", moments.day_words(case.birth_date) if case.birth_date else "Not known"),
        ("Opened", moments.moment_words(case.opened)),
        ("State", STATUSES[case.status][0]),
        ("Procedure", f"{case.pack_title}, edition {case.pack_edition}, version {case.pack.hash[:12]}"),
        ("This pack was made by", by),
        ("Made", moments.moment_words(evidence.at)),
        ("Why", reason),
        ("Record of acts", _chain_words(evidence)),
    ]
    if case.closed:
        told.insert(6, ("Closed", moments.moment_words(case.closed)))
    if evidence.cut:
        told.append(("Not whole", f"There are more {' and '.join(evidence.cut)} than this pack holds."))
    return told


def _chronology(case: CaseView, lines: Iterable[HistoryLine]) -> Section:
    rows = []
    for item in reversed(history_items(reversed(list(lines)), case.pack)):
        what = [item.title, *item.notes, *(f"→ {one}" for one in item.followed)]
        rows.append((moments.moment_words(item.at), "\n".join(what), item.by or "By itself"))
    return Section(
        "Chronology", "Everything that happened, oldest first.", ("When", "What", "Who"), rows, apart=True
    )


def _ledger(entries: Sequence[EntryRow], pack: Pack) -> Section:
    items = []
    for entry in entries:
        told = [
            ("For", entry.role_label),
            ("Asked for by", _clauses(entry.clauses, pack)),
            ("Force", words.FORCES.get(entry.force, entry.force)),
            ("Raised", moments.moment_words(entry.raised)),
            ("Clock began", moments.moment_words(entry.clock)),
            ("Limit", _limit(entry)),
        ]
        told += [(step.text, _worked(step.value)) for step in entry.working]
        if entry.target is not None:
            told.append(("The council’s own target", moments.moment_words(entry.target)))
        told.append(("Outcome", words.OUTCOMES.get(entry.outcome, words.plain(entry.outcome))))
        if entry.done is not None:
            told.append(("Ended", f"{moments.moment_words(entry.done)}, by {entry.by or 'the procedure'}"))
        if entry.reason:
            told.append(("Reason", entry.reason))
        items.append(Item(f"{entry.number}. {entry.meaning}", [(name, str(value)) for name, value in told]))
    note = "Every duty that arose in this case: who had it, which clause asks for it, its limit and how it ended."
    return Section("The ledger", note if items else "No duty arose.", items=items, apart=True)


def _worked(value: Any) -> str:
    """Return a value of a working in words: a moment as people write it, anything else as it stands."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return moments.moment_words(moment) if moment.tzinfo is not None else str(value)


def _limit(entry: EntryRow) -> str:
    if entry.due is None:
        return "The procedure states none"
    if entry.whole_day:
        return f"By the end of {moments.day_words(entry.due.date())}"
    return moments.moment_words(entry.due)


def _clauses(names: Sequence[str], pack: Pack) -> str:
    told = [f"{name}: {pack.clauses[name].paraphrase}" if name in pack.clauses else name for name in names]
    return "\n".join(told) or "No clause"


def _answers(lines: Iterable[HistoryLine], pack: Pack) -> Section:
    items: list[Item] = []
    done: dict[int, HistoryLine] = {}
    lines = list(lines)
    for line in lines:
        if line.kind in {"task_completed", "left_open"} and line.element:
            done.setdefault(line.act, line)
    acts = {line.act: line for line in lines if line.kind == "task_completed" and line.element is None}
    for number, act in acts.items():
        answers = act.detail.get("answers") or {}
        task = done.get(number)
        form = _form(pack, task)
        asked = form.schema["properties"] if form is not None else {}
        told = [
            (
                str(asked.get(name, {}).get("title") or casewords.label(name)),
                casewords.fact_words(pack, name, value),
            )
            for name, value in answers.items()
            if not name.startswith("_")
        ]
        title = (task.name if task is not None and task.name else None) or (form.title if form else "A task")
        who = [("Answered", f"{moments.moment_words(act.at)}, by {act.by}")]
        items.append(Item(title, [*who, *told]))
    return Section("Forms answered", "" if items else NOTHING, items=items, apart=True)


def _form(pack: Pack, line: HistoryLine | None) -> Any:
    process = pack.processes.get(line.process or "") if line is not None else None
    if line is None or process is None:
        return None
    element = process.elements.get(line.element or "")
    return pack.forms.get(element.form) if element is not None and element.form else None


def _facts(case: CaseView) -> Section:
    rows = [
        (
            casewords.label(row.fact),
            casewords.fact_words(case.pack, row.fact, row.now.value),
            words.ORIGINS.get(row.now.origin, row.now.origin),
            f"{moments.moment_words(row.now.recorded)}, {row.now.by}",
        )
        for row in case.facts
    ]
    return Section(
        "Facts as they stand",
        "Earlier values are in the chronology." if rows else NOTHING,
        ("Fact", "Value", "Where from", "Recorded"),
        rows,
    )


def _notices(case: CaseView, pack: Pack) -> Section:
    rows = []
    for row in case.notices:
        known = pack.notices.get(row.notice)
        state = words.NOTICE_STATES.get(row.state, (row.state, ""))[0]
        rows.append(
            (
                known.subject if known is not None else words.plain(row.notice),
                _recipient(row.recipient, pack),
                moments.moment_words(row.created),
                f"{state}{f', {moments.moment_words(row.sent)}' if row.sent else ''}",
            )
        )
    return Section("Notices", "" if rows else NOTHING, ("Notice", "To", "Ordered", "State"), rows)


def _recipient(name: str, pack: Pack) -> str:
    kind, _, rest = name.partition(":")
    if kind == "role" and rest in pack.roles:
        return pack.roles[rest].label
    return words.plain(rest or name)


def _meetings(evidence: Evidence) -> Section:
    items = []
    for one in evidence.meetings:
        when = moments.moment_words(one.held_at or one.starts_at)
        told = [("State", words.plain(one.state)), ("When", when), ("Chair", one.chair)]
        here = [case for case in one.cases if case.case_id == evidence.case.id]
        if one.case_id == evidence.case.id and not one.cases:
            told.append(("Record", one.minutes or meetings.compose(one)))
        for case in here:  # of a list of several children only this one's part
            told += [
                ("On the list because", case.reason),
                ("Talked about", case.discussion or "Nothing recorded"),
            ]
            told.append(("Decided", case.decision or "Nothing recorded"))
        if one.sent_at:
            told.append(("Minutes sent", moments.moment_words(one.sent_at)))
        items.append(Item(one.label, told))
    return Section("Meetings", "" if items else NOTHING, items=items)


def _attempts(evidence: Evidence) -> Section:
    rows = []
    for one in reversed(evidence.attempts):
        outcome = OUTCOMES.get(one.outcome, one.outcome)
        taken_back = f"\nTaken back: {one.withdrawn_reason}" if one.withdrawn else ""
        whom = f"{TRIED.get(one.tried, one.tried)}{f', {one.name}' if one.name else ''}"
        rows.append(
            (
                moments.moment_words(one.at),
                f"{ABOUT.get(one.about, one.about)}: {whom}",
                f"{HOW.get(one.how, one.how)}: {outcome}{f'. {one.note}' if one.note else ''}{taken_back}",
                one.by,
            )
        )
    return Section(
        "Contact attempts", "" if rows else NOTHING, ("When", "Whom", "How, and what came of it", "Who"), rows
    )


CORRECTING = frozenset({"corrected", "taken_back", "voided", "child_facts_corrected"})


def _corrections(evidence: Evidence, lines: Iterable[HistoryLine], pack: Pack) -> Section:
    rows = []
    for one in evidence.settings:
        undone = (
            f"\nUndone {moments.moment_words(one.undone_at)}: {one.undone_reason}" if one.undone_at else ""
        )
        rows.append((moments.moment_words(one.at), f"{words.plain(one.kind)}: {one.reason}{undone}", one.by))
    kept = [line for line in lines if line.kind in CORRECTING]
    for item in reversed(history_items(reversed(kept), pack)):
        rows.append(
            (moments.moment_words(item.at), "\n".join([item.title, *item.notes]), item.by or "By itself")
        )
    return Section("Corrections", "" if rows else NOTHING, ("When", "What", "Who"), rows)


def _oversight(evidence: Evidence) -> Section:
    items = [
        Item(
            f"{moments.moment_words(note.at)}, {note.by}",
            [
                ("Considered", note.considered),
                ("Decision", note.decision),
                *([("Direction", note.direction)] if note.direction else []),
                *([("To be looked at again", moments.day_words(note.review_on))] if note.review_on else []),
            ],
        )
        for note in reversed(evidence.notes)
    ]
    return Section("Notes of oversight", "" if items else NOTHING, items=items)


def _notes(evidence: Evidence) -> Section:
    rows = [
        (
            moments.moment_words(note.at),
            f"{note.text}{' (put right by a later note)' if note.corrected_by else ''}",
            note.by,
        )
        for note in reversed(evidence.case_notes)
    ]
    return Section("Notes on the case", "" if rows else NOTHING, ("When", "Note", "Who"), rows)


def _where(case: CaseView, pack: Pack) -> Section:
    items = []
    for row in case.diagrams:
        process = pack.processes[row.process]
        shown = steps(pack, process, row.states)
        now = [step.name for step in shown if step.state == "Now here"]
        done = [step.name for step in shown if step.state == "Done"]
        stood = f"Now here: {', '.join(now) or 'nothing'}. Done: {', '.join(done) or 'nothing'}."
        says = f"The diagram “{row.title}”. {stood}"
        items.append(
            Item(
                row.title,
                [("Now here", ", ".join(now) or "Nothing"), ("Done", ", ".join(done) or "Nothing")],
                picture=diagram(pack, row.process, states=row.states),
                says=says,
            )
        )
    return Section(
        "Where the case stands on the diagrams",
        "" if items else "It came to none.",
        items=items,
        apart=True,
        wide=True,
    )


def _chain(evidence: Evidence) -> Section:
    rows = [(name, str(times), moments.moment_words(last)) for name, times, last in evidence.readers]
    packs = [
        (moments.moment_words(one.at), f"{one.reason}\nSHA-256 {one.digest}", one.by)
        for one in evidence.taken
    ]
    return Section(
        "The record behind this pack",
        _chain_words(evidence),
        items=[
            Item("Who read the case", columns=("Name", "Times", "Last"), rows=rows),
            Item("Inspection packs made before", columns=("When", "Why", "Who"), rows=packs)
            if packs
            else Item("Inspection packs made before", [("Number", "None")]),
        ],
        apart=True,
    )


def _chain_words(evidence: Evidence) -> str:
    chain = evidence.chain
    if chain.faults:
        return f"The chain of this case’s acts does not hold: {'; '.join(chain.faults)}."
    held = f"All {chain.acts} acts of this case are linked by their digests, and every link holds."
    return f"{held} The last is {chain.end}."


def file_name(reference: str, made: datetime) -> str:
    """Return the name of a pack's file; it holds no name of a child."""
    return f"inspection-pack-{reference}-{made:%Y-%m-%d}.pdf"
