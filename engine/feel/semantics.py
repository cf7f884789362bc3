"""What operators mean once their operands are values: membership, order, positions, paths, iteration.

Nothing here knows trees or scopes, so that each rule of the standard can be read, and tested, by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from engine.feel import tree
from engine.feel.errors import FeelLimit
from engine.feel.properties import property_of
from engine.feel.run import Run
from engine.feel.values import (
    LIMITS_HELP,
    MAX_LIST,
    Function,
    Range,
    Spend,
    Value,
    compare,
    equal,
    feel_type,
    read,
)


def matches(value: Value, found: Value, spend: Spend) -> bool | None:
    """Test an input against the value of a test: member of a list, inside a range, or equal (DMN 1.3, table 55)."""
    if isinstance(found, Range) and not isinstance(value, Range):
        return found.contains(value)
    if isinstance(found, list):
        if isinstance(value, list) and equal(value, found, spend) is True:
            return True
        return any(_member(value, item, spend) is True for item in found)
    return equal(value, found, spend)


def _member(value: Value, item: Value, spend: Spend) -> bool | None:
    if isinstance(item, Range) and not isinstance(value, Range):
        return item.contains(value)
    return equal(value, item, spend)


def any_of(results: Iterable[bool | None]) -> bool | None:
    """Join tests by or, stopping at the first that holds; a test that is null neither holds nor fails."""
    total: bool | None = False
    for result in results:
        if result is True:
            return True
        if result is None:
            total = None
    return total


def ordered(operator: str, a: Value, b: Value, run: Run) -> bool | None:
    order = compare(a, b)
    if order is None:
        if a is not None and b is not None:
            run.warn(f"a {feel_type(a)} and a {feel_type(b)} cannot be compared by {operator}")
        return None
    if operator == "<":
        return order < 0
    if operator == "<=":
        return order <= 0
    return order > 0 if operator == ">" else order >= 0


def nth(items: list[Value], position: Value, run: Run) -> Value:
    """Return the item at a position counted from 1, or from the end when it is negative."""
    if (
        isinstance(position, Decimal)
        and position == position.to_integral_value()
        and abs(position) <= MAX_LIST
    ):
        index = int(position)
        if 1 <= index <= len(items):
            return items[index - 1]
        if -len(items) <= index <= -1:
            return items[index]
    run.warn(f"the list of {len(items)} has no item {position}")
    return None


def path_of_other(value: Value, name: str, whole: str, run: Run) -> Value:
    """Follow a path into a list (item by item) or to a property of a date, time, duration or range."""
    if isinstance(value, list):
        return run.list_of([_path_of_item(item, name, whole, run) for item in value])
    if value is None:
        return None
    found = property_of(value, name)
    if found is NotImplemented:
        run.warn(f"{whole}: a {feel_type(value)} has no {name}")
        return None
    return found


def _path_of_item(item: Value, name: str, whole: str, run: Run) -> Value:
    if isinstance(item, Mapping):
        return read(item.get(name), whole, run.spend)
    return path_of_other(item, name, whole, run)


def inner_ends(domain: Range) -> tuple[Value, Value]:
    """Return the first and last whole member of a range; the ends themselves where it is not of numbers or dates."""
    first, last = domain.start, domain.end
    one: Value = Decimal(1) if isinstance(first, Decimal) else timedelta(days=1)
    if feel_type(first) in ("number", "date") and feel_type(last) == feel_type(first):
        if not domain.start_included:
            first = first + one
        if not domain.end_included:
            last = last - one
    return first, last


def count_through(first: Value, last: Value, run: Run, _: Value) -> Iterable[Value] | None:
    """Return the numbers or dates from first to last, downwards when last is smaller."""
    if isinstance(first, Decimal) and isinstance(last, Decimal):
        if first != first.to_integral_value() or last != last.to_integral_value():
            run.warn("an iteration runs over whole numbers only")
            return None
        length = abs(last - first) + 1
        step: Value = Decimal(1 if last >= first else -1)
    elif feel_type(first) == "date" and feel_type(last) == "date":
        length = Decimal(abs((last - first).days) + 1)
        step = timedelta(days=1 if last >= first else -1)
    else:
        run.warn(f"an iteration cannot run from a {feel_type(first)} to a {feel_type(last)}")
        return None
    if length > MAX_LIST:
        raise FeelLimit(f"an iteration over {length} values is too long: {LIMITS_HELP}")
    return (first + step * index for index in range(int(length)))


def invoke(function: Function, arguments: Sequence[Value], run: Run) -> Value:
    """Call a function value; null with a warning where the number of arguments is wrong."""
    if len(arguments) != len(function.parameters):
        run.warn(f"{function.name} takes {len(function.parameters)} arguments, not {len(arguments)}")
        return None
    return function.call(arguments)


def is_condition(node: tree.Node) -> bool:
    """Tell whether a test is a condition whose truth decides, and not a value to be compared with the input.

    A cell `true` asks whether the input is true; a cell `? > 3` or `contains(?, "x")` is itself the answer.
    """
    if isinstance(node, (tree.Boolean, tree.Name, tree.Path)):
        return False
    return True
