"""What one value of an event pattern accepts: the comparison operators of EventBridge.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeIs

from sandbox.errors import ApiError

Accepts = Callable[[Any], bool]
NUMERIC_LIMIT = 5.0e9
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


@dataclass(frozen=True, slots=True)
class Exists:
    """The field must be present, or must be absent, anywhere in the event."""

    wanted: bool


def invalid(reason: str) -> ApiError:
    """Word a refusal as PutRule does."""
    return ApiError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")


def is_number(value: object) -> TypeIs[int | float]:
    """JSON numbers; Python's booleans are integers, JSON's are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def exactly(wanted: object) -> Accepts:
    """Compare the JSON text: 300 and 300.0 differ, so do ``true`` and ``"true"``.

    "For numbers, EventBridge uses string representation. For example, 300, 300.0, and 3.0e2 aren't
    considered equal." (eb-create-pattern). Parsed events cannot tell 300.0 from 3.0e2.
    """
    if isinstance(wanted, str):
        return lambda value: type(value) is str and value == wanted
    text = json.dumps(wanted)
    kind = type(wanted)
    return lambda value: type(value) is kind and json.dumps(value) == text


def operator(expression: dict[str, Any]) -> Accepts | Exists:
    """Turn ``{"prefix": "eu-"}`` and its like into a predicate."""
    if len(expression) != 1:
        raise invalid("Only one key allowed in match expression")
    ((name, operand),) = expression.items()
    if name not in _OPERATORS:
        raise invalid(f"Unrecognized match type {name}")
    return _OPERATORS[name](operand)


def _exists(operand: object) -> Exists:
    if not isinstance(operand, bool):
        raise invalid("exists match pattern must be either true or false.")
    return Exists(operand)


def _text(name: str, operand: object) -> str:
    if not isinstance(operand, str):
        raise invalid(f"{name} match pattern must be a string")
    return operand


def _affix(name: str, test: Callable[[str, str], bool]) -> Callable[[Any], Accepts]:
    def build(operand: object) -> Accepts:
        if isinstance(operand, dict):
            if list(operand) != ["equals-ignore-case"]:
                raise invalid(f"Unsupported {name} match pattern")
            folded = _text(name, operand["equals-ignore-case"]).lower()
            return lambda value: isinstance(value, str) and test(value.lower(), folded)
        wanted = _text(name, operand)
        return lambda value: isinstance(value, str) and test(value, wanted)

    return build


def _ignore_case(operand: object) -> Accepts:
    folded = _text("equals-ignore-case", operand).lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _wildcard(operand: object) -> Accepts:
    pattern = re.compile(_wildcard_expression(_text("wildcard", operand)), re.DOTALL)
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _wildcard_expression(wanted: str) -> str:
    expression, escaped, starred = "", False, False
    for char in wanted:
        if escaped and char not in "*\\":
            raise invalid(f"Invalid escape character in wildcard: \\{char}")
        if escaped or char not in "*\\":
            expression, escaped, starred = expression + re.escape(char), False, False
        elif char == "\\":
            escaped = True
        elif starred:
            raise invalid("Consecutive wildcard characters are not allowed")
        else:
            expression, starred = expression + ".*", True
    if escaped:
        raise invalid("Invalid escape character at end of wildcard")
    return expression


def _cidr(operand: object) -> Accepts:
    text = _text("cidr", operand)
    if "/" not in text:
        raise invalid("Malformed CIDR, one '/' required")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise invalid(f"Malformed CIDR, {error}") from error

    def inside(value: object) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return inside


def _numeric(operand: object) -> Accepts:
    if not isinstance(operand, list) or not operand:
        raise invalid("Invalid member in numeric match: expected an array")
    if len(operand) not in {2, 4}:
        raise invalid("Too many terms in numeric range expression, or value of comparison missing")
    terms = list(zip(operand[::2], operand[1::2], strict=True))
    for name, bound in terms:
        _check_term(name, bound)
    if len(terms) == 2:
        _check_range(terms)

    def within(value: object) -> bool:
        return is_number(value) and all(COMPARISONS[name](value, bound) for name, bound in terms)

    return within


def _check_term(name: object, bound: object) -> None:
    if not isinstance(name, str) or name not in COMPARISONS:
        raise invalid(f"Unrecognized numeric range operator: {name}")
    if not is_number(bound):
        raise invalid(f"Value of {name} must be numeric")
    if abs(bound) > NUMERIC_LIMIT:
        raise invalid(f"Value must be between -{NUMERIC_LIMIT:g} and {NUMERIC_LIMIT:g}, inclusive")


def _check_range(terms: list[tuple[str, float]]) -> None:
    (low, bottom), (high, top) = terms
    if not low.startswith(">") or not high.startswith("<"):
        raise invalid("Bad numeric range operator: expected a lower bound, then an upper bound")
    if bottom >= top:
        raise invalid("Bottom must be less than top")


def _anything_but(operand: object) -> Accepts:
    if isinstance(operand, dict):
        return _anything_but_operator(operand)
    wanted = operand if isinstance(operand, list) else [operand]
    if not wanted:
        raise invalid("Empty arrays are not allowed")
    if all(isinstance(value, str) for value in wanted):
        texts = frozenset(wanted)
        return lambda value: not (isinstance(value, str) and value in texts)
    if all(is_number(value) for value in wanted):
        numbers = frozenset(wanted)
        return lambda value: not (is_number(value) and value in numbers)
    raise invalid(
        "Inside anything but list, either all values are number or string, mixed not allowed"
    )


def _anything_but_operator(operand: dict[str, Any]) -> Accepts:
    if len(operand) != 1:
        raise invalid("Only one key allowed in match expression")
    ((name, inner),) = operand.items()
    if name not in {"prefix", "suffix", "wildcard", "equals-ignore-case"}:
        raise invalid(f"Unsupported anything-but pattern: {name}")
    refused = list(_each(name, inner))
    if not refused:
        raise invalid("Empty arrays are not allowed")
    return lambda value: not any(accepts(value) for accepts in refused)


def _each(name: str, inner: object) -> Iterable[Accepts]:
    for value in inner if isinstance(inner, list) else [inner]:
        built = operator({name: value})
        if not isinstance(built, Exists):
            yield built


_OPERATORS: dict[str, Callable[[Any], Accepts | Exists]] = {
    "exists": _exists,
    "prefix": _affix("prefix", str.startswith),
    "suffix": _affix("suffix", str.endswith),
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
    "cidr": _cidr,
    "numeric": _numeric,
    "anything-but": _anything_but,
}
