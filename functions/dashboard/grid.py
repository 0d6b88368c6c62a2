"""A table of cells: which columns are shown, and what stands in them.

A column whose cells are all empty is not shown, so a column for a capability that nobody uses costs
no room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.level import Level
from ecsops.markup import Html, element, shorten

_NAME_LENGTH = 80
_CLASSES = {
    Level.FINE: "eo-fine",
    Level.BUSY: "eo-busy",
    Level.WARNING: "eo-warning",
    Level.CRITICAL: "eo-critical",
}
_MARKS = {Level.FINE: "●", Level.BUSY: "◐", Level.WARNING: "▲", Level.CRITICAL: "✖"}


@dataclass(frozen=True, slots=True)
class Column[R]:
    """``cell`` says nothing (``NOTHING``) where a row has nothing to show.

    ``share`` is the relative width; widgets narrower than ``from_width`` pixels leave the column out.
    """

    title: str
    cell: Callable[[R, float], Html]
    share: int
    from_width: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns that are shown, as title and share, and their cells row by row."""

    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Html, ...], ...]


def grid[R](columns: Sequence[Column[R]], rows: Sequence[R], width: int, now: float) -> Grid:
    """Every cell, without the columns that do not fit or have nothing to show."""
    fitting = [column for column in columns if column.from_width <= width]
    cells = [[column.cell(row, now) for row in rows] for column in fitting]
    shown = [at for at in range(len(fitting)) if any(cells[at])]
    return Grid(
        tuple((fitting[at].title, fitting[at].share) for at in shown),
        tuple(zip(*(cells[at] for at in shown), strict=True)) if shown else (),
    )


def name_cell(name: str, cluster: str) -> Html:
    """A name and the cluster that it is in."""
    shown = element("bdi", shorten(name, _NAME_LENGTH), class_="eo-name")
    place = element("bdi", shorten(cluster, _NAME_LENGTH), class_="eo-quiet")
    return element("div", shown, " ", place, title=f"{cluster}/{name}")


def level_cell(level: Level, why: str) -> Html:
    """How much something needs a person, and why: as a mark, a colour and words."""
    mark = element("span", _MARKS[level], aria_hidden="true")
    return element("span", mark, " ", why, class_=_CLASSES[level])


def lasted(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h``, ``5 d``."""
    if not math.isfinite(seconds):
        return "?"
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
