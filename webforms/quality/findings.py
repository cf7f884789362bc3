"""What a verification found beside the clauses: decision tables, diagrams, stories on the way, and mutants."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engine.pack.model import Pack
from engine.services.quality.found import FindingFound, Found
from webforms.quality.desk import address, blueprint, reads, shown_version
from webforms.render import casewords, quality, words


@blueprint.get("/findings")
@reads
def findings() -> ResponseReturnValue:
    """Show what was found about tables, diagrams and stories, and what no check noticed."""
    version = shown_version()
    found = version.found
    return render_template(
        "quality/findings.html",
        version=version,
        pack=version.pack,
        kinds=quality.FINDINGS,
        shown=[
            (number, finding, _place(version.pack, finding), _witness(version.pack, finding))
            for number, finding in enumerate(found.findings, start=1)
        ]
        if found
        else [],
        tables=_untried_rules(version.pack, found) if found else [],
        mutants=version.mutants,
        plainly=lambda text: quality.plainly(version.pack, text),
    )


def _place(pack: Pack, finding: FindingFound) -> tuple[str, str]:
    """Return what a finding is about, in words, and the address at which it is drawn."""
    process = pack.processes.get(finding.where)
    if process is None:
        process = next((one for one in pack.processes.values() if finding.part in one.elements), None)
    if process is not None:
        element = process.elements.get(finding.part)
        name = f"{element.name}, in “{process.title}”" if element and element.name else f"“{process.title}”"
        return name, address("show_diagram", process=process.id, element=finding.part)
    return f"Table “{words.plain(finding.where.replace('-', '_'))}”", ""


def _witness(pack: Pack, finding: FindingFound) -> list[tuple[str, str]]:
    return [
        (casewords.label(fact) if fact in pack.vocabulary.facts else words.plain(fact), said(value))
        for fact, value in finding.witness
    ]


def said(value: str) -> str:
    """Return a witness's value in words; what stands in quotation marks is a word of the vocabulary."""
    plain = {"true": "Yes", "false": "No", "null": "None"}.get(value.strip(), value)
    return words.value_words(plain.strip('"'))


def _untried_rules(pack: Pack, found: Found) -> list[tuple[str, list[str]]]:
    """Return the rules of tables that no story came to, by table."""
    tables = []
    for name, model in pack.decisions.items():
        table = model.decisions[name].table
        if table is None:
            continue
        counts = found.rules.get(name, {})
        untried = [
            f"Rule {rule.number}" + (f": {rule.description}" if rule.description else "")
            for rule in table.rules
            if not counts.get(rule.id)
        ]
        if untried:
            tables.append((words.plain(name.replace("-", "_")), untried))
    return tables
