"""What a verification found, read from the document that `homeward verify --json` prints.

The document is kept as it was printed, so that nothing that it says is lost to a page that does not show it yet; here is
only what pages read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.clock import local
from engine.errors import HomewardError

HOLDS, BROKEN, VACUOUS = "holds", "broken", "vacuous"


class UnreadableDocument(HomewardError):
    """A document is not what `homeward verify --json` prints for one council."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The shortest story that breaks a check; `story` is a scenario file's text. `elements` are those concerned."""

    story: str
    at: datetime | None
    case: int
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckFound:
    """How a clause check ended. `judged` counts the stories in which it applied."""

    check: str
    clauses: tuple[str, ...]
    says: str
    verdict: str
    judged: int
    vacuous_because: str | None
    why: str | None
    counterexample: Counterexample | None


@dataclass(frozen=True, slots=True)
class FindingFound:
    """Something that is wrong with a table, a diagram or a story whatever the clauses say.

    `kind` is table, structure or story; `where` the decision or process, `part` the rule or element in it; `witness`
    pairs facts and values, `steps` are elements in the order in which a token passes them. `accepted` is the reason why
    it may stand.
    """

    kind: str
    rule: str
    where: str
    part: str
    clauses: tuple[str, ...]
    message: str
    remedy: str
    witness: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    story: str | None
    accepted: str | None


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change of the model that no clause check noticed; `reached`: a story came to it all the same."""

    mutant: str
    where: str
    clauses: tuple[str, ...]
    reached: bool
    explained: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the exploration of one version found. The coverage counts stories: by process and element or flow, by
    decision and rule, by clause."""

    pack: str
    at: datetime
    seconds: float
    stories: int
    whole: bool
    checks: tuple[CheckFound, ...]
    uncovered: tuple[str, ...]
    findings: tuple[FindingFound, ...]
    elements: Mapping[str, Mapping[str, int]]
    rules: Mapping[str, Mapping[str, int]]
    clauses: Mapping[str, int]

    def of_clause(self, clause: str) -> tuple[CheckFound, ...]:
        """Return the checks of a clause."""
        return tuple(check for check in self.checks if clause in check.clauses)

    @property
    def summary(self) -> dict[str, int]:
        """The counts that a sign-off keeps."""
        vacuous = [check for check in self.checks if check.verdict == VACUOUS]
        return {
            "checks": len(self.checks),
            "holds": sum(check.verdict == HOLDS for check in self.checks),
            "broken": sum(check.verdict == BROKEN for check in self.checks),
            "vacuous": len(vacuous),
            "vacuous_unexplained": sum(check.vacuous_because is None for check in vacuous),
            "uncovered": len(self.uncovered),
            "findings": sum(finding.accepted is None for finding in self.findings),
            "accepted": sum(finding.accepted is not None for finding in self.findings),
            "stories": self.stories,
        }


@dataclass(frozen=True, slots=True)
class MutantsFound:
    """What the mutants of one version showed."""

    pack: str
    at: datetime
    made: int
    noticed: int
    equivalent: int
    survivors: tuple[Survivor, ...]

    @property
    def summary(self) -> dict[str, int]:
        """The counts that pages show beside the verification's."""
        return {
            "made": self.made,
            "noticed": self.noticed,
            "equivalent": self.equivalent,
            "survivors": len(self.survivors),
            "unexplained": sum(survivor.explained is None for survivor in self.survivors),
        }


def read_found(document: Mapping[str, Any]) -> Found:
    """Read the document of an exploration; raise UnreadableDocument for anything else."""
    try:
        covered = document.get("coverage") or {}
        return Found(
            pack=str(document["pack"]),
            at=_moment(document["at"]),
            seconds=float(document["seconds"]),
            stories=int(document["stories"]),
            whole=bool(document.get("whole", True)),
            checks=tuple(_check(check) for check in document["checks"]),
            uncovered=tuple(document.get("uncovered", ())),
            findings=tuple(_finding(finding) for finding in document.get("findings", ())),
            elements=covered.get("elements", {}),
            rules=covered.get("rules", {}),
            clauses=covered.get("clauses", {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableDocument(f"this is no result of a verification: {_said(error)}") from error


def read_mutants(document: Mapping[str, Any]) -> MutantsFound:
    """Read the document of `homeward mutate --json`; raise UnreadableDocument for anything else."""
    try:
        return MutantsFound(
            pack=str(document["pack"]),
            at=_moment(document["at"]),
            made=int(document["tried"]),
            noticed=int(document["noticed"]),
            equivalent=int(document["same"]),
            survivors=tuple(
                Survivor(
                    mutant=f"{str(row['kind']).capitalize()}: {row['what']}",
                    where=str(row["where"]),
                    clauses=tuple(row["clauses"]),
                    reached=row["fate"] == "lives",
                    explained=row.get("because"),
                )
                for row in document["survivors"]
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableDocument(f"this is no result of mutants: {_said(error)}") from error


def _said(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _check(row: Mapping[str, Any]) -> CheckFound:
    told = row.get("counterexample")
    return CheckFound(
        check=str(row["check"]),
        clauses=tuple(row["clauses"]),
        says=str(row["says"]),
        verdict=str(row["verdict"]),
        judged=int(row.get("judged", 0)),
        vacuous_because=row.get("vacuous_because"),
        why=row.get("why"),
        counterexample=None if not told else _counterexample(told),
    )


def _counterexample(row: Mapping[str, Any]) -> Counterexample:
    return Counterexample(
        story=str(row["story"]),
        at=_moment(row["at"]) if row.get("at") else None,
        case=int(row.get("case") or 1),
        elements=tuple(row.get("elements", ())),
    )


def _finding(row: Mapping[str, Any]) -> FindingFound:
    return FindingFound(
        kind=str(row["kind"]),
        rule=str(row["rule"]),
        where=str(row.get("where") or ""),
        part=str(row.get("part") or ""),
        clauses=tuple(row.get("clauses", ())),
        message=str(row["message"]),
        remedy=str(row.get("remedy") or ""),
        witness=tuple((str(fact), str(value)) for fact, value in row.get("witness") or ()),
        steps=tuple(row.get("steps") or ()),
        story=row.get("story"),
        accepted=row.get("accepted"),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the moment {text} has no offset from UTC")
    return local(moment)
