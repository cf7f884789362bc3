"""The task list: its views, filters and searches, tasks that are put off, and several tasks done in one sitting.

Everything that a list shows is named by its address, so that a list can be kept, sent to a colleague and come back to;
only a search is not: its words may be a child's name, so the address holds a number that stands for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form, Pack
from engine.services import access, procedures, tasks
from engine.services.desk import Desk, NotFound
from engine.services.tasks import TaskFilter, TaskPage, TaskRow, filters, sittings
from engine.services.tasks.filters import AHEAD, NOBODY, VIEWS
from webforms import db, places
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.paging import page_number
from webforms.render import moments
from webforms.urls import local_path

blueprint = Blueprint("tasklist", __name__, url_prefix="/tasks")

HEADINGS = {
    "overdue": "Overdue",
    "today": "Due today",
    "week": "In the next seven days",
    "later": "Later",
    "none": "No limit stated",
}
LIMIT_CHOICES = {"": "Any", **HEADINGS, AHEAD: "Not overdue"}
VIEW_NAMES = {
    "mine": "Mine",
    "team": "My team’s",
    "unassigned": "Unassigned",
    "all": "All",
    "waiting": "Waiting",
}
EMPTY = {
    "mine": "You have no tasks.",
    "team": "Your team has no open tasks.",
    "unassigned": "Every task has somebody.",
    "all": "There are no open tasks.",
    "waiting": "You have put no task off.",
}


@dataclass(frozen=True)
class Shown:
    """What a list's address asks for: the filter, the number of a search, and the kept filter that it opens."""

    filter: TaskFilter
    search: str | None = None
    saved: int | None = None

    def address(self, **changed: Any) -> str:
        """Return the address of this list, or of one that differs in the parts that are named."""
        asked = {**_address_parts(self.filter), "search": self.search, "saved": self.saved, **changed}
        return url_for("tasks.listing", **{name: value for name, value in asked.items() if value is not None})


def _address_parts(wanted: TaskFilter) -> dict[str, Any]:
    return {
        "whose": wanted.whose,
        "role": wanted.role,
        "obligation": wanted.obligation,
        "limit": wanted.limit,
        "person": wanted.person,
        "group": "child" if wanted.by_child else None,
    }


@dataclass(frozen=True)
class Group:
    """Rows that stand under one heading; `row` counts them through the page, `own` those to do in one sitting."""

    id: str
    heading: str
    count: int | None
    rows: tuple[tuple[int, TaskRow], ...]
    child_id: int | None = None
    own: int = 0


def listing() -> ResponseReturnValue:
    """Show open tasks, soonest due first, as the address asks."""
    desk = db.desk()
    counts = tasks.counts(desk)
    kept = filters.saved(desk)
    shown = _asked(desk, counts, kept)
    page = tasks.list(desk, shown.filter, page=page_number())
    pack = procedures.current(desk)
    people = tasks.people_with_tasks(desk) if shown.filter.whose in {"team", "all"} else ()
    here = shown.address(page=page.page if page.page > 1 else None)
    return render_template(
        "tasks/list.html",
        page=page,
        shown=shown,
        filter=shown.filter,
        groups=_groups(page, shown.filter),
        views=_views(shown, counts, kept),
        kept=kept,
        role_items=_role_items(pack, shown.filter.role),
        obligation_items=_obligation_items(pack, shown.filter.obligation),
        person_items=_person_items(people, shown.filter.person),
        limit_items=[
            {"value": value, "text": text, "selected": value == (shown.filter.limit or "")}
            for value, text in LIMIT_CHOICES.items()
        ],
        empty=EMPTY[shown.filter.whose],
        here=places.seal(here),
        place=lambda row: places.seal(f"{here}#row-{row}"),
        page_address=lambda number: shown.address(page=number),
        opens=access.may(desk.caller, "see_case"),
        gives=access.may(desk.caller, "assign_task"),
        searches=access.may(desk.caller, "see_child"),
        hidden=access.HIDDEN,
    )


