"""The table's columns. A new one is one more object in ``COLUMNS``.

A column whose cells are all empty is not shown, so a column for a capability that nobody uses costs
no room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.fleet import Level, Row
from dashboard.svg import bar, sparkline
from ecsops.markup import NOTHING, Html, element, join, shorten
from ecsops.tags import SPOT_DRAIN

_NAME_LENGTH, _REASON_LENGTH = 80, 200
_LEVEL_CLASS = {
    Level.FINE: "eo-fine",
    Level.BUSY: "eo-busy",
    Level.WARNING: "eo-warning",
    Level.CRITICAL: "eo-critical",
}
_MARKS = {Level.FINE: "●", Level.BUSY: "◐", Level.WARNING: "▲", Level.CRITICAL: "✖"}


@dataclass(frozen=True, slots=True)
class Column:
    """``cell`` says nothing (``NOTHING``) where a service has nothing to show.

    ``share`` is the relative width; widgets narrower than ``from_width`` pixels leave the column out.
    """

    title: str
    cell: Callable[[Row, float], Html]
    share: int
    from_width: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns that are shown, and their cells row by row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Html, ...], ...]


def grid(rows: Sequence[Row], width: int, now: float) -> Grid:
    """Every cell, without the columns that do not fit or have nothing to show."""
    fitting = [column for column in COLUMNS if column.from_width <= width]
    cells = [[column.cell(row, now) for row in rows] for column in fitting]
    shown = [at for at in range(len(fitting)) if any(cells[at])]
    return Grid(
        tuple(fitting[at] for at in shown),
        tuple(zip(*(cells[at] for at in shown), strict=True)) if shown else (),
    )


def lasted(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h``, ``5 d``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _service(row: Row, _now: float) -> Html:
    service = row.service
    name = element("bdi", shorten(service.name, _NAME_LENGTH), class_="eo-name")
    cluster = element("bdi", shorten(service.cluster, _NAME_LENGTH), class_="eo-quiet")
    return element("div", name, " ", cluster, title=f"{service.cluster}/{service.name}")


def _state(row: Row, _now: float) -> Html:
    level, why = row.verdict
    mark = element("span", _MARKS[level], aria_hidden="true")
    return element("span", mark, " ", why, class_=_LEVEL_CLASS[level])


def _tasks(row: Row, _now: float) -> Html:
    service = row.service
    kind = "eo-bar-fine" if service.running >= service.desired else "eo-bar-short"
    pending = element("span", f" +{service.pending}", class_="eo-quiet", title="pending tasks")
    return join(
        (
            bar(service.running, service.desired, kind),
            " ",
            element("span", f"{service.running}/{service.desired}", class_="eo-number"),
            pending if service.pending else NOTHING,
        )
    )


def _spot_share(row: Row, _now: float) -> Html:
    service, share = row.service, row.service.spot
    if share is None or not (service.uses_spot or share.spot):
        return NOTHING
    if not share.running:
        return element("span", "Spot, no task", class_="eo-quiet")
    sign = "≈" if share.planned else ""
    title = "reckoned from base and weights of a mixed strategy" if share.planned else None
    text = element(
        "span", f"{sign}{share.percent}\N{NO-BREAK SPACE}%", class_="eo-number", title=title
    )
    return join((bar(share.spot, share.running, "eo-bar-spot"), " ", text, _drain_mode(row)))


def _drain_mode(row: Row) -> Html:
    """What the service's own tag says, where it is not simply on."""
    mode, _ = SPOT_DRAIN.read(row.service.tags)
    return NOTHING if mode == "on" else element("div", f"drain {mode}", class_="eo-quiet")


def _deployment(row: Row, now: float) -> Html:
    rollout = row.service.rollout
    if rollout.state == "steady":
        return NOTHING
    facts = [rollout.state, f"{rollout.done}/{rollout.wanted} new tasks"]
    if rollout.failed_tasks:
        facts.append(f"{rollout.failed_tasks} failed")
    if rollout.since is not None:
        facts.append(lasted(now - rollout.since))
    reason = shorten(rollout.reason, _REASON_LENGTH)
    return element("span", ", ".join(facts), title=reason or None)


def _spot_day(row: Row, _now: float) -> Html:
    day = row.spot_day
    if day is None:
        return NOTHING
    series = (
        ("eo-native", "by ECS", day.native),
        ("eo-backstop", "by toolkit", day.backstop),
        ("eo-stuck", "by nobody", day.stuck),
    )
    counts = [f"{sum(values)} {who}" for _, who, values in series if sum(values)]
    if not counts:
        return NOTHING
    picture = sparkline([(kind, values) for kind, _, values in series])
    return join((picture, " ", element("span", ", ".join(counts), class_="eo-counts")))


COLUMNS: tuple[Column, ...] = (
    Column("Service", _service, share=26),
    Column("State", _state, share=22),
    Column("Tasks", _tasks, share=16),
    Column("On Spot", _spot_share, share=16, from_width=560),
    Column("Deployment", _deployment, share=24, from_width=800),
    Column("Drained from Spot, last 24 h", _spot_day, share=30, from_width=800),
)
