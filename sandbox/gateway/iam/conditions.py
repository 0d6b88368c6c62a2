"""The ``Condition`` block of a statement."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.gateway.iam.patterns import arn_like, like

# Keys are lower case (IAM compares them without case); several values where the key has several.
Context = Mapping[str, str | Sequence[str]]

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_SPECIAL_CHARACTERS = {"*", "?", "$"}


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, actual: compare(float(actual), float(wanted))


def _date(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, actual: compare(_moment(actual), _moment(wanted))


def _moment(value: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return datetime.fromtimestamp(float(value), UTC)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


_MATCH: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: wanted == actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    "BinaryEquals": lambda wanted, actual: wanted == actual,
    "IpAddress": _in_network,
    "NumericEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericLessThanEquals": _number(lambda actual, wanted: actual <= wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
    "NumericGreaterThanEquals": _number(lambda actual, wanted: actual >= wanted),
    "DateEquals": _date(lambda actual, wanted: actual == wanted),
    "DateLessThan": _date(lambda actual, wanted: actual < wanted),
    "DateLessThanEquals": _date(lambda actual, wanted: actual <= wanted),
    "DateGreaterThan": _date(lambda actual, wanted: actual > wanted),
    "DateGreaterThanEquals": _date(lambda actual, wanted: actual >= wanted),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def known_operator(operator: str) -> bool:
    """Tell whether IAM has such a condition operator."""
    name = operator.split(":", 1)[-1].removesuffix("IfExists")
    quantifier = operator.split(":", 1)[0] if ":" in operator else ""
    known = name in _MATCH or name in _NEGATED or operator == "Null"
    return known and quantifier in ("", "ForAllValues", "ForAnyValue")


def holds(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """All operators and all keys have to match; the values of a key are alternatives."""
    return all(
        _holds(operator, _texts(wanted), context.get(key.lower()), context)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def substituted(text: str, context: Context) -> str | None:
    """Fill in policy variables such as ``${aws:PrincipalTag/team}``; None when one has no value."""
    complete = True

    def value_of(match: re.Match[str]) -> str:
        nonlocal complete
        name = match.group(1)
        if name in _SPECIAL_CHARACTERS:
            return name
        value = context.get(name.lower())
        complete = complete and isinstance(value, str)
        return value if isinstance(value, str) else ""

    filled = _VARIABLE.sub(value_of, text)
    return filled if complete else None


def _holds(
    operator: str, wanted: list[str], actual: str | Sequence[str] | None, context: Context
) -> bool:
    if not known_operator(operator):
        return False
    if operator == "Null":
        return any((value.lower() == "true") == (actual is None) for value in wanted)
    quantifier, _, name = operator.rpartition(":")
    if name.endswith("IfExists"):
        name = name.removesuffix("IfExists")
        if actual is None:
            return True
    negated = name in _NEGATED
    if actual is None:
        return quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    filled = [
        text for text in (substituted(value, context) for value in wanted) if text is not None
    ]
    match = _MATCH[_NEGATED.get(name, name)]
    values = [actual] if isinstance(actual, str) else list(actual)
    verdicts = [any(_safely(match, value, one) for value in filled) != negated for one in values]
    if quantifier == "ForAnyValue":
        return any(verdicts)
    return all(verdicts)


def _safely(match: Callable[[str, str], bool], wanted: str, actual: str) -> bool:
    """A value that is no number, date or address matches nothing."""
    try:
        return match(wanted, actual)
    except ValueError:
        return False


def _texts(wanted: Any) -> list[str]:
    values = wanted if isinstance(wanted, list) else [wanted]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
