"""Reading a pack: from files to one hashed, immutable value, whole or not at all.

The order follows what needs what: the vocabulary, the procedure's own roles, the clauses, then everything that is
written in these words, and last the references between files. A part that cannot be read does not hide the faults of
the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.dmn.model import Model
from engine.pack.bpmn import read_bpmn
from engine.pack.checks import FILE as CHECKS
from engine.pack.checks import read_checks
from engine.pack.decisions import check_decisions, read_decisions
from engine.pack.diagram import Diagram
from engine.pack.expressions import Language
from engine.pack.faults import BrokenPack, Faults
from engine.pack.files import VOCABULARY, UnreadablePack, checked, files_of, hash_of
from engine.pack.formfiles import read_form
from engine.pack.lists import FILE as LISTS
from engine.pack.lists import read_lists
from engine.pack.meetings import FILE as MEETINGS
from engine.pack.meetings import read_meetings
from engine.pack.model import Clause, Form, Notice, Pack, Process, Vocabulary
from engine.pack.notices import read_notice
from engine.pack.passages import FILE as PASSAGES
from engine.pack.passages import read_passages
from engine.pack.procedure import FILE as PROCEDURE
from engine.pack.procedure import (
    Procedure,
    note_circles,
    read_accepted,
    read_derived,
    read_impossible,
    read_procedure,
)
from engine.pack.processes import read_process
from engine.pack.references import Parts, check_references
from engine.pack.register import FILE as REGISTER
from engine.pack.register import KNOWN_CLAUSE, read_register
from engine.pack.words import read_vocabulary
from engine.problems import Problem

__all__ = ["BrokenPack", "Reading", "UnreadablePack", "check_pack", "examine", "read_files", "read_pack"]


@dataclass(frozen=True)
class Reading:
    """All that one look at a pack found: the pack where it is whole, its diagrams in any case, and what is wrong."""

    pack: Pack | None
    diagrams: Mapping[str, Diagram]
    problems: tuple[Problem, ...]
    files: Mapping[str, bytes] = field(repr=False)


def read_pack(folder: Path, vocabulary: Path | None = None) -> Pack:
    """Read the pack of a folder, with the vocabulary beside it or the one given.

    Raises UnreadablePack where there is no such folder, BrokenPack with every fault where there are any.
    """
    return read_files(files_of(folder, vocabulary), folder.name)


def read_files(files: Mapping[str, bytes], name: str | None = None) -> Pack:
    """Read a pack from its files by path, `vocabulary.yaml` among them; `name` must be its id where given."""
    reading = examine(files, name)
    if reading.pack is None:
        raise BrokenPack(name or "given", reading.problems)
    return reading.pack


def check_pack(folder: Path, vocabulary: Path | None = None) -> tuple[Pack | None, list[Problem]]:
    """Read a pack and return everything that is wrong with it; the pack only where nothing is."""
    reading = examine(files_of(folder, vocabulary), folder.name)
    return reading.pack, list(reading.problems)


def examine(files: Mapping[str, bytes], name: str | None = None) -> Reading:
    """Read everything that can be read of a pack's files; `name` must be its id where given."""
    kept = checked(files)
    faults = Faults()
    diagrams = _diagrams(kept, faults)
    for required in (VOCABULARY, PROCEDURE, REGISTER):
        if required not in kept:
            faults.of(required).add(0, "", f"the file {required} is missing", "See processes/README.md.")
    vocabulary = read_vocabulary(kept[VOCABULARY], faults) if VOCABULARY in kept else None
    pack = None
    if vocabulary is not None:
        pack = _read(kept, vocabulary, diagrams, faults, name)
    problems = tuple(sorted(set(faults.problems)))
    return Reading(None if problems else pack, diagrams, problems, kept)


def _diagrams(files: Mapping[str, bytes], faults: Faults) -> dict[str, Diagram]:
    read = {file: read_bpmn(data, file, faults) for file, data in files.items() if file.endswith(".bpmn")}
    return {file: diagram for file, diagram in read.items() if diagram is not None}