def _asked(desk: Desk, counts: tasks.Counts, kept: Iterable[filters.Saved]) -> Shown:
    """Read the address; without a view in it, open the kept filter that it names, or that the person begins with."""
    args = request.args
    number = args.get("saved", "")
    known = {str(one.id): one for one in kept}
    chosen = known.get(number) or next(
        (one for one in known.values() if one.is_default and not {*args} - {"page"}), None
    )
    if chosen is not None and "whose" not in args:
        return Shown(chosen.filter, saved=chosen.id)
    whose = args.get("whose")
    if whose not in VIEWS:
        works = access.may(desk.caller, "work_task")
        whose = "mine" if counts.mine or counts.waiting else "team" if works else "all"
    search = args.get("search")
    text = filters.search_text(desk, search) if search else None
    person = args.get("person", "")
    wanted = TaskFilter(
        whose=whose,
        role=args.get("role") or None,
        obligation=args.get("obligation") or None,
        limit=args.get("limit") if args.get("limit") in LIMIT_CHOICES else None,
        person=int(person) if person.isascii() and person.isdigit() and len(person) < 10 else None,
        text=text,
        by_child=args.get("group") == "child",
    )
    return Shown(replace(wanted, limit=wanted.limit or None), search if text else None)


def _groups(page: TaskPage, wanted: TaskFilter) -> list[Group]:
    numbered = [*enumerate(page.rows, start=1)]
    if wanted.by_child:
        made = []
        for key, found in groupby(numbered, key=lambda one: tasks.group_of(one[1])):
            rows = tuple(found)
            first = rows[0][1]
            child = first.child_id
            made.append(
                Group(
                    f"child-{key}" if key > 0 else f"case-{-key}",
                    first.child or f"No child: case {first.reference}",
                    page.groups.get(key),
                    rows,
                    child,
                    page.own.get(child, 0) if child else 0,
                )
            )
        return made
    edge = tasks.bounds(db.now())
    return [
        Group(name, HEADINGS[name], page.limits.get(name), tuple(found))
        for name, found in groupby(numbered, key=lambda one: edge.group(one[1].due))
    ]


def _views(shown: Shown, counts: tasks.Counts, kept: Iterable[filters.Saved]) -> list[dict[str, Any]]:
    numbers = {
        "mine": (counts.mine, counts.mine_overdue),
        "team": (counts.team, counts.team_overdue),
        "unassigned": (counts.unassigned, counts.unassigned_overdue),
        "all": (counts.all, counts.all_overdue),
        "waiting": (counts.waiting, 0),
    }
    views = [
        {
            "whose": name,
            "text": VIEW_NAMES[name],
            "href": url_for("tasks.listing", whose=name),
            "current": shown.saved is None and name == shown.filter.whose,
            "count": count,
            "overdue": overdue,
        }
        for name, (count, overdue) in numbers.items()
        if name != "waiting" or count or shown.filter.whose == "waiting"
    ]
    views += [
        {
            "whose": "",
            "text": one.name,
            "href": url_for("tasks.listing", saved=one.id),
            "current": one.id == shown.saved,
            "count": None,
            "overdue": 0,
        }
        for one in kept
    ]
    return views


def _items(choices: Mapping[str, str], chosen: str | None, every: str) -> list[dict[str, Any]]:
    first = {"value": "", "text": every, "selected": chosen is None}
    return [
        first,
        *({"value": value, "text": text, "selected": value == chosen} for value, text in choices.items()),
    ]


def _role_items(pack: Pack, chosen: str | None) -> list[dict[str, Any]]:
    roles = sorted((role for role in pack.roles.values() if not role.external), key=lambda role: role.label)
    return _items({role.id: role.label for role in roles}, chosen, "Any role")


def _obligation_items(pack: Pack, chosen: str | None) -> list[dict[str, Any]]:
    """Return the duties that the procedure's diagrams require, in their own order of the alphabet."""
    known = pack.vocabulary.obligations
    required = {duty.obligation for element in pack.elements for duty in element.duties} & known.keys()
    named = sorted((known[one].meaning, one) for one in required if not known[one].external)
    return _items({one: meaning for meaning, one in named}, chosen, "Any duty")


