"""The words that an editor offers, and what one expression says: what people choose from when they change a procedure.

A draft is often broken while somebody works on it; its words are then read file by file as far as they go, and from the
version it began with where a file cannot be read at all. So nobody loses the list of clauses over a misspelt limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from engine import feel
from engine.feel.builtins import BUILTINS
from engine.pack.bpmn import read_bpmn
from engine.pack.decisions import read_decisions
from engine.pack.diagram import Diagram
from engine.pack.duties import ON_INTERRUPT, SETTLED
from engine.pack.expressions import CONDITION, ENTRY_NAMES, LIMIT, OCCASION, PERIOD_NAMES, Language, Place
from engine.pack.faults import Faults
from engine.pack.files import VOCABULARY
from engine.pack.model import Clause, RoleInPack, Vocabulary
from engine.pack.notices import read_notice
from engine.pack.procedure import FILE as PROCEDURE
from engine.pack.procedure import read_procedure
from engine.pack.register import FILE as REGISTER
from engine.pack.register import read_register
from engine.pack.words import read_vocabulary
from engine.services.drafting.drafts import DraftView

CONDITIONS, TIMER, DUE, VALUE, UNARY = "condition", "timer", "due", "value", "unary"
OUTCOME, INTERRUPT, ROLE, OCCASIONS = "outcome", "interrupt", "role", "occasion"
KINDS = frozenset({CONDITIONS, TIMER, DUE, VALUE, UNARY, OUTCOME, INTERRUPT, ROLE, OCCASIONS})
"""What an expression is for, which decides what it must give and what it may read."""
LONGEST = 20_000
_WANTED = {CONDITIONS: CONDITION, TIMER: LIMIT, DUE: LIMIT, OCCASIONS: OCCASION}


@dataclass(frozen=True)
class Words:
    """What can be chosen in a draft; `processes` maps each to its title, `decisions` and `notices` likewise."""

    vocabulary: Vocabulary
    roles: Mapping[str, RoleInPack]
    clauses: Mapping[str, Clause]
    processes: Mapping[str, str]
    called: frozenset[str]
    """The processes that another one calls: those that begin with a plain start."""
    forms: Mapping[str, str]
    notices: Mapping[str, str]
    decisions: Mapping[str, str]
    ids: Mapping[str, frozenset[str]]
    """The ids that each diagram uses, by its file: an id stands once in a pack."""

    @property
    def language(self) -> Language:
        return Language(self.vocabulary, self.roles)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with an expression; `at` counts its columns from 1, 0 where it concerns the whole."""

    at: int
    message: str
    remedy: str


@dataclass(frozen=True)
class Said:
    """What an expression says: its faults, its meaning in English, and by path the values at which it changes."""

    problems: tuple[Trouble, ...]
    says: str
    boundaries: Mapping[str, tuple[str, ...]]


def words_of(draft: DraftView) -> Words:
    """Return what can be chosen in a draft as it stands."""
    files, base = draft.pack_files, draft.base
    vocabulary = vocabulary_of(draft)
    faults = Faults()
    procedure = read_procedure(files[PROCEDURE], vocabulary, faults) if PROCEDURE in files else None
    clauses = read_register(files[REGISTER], vocabulary, faults) if REGISTER in files else None
    diagrams = {
        path: diagram
        for path, data in files.items()
        if path.endswith(".bpmn") and (diagram := read_bpmn(data, path, faults)) is not None
    }
    titles = {name: listed.title for name, listed in procedure.processes.items()} if procedure else {}
    return Words(
        vocabulary=vocabulary,
        roles=procedure.roles if procedure else base.roles,
        clauses=clauses or base.clauses,
        processes={d.process: titles.get(d.process) or d.name or d.process for d in diagrams.values()},
        called=frozenset(d.process for d in diagrams.values() if _is_called(d)),
        forms={_stem(path): _form_title(path, data) for path, data in files.items() if _in(path, "forms")},
        notices={
            _stem(path): _subject(path, data, vocabulary)
            for path, data in files.items()
            if _in(path, "notices")
        },
        decisions=_decisions(files),
        ids={path: _ids(diagram) for path, diagram in diagrams.items()},
    )


def vocabulary_of(draft: DraftView) -> Vocabulary:
    """Return a draft's vocabulary, that of its base where the file cannot be read."""
    data = draft.files.get(VOCABULARY)
    return (_vocabulary(data) if data is not None else None) or draft.base.vocabulary


def language_of(draft: DraftView) -> Language:
    """Return what expressions of a draft may say, without reading its other files."""
    data = draft.files.get(PROCEDURE)
    vocabulary = vocabulary_of(draft)
    roles = _roles(data, draft.files.get(VOCABULARY, b"")) if data is not None else None
    return Language(vocabulary, roles or draft.base.roles)


