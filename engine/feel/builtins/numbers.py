"""Numeric functions (DMN 1.3, table 75; the rounding family of DMN 1.4)."""

from __future__ import annotations

import decimal
from decimal import Decimal

from engine.feel.arithmetic import Undefined, finite
from engine.feel.builtins.registry import builtin, whole
from engine.feel.run import Run
from engine.feel.values import NUMBERS, Value, YearsMonths

_SCALES = range(-6111, 6177)
"""The scales the standard allows."""


def rounded(number: Decimal, scale: Decimal | None, mode: str) -> Decimal:
    """Round to so many decimal places; digits that are not there are never made up."""
    places = whole(Decimal(0) if scale is None else scale, "the scale")
    if places not in _SCALES:
        raise Undefined("the scale lies outside -6111 to 6176")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return number
    result = number.quantize(Decimal(1).scaleb(-places), rounding=mode, context=_wide(number, places))
    return finite(NUMBERS.plus(result if places > 0 else result + 0))


def _wide(number: Decimal, places: int) -> decimal.Context:
    """Return a context with room for the digits of the result, which is bounded because the number is."""
    digits = max(number.adjusted() + places + 3, 1) if number else 1
    return decimal.Context(prec=min(max(digits, 34), 100), Emin=-6200, Emax=6200, traps=[])


@builtin("decimal(n: number, scale: number)")
def decimal_(run: Run, n: Decimal, scale: Decimal) -> Value:
    return rounded(n, scale, decimal.ROUND_HALF_EVEN)


@builtin("floor(n: number, scale?: number)")
def floor(run: Run, n: Decimal, scale: Decimal | None = None) -> Value:
    return rounded(n, scale, decimal.ROUND_FLOOR)


@builtin("ceiling(n: number, scale?: number)")
def ceiling(run: Run, n: Decimal, scale: Decimal | None = None) -> Value:
    return rounded(n, scale, decimal.ROUND_CEILING)


@builtin("round up(n: number, scale: number)")
def round_up(run: Run, n: Decimal, scale: Decimal) -> Value:
    return rounded(n, scale, decimal.ROUND_UP)


@builtin("round down(n: number, scale: number)")
def round_down(run: Run, n: Decimal, scale: Decimal) -> Value:
    return rounded(n, scale, decimal.ROUND_DOWN)


@builtin("round half up(n: number, scale: number)")
def round_half_up(run: Run, n: Decimal, scale: Decimal) -> Value:
    return rounded(n, scale, decimal.ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)")
def round_half_down(run: Run, n: Decimal, scale: Decimal) -> Value:
    return rounded(n, scale, decimal.ROUND_HALF_DOWN)


@builtin("abs(n: number)")
def abs_number(run: Run, n: Decimal) -> Value:
    return abs(n)


@builtin("abs(n: duration)")
def abs_duration(run: Run, n: Value) -> Value:
    return YearsMonths(abs(n.months_in_all)) if isinstance(n, YearsMonths) else abs(n)


@builtin("modulo(dividend: number, divisor: number)")
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Value:
    """dividend − divisor × floor(dividend / divisor): the sign of the divisor."""
    if not divisor:
        raise Undefined("the divisor is zero")
    remainder = NUMBERS.remainder(dividend, divisor)
    if not remainder.is_finite():
        raise Undefined("the dividend is too many times the divisor for the remainder to be known")
    if remainder and (remainder < 0) != (divisor < 0):
        remainder = NUMBERS.add(remainder, divisor)
    return remainder


@builtin("sqrt(number: number)")
def sqrt(run: Run, number: Decimal) -> Value:
    if number < 0:
        raise Undefined("a negative number has no square root")
    return finite(NUMBERS.sqrt(number))


@builtin("log(number: number)")
def log(run: Run, number: Decimal) -> Value:
    if number <= 0:
        raise Undefined("only a positive number has a logarithm")
    return finite(NUMBERS.ln(number))


@builtin("exp(number: number)")
def exp(run: Run, number: Decimal) -> Value:
    return finite(NUMBERS.exp(number))


@builtin("odd(number: number)")
def odd(run: Run, number: Decimal) -> Value:
    return _integer(number) % 2 == 1


@builtin("even(number: number)")
def even(run: Run, number: Decimal) -> Value:
    return _integer(number) % 2 == 0


def _integer(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise Undefined("only a whole number is odd or even")
    return int(number)