def _read(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    diagrams: Mapping[str, Diagram],
    faults: Faults,
    name: str | None,
) -> Pack | None:
    procedure = read_procedure(files[PROCEDURE], vocabulary, faults) if PROCEDURE in files else None
    clauses = read_register(files[REGISTER], vocabulary, faults) if REGISTER in files else None
    pack = _read_rest(files, vocabulary, procedure, clauses or {}, diagrams, faults)
    if clauses is None:  # that the register is missing says more than a fault for each citation
        faults.problems = [problem for problem in faults.problems if problem.rule != KNOWN_CLAUSE]
    if name is not None and procedure is not None and procedure.id and procedure.id != name:
        message = f"the pack is called {procedure.id}, its folder {name}"
        procedure.section.fault("id", message, "Give both one name.")
    return pack


def _read_rest(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    procedure: Procedure | None,
    clauses: Mapping[str, Clause],
    diagrams: Mapping[str, Diagram],
    faults: Faults,
) -> Pack | None:
    """Read everything that is written in the words of the vocabulary, the roles and the clauses."""
    roles = procedure.roles if procedure else vocabulary.roles
    language = Language(vocabulary, roles)
    listed = procedure.processes if procedure else {}
    processes: dict[str, Process] = {}
    for diagram in diagrams.values():
        process = read_process(diagram, listed.get(diagram.process), language, clauses, faults)
        if process is not None:
            processes[process.id] = process
    models = _models(files, language, clauses, faults)
    systems = procedure.systems if procedure else {}
    forms = _forms(files, vocabulary, clauses, systems, faults)
    notices = _notices(files, vocabulary, roles, faults)
    lists = read_lists(files[LISTS], vocabulary, clauses, faults) if LISTS in files else {}
    meetings = (
        read_meetings(files[MEETINGS], language, clauses, processes, forms, faults)
        if MEETINGS in files
        else {}
    )
    edition = procedure.edition if procedure else None
    passages = read_passages(files[PASSAGES], edition, clauses, faults) if PASSAGES in files else None
    if procedure is None:
        return None
    derived = read_derived(procedure, language, clauses)
    impossible = read_impossible(procedure, language)
    checks = (
        read_checks(files[CHECKS], language, clauses, processes, forms, faults) if CHECKS in files else {}
    )
    parts = Parts(procedure, vocabulary, derived, processes, files, models, forms, notices)
    note_circles(procedure, derived, {key: decision.names for key, decision in parts.decisions.items()})
    check_references(parts, faults)
    ordered = sorted(processes.values(), key=lambda process: (process.order, process.id))
    return Pack(
        id=procedure.id,
        name=procedure.name,
        title=procedure.title,
        edition=procedure.edition,
        effective=procedure.effective,
        hash=hash_of(files),
        calendar=procedure.calendar,
        vocabulary=vocabulary,
        systems=procedure.systems,
        roles=procedure.roles,
        derived=derived,
        clauses=clauses,
        processes={process.id: process for process in ordered},
        decisions=models,
        forms=forms,
        notices=notices,
        files=files,
        impossible=impossible,
        accepted=read_accepted(procedure),
        lists=lists,
        meetings=meetings,
        checks=checks,
        passages=passages,
    )


def _models(
    files: Mapping[str, bytes], language: Language, clauses: Mapping[str, Clause], faults: Faults
) -> dict[str, Model]:
    """Return each decision's model by the decision's id; an id of two files is a fault."""
    found: dict[str, Model] = {}
    for file, data in files.items():
        if not file.endswith(".dmn"):
            continue
        model = read_decisions(data, file, faults)
        if model is None:
            continue
        check_decisions(model, language, clauses, faults)
        for decision in model.decisions.values():
            if decision.id in found:
                message = f"the decision {decision.id} also stands in {found[decision.id].file}"
                faults.of(file).add(decision.line, decision.id, message, "Give one of them another id.")
            found.setdefault(decision.id, model)
    return found


def _forms(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    clauses: Mapping[str, Clause],
    systems: Mapping[str, str],
    faults: Faults,
) -> dict[str, Form]:
    names = [file for file in files if file.startswith("forms/")]
    read = (read_form(files[file], file, vocabulary, clauses, systems, faults) for file in names)
    return {form.id: form for form in read if form is not None}


def _notices(
    files: Mapping[str, bytes], vocabulary: Vocabulary, roles: Mapping[str, object], faults: Faults
) -> dict[str, Notice]:
    names = [file for file in files if file.startswith("notices/")]
    read = (read_notice(files[file], file, vocabulary, roles.keys(), faults) for file in names)
    return {notice.id: notice for notice in read if notice is not None}
