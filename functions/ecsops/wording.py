"""Words that go with a number."""

from __future__ import annotations


def agreeing(number: int, one: str, several: str) -> str:
    """``is`` of one thing, ``are`` of none or several."""
    return one if number == 1 else several


def counted(number: int, thing: str, things: str = "") -> str:
    """``1 task``, ``2 tasks``; ``things`` where that is not ``thing`` and an s."""
    return f"{number} {agreeing(number, thing, things or f'{thing}s')}"
