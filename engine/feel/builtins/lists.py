"""List functions and sort (DMN 1.3, tables 74 and 77; `list replace` of DMN 1.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cmp_to_key

from engine.feel.arithmetic import Undefined, calculate, finite
from engine.feel.builtins.registry import builtin, whole
from engine.feel.run import Run
from engine.feel.values import NUMBERS, Function, Value, YearsMonths, compare, equal


@builtin("list contains(list: list, element: any)")
def list_contains(run: Run, items: list[Value], element: Value) -> Value:
    run.spend(len(items))
    return any(equal(item, element, run.spend) is True for item in items)


@builtin("count(list: list)")
def count(run: Run, items: list[Value]) -> Value:
    return Decimal(len(items))


def _extreme(run: Run, items: list[Value], sign: int) -> Value:
    run.spend(len(items))
    if not items:
        raise Undefined("the list is empty")
    best = items[0]
    if compare(best, best) is None:
        raise Undefined("its items cannot be compared")
    for item in items[1:]:
        order = compare(item, best)
        if order is None:
            raise Undefined("its items cannot be compared with each other")
        if order * sign > 0:
            best = item
    return best


@builtin("min(list...: list)")
def minimum(run: Run, items: list[Value]) -> Value:
    return _extreme(run, items, -1)


@builtin("max(list...: list)")
def maximum(run: Run, items: list[Value]) -> Value:
    return _extreme(run, items, 1)


def _numbers(run: Run, items: list[Value]) -> list[Decimal]:
    run.spend(len(items))
    if not items:
        raise Undefined("the list is empty")
    if not all(type(item) is Decimal for item in items):
        raise Undefined("it takes numbers only")
    return items


@builtin("sum(list...: list)")
def total(run: Run, items: list[Value]) -> Value:
    """Numbers, or durations of one kind."""
    run.spend(len(items))
    if not items:
        raise Undefined("the list is empty")
    result = items[0]
    if type(result) not in (Decimal, timedelta, YearsMonths):
        raise Undefined("it takes numbers or durations")
    for item in items[1:]:
        if type(item) is not type(result):
            raise Undefined("its items are of different types")
        result = calculate("+", result, item)
    return result


@builtin("mean(list...: list)")
def mean(run: Run, items: list[Value]) -> Value:
    return calculate("/", total(run, items), Decimal(len(items)))


@builtin("product(list...: list)")
def product(run: Run, items: list[Value]) -> Value:
    result = Decimal(1)
    for item in _numbers(run, items):
        result = finite(NUMBERS.multiply(result, item))
    return result


@builtin("median(list...: list)")
def median(run: Run, items: list[Value]) -> Value:
    ordered = sorted(_numbers(run, items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return finite(NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2)))


@builtin("stddev(list...: list)")
def stddev(run: Run, items: list[Value]) -> Value:
    """The standard deviation of a sample."""
    numbers = _numbers(run, items)
    if len(numbers) < 2:
        raise Undefined("it takes two numbers at least")
    average = calculate("/", total(run, list(numbers)), Decimal(len(numbers)))
    squares = Decimal(0)
    for number in numbers:
        squares = NUMBERS.add(squares, NUMBERS.power(NUMBERS.subtract(number, average), Decimal(2)))
    return finite(NUMBERS.sqrt(NUMBERS.divide(squares, Decimal(len(numbers) - 1))))


@builtin("mode(list...: list)")
def mode(run: Run, items: list[Value]) -> Value:
    if not items:
        return []
    counts: dict[Decimal, int] = {}
    for number in _numbers(run, items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values())
    return sorted(number for number, times in counts.items() if times == most)


@builtin("all(list...: list)")
def all_true(run: Run, items: list[Value]) -> Value:
    run.spend(len(items))
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


@builtin("any(list...: list)")
def any_true(run: Run, items: list[Value]) -> Value:
    run.spend(len(items))
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


@builtin("sublist(list: list, start position: number, length?: number)")
def sublist(run: Run, items: list[Value], start: Decimal, length: Decimal | None = None) -> Value:
    at = _position(items, start, room=1)
    if length is None:
        return run.list_of(items[at:])
    size = whole(length, "the length")
    if size < 0:
        raise Undefined("the length is negative")
    return run.list_of(items[at : at + size])


def _position(items: list[Value], position: Decimal, room: int = 0) -> int:
    """Turn a position counted from 1, or from the end when negative, into an index."""
    at = whole(position, "the position")
    if at == 0 or abs(at) > len(items) + (room if at > 0 else 0):
        raise Undefined(f"the list of {len(items)} has no position {at}")
    return at - 1 if at > 0 else len(items) + at


@builtin("append(list: list, item...: any)")
def append(run: Run, items: Value, added: list[Value]) -> Value:
    return run.list_of([*items, *added])


@builtin("concatenate(list...: any)")
def concatenate(run: Run, lists: list[Value]) -> Value:
    result: list[Value] = []
    for part in lists:
        result.extend(part if isinstance(part, list) else [part])
        run.list_of(result)
    return result


@builtin("insert before(list: list, position: number, newItem: any)")
def insert_before(run: Run, items: list[Value], position: Decimal, item: Value) -> Value:
    at = _position(items, position, room=1)
    return run.list_of([*items[:at], item, *items[at:]])


@builtin("remove(list: list, position: number)")
def remove(run: Run, items: list[Value], position: Decimal) -> Value:
    at = _position(items, position)
    return run.list_of([*items[:at], *items[at + 1 :]])


@builtin("list replace(list: list, position: number, newItem: any)")
def list_replace(run: Run, items: list[Value], position: Decimal, item: Value) -> Value:
    at = _position(items, position)
    return run.list_of([*items[:at], item, *items[at + 1 :]])


@builtin("list replace(list: list, match: function, newItem: any)")
def list_replace_matching(run: Run, items: list[Value], match: Function, item: Value) -> Value:
    if len(match.parameters) != 2:
        raise Undefined("the function must take an item and the new item")
    run.list_of(items)
    result = []
    for old in items:
        verdict = match.call([old, item])
        if not isinstance(verdict, bool):
            raise Undefined("the function must return true or false")
        result.append(item if verdict else old)
    return result


@builtin("reverse(list: list)")
def reverse(run: Run, items: list[Value]) -> Value:
    return run.list_of(items[::-1])


@builtin("index of(list: list, match: any)")
def index_of(run: Run, items: list[Value], match: Value) -> Value:
    run.spend(len(items))
    return [Decimal(at) for at, item in enumerate(items, start=1) if equal(item, match, run.spend) is True]


def _distinct(run: Run, items: list[Value]) -> list[Value]:
    result: list[Value] = []
    for item in items:
        run.spend(1 + len(result))
        if not any(equal(item, kept, run.spend) is True for kept in result):
            result.append(item)
    return result


@builtin("union(list...: any)")
def union(run: Run, lists: list[Value]) -> Value:
    return _distinct(run, concatenate(run, lists))


@builtin("distinct values(list: list)")
def distinct_values(run: Run, items: list[Value]) -> Value:
    return _distinct(run, items)


@builtin("flatten(list: list)")
def flatten(run: Run, items: list[Value]) -> Value:
    result: list[Value] = []
    waiting = list(reversed(items))
    while waiting:
        run.spend(1)
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        else:
            result.append(item)
    return run.list_of(result)


@builtin("sort(list: list)")
def sort_natural(run: Run, items: list[Value]) -> Value:
    def order(a: Value, b: Value) -> int:
        run.spend(1)
        result = compare(a, b)
        if result is None:
            raise Undefined("its items have no order")
        return result

    return _sorted(run, items, order)


@builtin("sort(list: list, precedes: function)")
def sort(run: Run, items: list[Value], precedes: Function) -> Value:
    if len(precedes.parameters) != 2:
        raise Undefined("the function must take two items")

    def order(a: Value, b: Value) -> int:
        run.spend(1)
        if precedes.call([a, b]) is True:
            return -1
        return 1 if precedes.call([b, a]) is True else 0

    return _sorted(run, items, order)


def _sorted(run: Run, items: list[Value], order: Callable[[Value, Value], int]) -> Value:
    return sorted(run.list_of(list(items)), key=cmp_to_key(order))