def check(
    language: Language,
    text: str,
    kind: str,
    label: Callable[[str], str],
    *,
    fact: str = "",
    periodic: bool = False,
) -> Said:
    """Check one expression and say it in English; `label` gives what a path is called.

    `kind` is one of KINDS. `fact` is what a value is given to, or what the input of unary tests is. In a process that is
    started by time (`periodic`) the period can be read.
    """
    if len(text) > LONGEST:
        return Said((Trouble(0, f"an expression has at most {LONGEST:,} letters", "Shorten it."),), "", {})
    if not text.strip().removeprefix("=").strip():
        problem = Trouble(0, "nothing is written here", "Write the expression.")
        return Said(() if kind == UNARY else (problem,), "", {})
    faults = Faults()
    place = Place(faults.of(""), 0, "", "")
    try:
        if kind == UNARY:
            return _tests(language, text, label, fact, faults, place)
        expression = feel.parse(text)
        extra = ENTRY_NAMES if kind in (OUTCOME, INTERRUPT) else frozenset()
        language.check(expression.tree, place, extra | (PERIOD_NAMES if periodic else frozenset()))
        _results(language, expression, kind, fact, place)
        return _said(faults, feel.explain(expression, label), feel.boundaries(expression))
    except feel.FeelSyntaxError as error:
        return Said((Trouble(error.column, f"This cannot be read: {error.problem}", ""),), "", {})
    except (feel.FeelError, RecursionError) as error:
        return Said((Trouble(0, str(error) or "This is nested too deeply", "Make it simpler."),), "", {})


def _results(language: Language, expression: feel.Expression, kind: str, fact: str, place: Place) -> None:
    """Note what the expression can give and what is not wanted where it stands."""
    if kind in _WANTED:
        language.expect(expression.tree, _WANTED[kind], place)
    elif kind in (OUTCOME, INTERRUPT, ROLE):
        known: Collection[str] = {OUTCOME: (*SETTLED, "open"), INTERRUPT: ON_INTERRUPT}.get(
            kind, tuple(language.roles)
        )
        language.check_results(expression.tree, known, place)
    elif (given := language.fact(fact)) is not None:
        language.check_value(given, expression.tree, place)


def _tests(
    language: Language, text: str, label: Callable[[str], str], fact: str, faults: Faults, place: Place
) -> Said:
    tests = feel.parse_unary(text)
    language.check(tests.tree, place, {"?"})
    if (tested := language.fact(fact)) is not None:
        language.check_tests(tested, tests.tree.tests, place)
    said = feel.explain_unary(tests, label(fact) if fact else "the input", label)
    return _said(faults, said, feel.boundaries(tests, fact or "?"))


def _said(faults: Faults, says: str, limits: Mapping[str, list[feel.Value]]) -> Said:
    problems = tuple(
        Trouble(0, problem.message.removeprefix(": "), problem.remedy) for problem in faults.problems
    )
    values = {
        path: tuple("nobody has said" if value is feel.UNKNOWN else feel.json_text(value) for value in held)
        for path, held in limits.items()
    }
    return Said(problems, f"{says[:1].upper()}{says[1:]}", values)


def functions() -> tuple[tuple[str, str], ...]:
    """Return the built-in functions by name, each as its signature is written."""
    found = []
    for name in sorted(BUILTINS):
        variants = BUILTINS[name].variants
        arguments = ", ".join(p.name for p in variants[0].parameters) if variants else ""
        found.append((name, f"{name}({arguments})"))
    return (*found, ("is known", "is known(fact)"))


@lru_cache(maxsize=8)
def _vocabulary(data: bytes) -> Vocabulary | None:
    return read_vocabulary(data, Faults())


@lru_cache(maxsize=8)
def _roles(procedure: bytes, vocabulary: bytes) -> Mapping[str, RoleInPack] | None:
    words = _vocabulary(vocabulary)
    read = read_procedure(procedure, words, Faults()) if words is not None else None
    return read.roles if read is not None else None


def _is_called(diagram: Diagram) -> bool:
    return any(start.trigger == "none" for start in diagram.start_events())


def _ids(diagram: Diagram) -> frozenset[str]:
    lanes = {lane.id for lane in diagram.lanes}
    return frozenset({diagram.process, *diagram.nodes, *diagram.arrows, *lanes})


def _decisions(files: Mapping[str, bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, data in files.items():
        if not path.endswith(".dmn"):
            continue
        model = read_decisions(data, path, Faults())
        for decision in model.decisions.values() if model else ():
            found[decision.id] = decision.name or decision.id
    return found


def _form_title(path: str, data: bytes) -> str:
    try:
        held = json.loads(data)
    except (ValueError, RecursionError):
        return _plain(path)
    title = held.get("title") if isinstance(held, dict) else None
    return title if isinstance(title, str) and title else _plain(path)


def _subject(path: str, data: bytes, vocabulary: Vocabulary) -> str:
    notice = read_notice(data, path, vocabulary, vocabulary.roles, Faults())
    return notice.subject if notice is not None and notice.subject else _plain(path)


def _in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


def _plain(path: str) -> str:
    return _stem(path).replace("-", " ").capitalize()
