"""How much something needs a person."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Level(IntEnum):
    """From nothing to at once."""

    FINE = 0
    BUSY = 1
    WARNING = 2
    CRITICAL = 3


type Finding = tuple[Level, str]


def weightiest(findings: Iterable[Finding]) -> Finding:
    """The first of the highest level."""
    return max(findings, key=lambda finding: finding[0])
