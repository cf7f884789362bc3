"""Choosing the right child for a case, or the record that stands: by name, birth or number, or newly on record."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engine.services import children
from engine.services.desk import InvalidAnswers, NotFound
from engine.services.written import read_date
from webforms import db
from webforms.cases.previewing import FINDING, NEW
from webforms.formpage import MISTAKES

CHOSEN = "child"
"""The field that carries the child that was chosen."""
MATCHES = 20


def chosen_child() -> children.ChildRow | None:
    """Return the child that was chosen on the page before, None where none was yet."""
    told = request.form.get(CHOSEN, "")
    return row_of(int(told)) if told.isdigit() else None


def row_of(child: int) -> children.ChildRow:
    """Return a child as lists show one. Raises NotFound."""
    found = children.by_number(db.desk(), child)
    if not found:
        raise NotFound("there is no such child on record")
    return found[0]


def new_child() -> children.ChildRow | None:
    """Open a record for a child who is on none yet, where the post names one. Raises InvalidAnswers."""
    if NEW not in request.form:
        return None
    told = {name: request.form.get(name, "").strip() for name in ("given_names", "surname", "born")}
    problems = {} if told["surname"] else {"surname": "Enter the child’s surname"}
    birth = None
    try:
        birth = read_date(told["born"]) if told["born"] else None
    except ValueError:
        problems["born"] = "Enter a date of birth, such as 31 3 2012"
    if problems:
        raise InvalidAnswers(problems)
    details = children.Details(told["surname"], told["given_names"], birth)
    return row_of(children.create(db.desk(), details, key=request.form.get("key") or None))


def choose_child(
    title: str,
    lead: str,
    back: str,
    caption: str,
    *,
    without: int | None,
    opens: bool = False,
    problems: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Show the page on which a child is chosen; `opens` offers to open a record, `problems` says what was wrong."""
    text = request.form.get(FINDING, "").strip()
    found = children.search(db.desk(), text, most=MATCHES) if text else ()
    wrong = dict(problems or {})
    if request.method == "POST" and not text and not wrong:
        wrong = {FINDING: "Enter a name, date of birth or number"}
    page = render_template(
        "corrections/choose-child.html",
        title=title,
        lead=lead,
        back=back,
        caption=caption,
        text=text,
        found=[row for row in found if row.id != without],
        opens=opens,
        typed=request.form,
        wrong=wrong,
        errors=[{"text": words, "href": f"#{name}"} for name, words in wrong.items()],
    )
    return (page, MISTAKES) if wrong else page


def born(row: children.ChildRow) -> str:
    """Return when a child was born, to follow the name."""
    return f", born {row.birth_date:%-d %B %Y}" if row.birth_date else ""