def _person_items(people: Iterable[tuple[int, str]], chosen: int | None) -> list[dict[str, Any]]:
    if not people:
        return []
    known = {str(NOBODY): "Nobody", **{str(number): name for number, name in people}}
    return _items(known, None if chosen is None else str(chosen), "Anybody")


# --- searching


@blueprint.post("/search")
@signed_in
def search() -> ResponseReturnValue:
    """Search the list; the words are kept on the server, and the address holds the number that stands for them."""
    desk = db.desk()
    access.require(desk.caller, "see_child")
    whose = request.form.get("whose", "")
    group = "child" if request.form.get("group") == "child" else None
    number = filters.keep_search(desk, request.form.get("text", ""))
    whose = whose if whose in VIEWS else "all"
    if number is None:
        return redirect(url_for("tasks.listing", whose=whose, group=group))
    return redirect(url_for("tasks.listing", whose=whose, group=group, search=number))


# --- filters that a person keeps


def _filter_form(title: str) -> Form:
    asked = {
        "name": {"type": "string", "title": "What do you call this list?", "maxLength": filters.LONGEST_NAME},
        "default": {"type": "boolean", "title": "Does the task list open with it?"},
    }
    schema = {"title": title, "type": "object", "properties": asked, "required": ["name"]}
    return Form("task-filter", title, schema, (), ())


@blueprint.route("/filters/new", methods=["GET", "POST"])
@signed_in
def keep_filter() -> ResponseReturnValue:
    """Keep the filter that the address names, under a name."""
    desk = db.desk()
    shown = _asked(desk, tasks.counts(desk), ())

    def act(answers: Answers, key: str) -> str:
        number = filters.save(
            desk, answers["name"], shown.filter, default=bool(answers.get("default")), key=key
        )
        flash("The list is kept under its name.", "success")
        return url_for("tasks.listing", saved=number)

    lead = _filter_words(desk, shown.filter)
    return form_page(_filter_form("Keep this list"), act, lead=lead, back=shown.address(), button="Keep it")


@blueprint.get("/filters")
@signed_in
def kept_filters() -> ResponseReturnValue:
    """Show the person's own filters, to change or delete them."""
    desk = db.desk()
    kept = [(one, _filter_words(desk, one.filter)) for one in filters.saved(desk)]
    return render_template("tasks/filters.html", kept=kept)


@blueprint.route("/filters/<int:number>/change", methods=["GET", "POST"])
@signed_in
def change_filter(number: int) -> ResponseReturnValue:
    """Rename a filter, or let the list open with it."""
    desk = db.desk()
    known = _own_filter(desk, number)

    def act(answers: Answers, key: str) -> str:
        filters.change(desk, number, answers["name"], default=bool(answers.get("default")), key=key)
        flash("The list is changed.", "success")
        return url_for("tasklist.kept_filters")

    initial = {"name": known.name, "default": known.is_default}
    lead = _filter_words(desk, known.filter)
    back = url_for("tasklist.kept_filters")
    return form_page(_filter_form("Change a list of yours"), act, initial=initial, lead=lead, back=back)


@blueprint.post("/filters/<int:number>/delete")
@signed_in
def delete_filter(number: int) -> ResponseReturnValue:
    """Delete a filter of the person's own."""
    filters.delete(db.desk(), number)
    flash("The list is deleted. No task changed.", "success")
    return redirect(url_for("tasklist.kept_filters"))


def _own_filter(desk: Desk, number: int) -> filters.Saved:
    found = next((one for one in filters.saved(desk) if one.id == number), None)
    if found is None:
        raise NotFound("you have no such filter")
    return found


