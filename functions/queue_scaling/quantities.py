"""Durations, counts and words in tags of queue scaling."""

from __future__ import annotations

import re

from queue_scaling.problem import InvalidTag

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)", re.ASCII)
_COUNT = re.compile(r"\d{1,6}", re.ASCII)


def seconds(tag: str, text: str, *, least: float, most: float) -> float:
    """A duration such as ``250ms``, ``1.5s``, ``5m``."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise InvalidTag(tag, text, "expected a duration like 250ms, 30s, 5m or 2h")
    value = float(match[1]) * _UNITS[match[2]]
    if not least <= value <= most:
        raise InvalidTag(tag, text, f"expected between {_written(least)} and {_written(most)}")
    return value


def count(tag: str, text: str, *, least: int, most: int) -> int:
    """A whole number."""
    match = _COUNT.fullmatch(text.strip())
    if match is None or not least <= int(text) <= most:
        raise InvalidTag(tag, text, f"expected a whole number from {least} to {most}")
    return int(text)


def word(tag: str, text: str, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    found = text.strip().lower()
    if found not in allowed:
        raise InvalidTag(tag, text, f"expected {', '.join(allowed[:-1])} or {allowed[-1]}")
    return found


def items(tag: str, text: str) -> dict[str, str]:
    """``orders@30s mails@5m`` by name, and under the empty name what stands alone."""
    found: dict[str, str] = {}
    for item in text.split():
        name, at, value = item.rpartition("@")
        if name in found or (at and not name):
            raise InvalidTag(tag, text, f"{item!r}: expected NAME@DURATION, each name once")
        found[name] = value
    return found


def _written(value: float) -> str:
    for unit, size in (("h", 3600.0), ("m", 60.0), ("s", 1.0)):
        if value >= size and value % size == 0:
            return f"{value / size:g}{unit}"
    return f"{value * 1000:g}ms"