def _filter_words(desk: Desk, wanted: TaskFilter) -> str:
    """Say what a filter shows."""
    pack = procedures.current(desk)
    said = [VIEW_NAMES[wanted.whose]]
    if wanted.role:
        said.append(pack.roles[wanted.role].label if wanted.role in pack.roles else wanted.role)
    if wanted.obligation:
        known = pack.vocabulary.obligations.get(wanted.obligation)
        said.append(known.meaning if known else wanted.obligation)
    if wanted.limit:
        said.append(LIMIT_CHOICES[wanted.limit].lower())
    if wanted.person is not None:
        known_people = dict(tasks.people_with_tasks(desk))
        name = "nobody" if wanted.person == NOBODY else known_people.get(wanted.person, "somebody else")
        said.append(f"tasks that {name} has")
    if wanted.by_child:
        said.append("grouped by child")
    return f"It shows: {'; '.join(said)}."


# --- putting off


@blueprint.route("/<int:task>/put-off", methods=["GET", "POST"])
@signed_in
def put_off(task: int) -> ResponseReturnValue:
    """Put a task off until a day."""
    desk = db.desk()
    row = tasks.one(desk, task)
    latest = tasks.latest_day(desk, row.due)
    asked = {
        "day": {"type": "string", "format": "date", "title": "Until what day?"},
        "reason": {
            "type": "string",
            "title": "What are you waiting for?",
            "maxLength": 300,
            "x-widget": "textarea",
        },
    }
    title = "Put this task off"
    schema = {"title": title, "type": "object", "properties": asked, "required": [*asked]}
    lead = "It comes back to your list at the start of that day, and before its limit whatever you choose."
    if latest is None:
        lead = "Its limit is too near: it stays in your list."
    elif row.due is not None:
        lead += f" The last day that can be chosen is {moments.day_words(latest)}."

    def act(answers: Answers, key: str) -> str:
        day = date.fromisoformat(str(answers["day"]))
        moment = tasks.put_off_until(desk, task, day, answers["reason"], key=key)
        flash(f"The task is back in your list on {moments.day_words(moment.date())}.", "success")
        return places.back()

    caption = f"{row.name}, case {row.reference}"
    form = Form("put-off", title, schema, (), ())
    return form_page(form, act, caption=caption, lead=lead, back=places.back(), button="Put it off")


@blueprint.post("/<int:task>/take-up")
@signed_in
def take_up(task: int) -> ResponseReturnValue:
    """Bring a task that was put off back into the list."""
    tasks.take_up(db.desk(), task)
    flash("The task is back in your list.", "success")
    return redirect(places.back())


# --- one sitting


@blueprint.post("/sittings")
@signed_in
def begin_sitting() -> ResponseReturnValue:
    """Begin to work through the tasks of one child."""
    child = request.form.get("child", type=int)
    first = request.form.get("first", type=int)
    if child is None:
        raise NotFound("no child is named")
    number = sittings.begin(db.desk(), child, first, key=request.form.get("key"))
    return redirect(url_for("tasklist.sitting", sitting=number))


@blueprint.get("/sittings/<int:sitting>")
@signed_in
def sitting(sitting: int) -> ResponseReturnValue:
    """Lead on to the next task of a sitting; at its end say what became of each."""
    view = sittings.view(db.desk(), sitting)
    if view.next is not None and "stop" not in request.args:
        return redirect(url_for("tasks.show", task=view.next, back=places.seal(_of_sitting(sitting))))
    return render_template("tasks/sitting.html", sitting=view)


@blueprint.post("/sittings/<int:sitting>/leave/<int:task>")
@signed_in
def leave_task(sitting: int, task: int) -> ResponseReturnValue:
    """Leave a task of a sitting for later, and go on with the next."""
    sittings.leave(db.desk(), sitting, task)
    return redirect(url_for("tasklist.sitting", sitting=sitting))


def _of_sitting(sitting: int) -> str:
    return local_path(url_for("tasklist.sitting", sitting=sitting))


@blueprint.app_template_global()
def present_sitting() -> sittings.SittingView | None:
    """Return the sitting in which the task of this page is done, None where it is done by itself."""
    address = places.opened(request.values.get(places.FIELD)) or ""
    before, _, number = address.rpartition("/")
    if before != url_for("tasklist.begin_sitting") or not number.isdigit():
        return None
    try:
        return sittings.view(db.desk(), int(number))
    except NotFound:
        return None
