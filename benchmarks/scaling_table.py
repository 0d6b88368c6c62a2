"""Writes the figures of queue scaling into docs/benchmarks.md: they are too many for the README."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench scaling -->", "<!-- /bench scaling -->"
# Smooth loads first, then those that ask for more; what was not measured has no column.
_TRACES = ("wc98", "diurnal", "ramp", "square", "llm", "bursts", "poisson", "sparse")
_NOTHING_SERVED = 0.0

_Row = Mapping[tuple[str, str], float]  # by trace and figure


def render(text: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """The text with the tables between the markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        return text
    return f"{before}{BEGIN}\n{tables(entries)}\n{END}{after}"


def refresh(entries: Iterable[Mapping[str, Any]], path: Path = PAGE) -> None:
    """Write them into the page."""
    path.write_text(render(path.read_text(encoding="utf-8"), entries), encoding="utf-8")


def tables(entries: Iterable[Mapping[str, Any]]) -> str:
    """What is in time and what it costs, then what else happened: a row for each controller."""
    cells = _cells(entries)
    traces = [name for name in _TRACES if any((name, "actions") in row for row in cells.values())]
    first = "In time (%), task-hours over the work itself, p99 of the wait (s):"
    second = "Changes of the desired count, and jobs killed:"
    parts = [first, _table(cells, traces, _worth), second, _table(cells, traces, _done)]
    spoilt = _spoilt(entries)
    if spoilt:
        parts += [
            "When something is wrong, in time (%) and task-hours over the work itself:",
            spoilt,
        ]
    return "\n\n".join(parts)


def _spoilt(entries: Iterable[Mapping[str, Any]]) -> str:
    """A row for each thing that is wrong, a column for each trace and controller."""
    cells: dict[str, dict[tuple[str, str], float]] = {}
    for entry in entries:
        parts = entry["id"].split(".")
        if parts[:2] != ["scaling", "robust"]:
            continue
        _, _, trace, controller, spoilt, figure = parts
        for name, value in {controller: entry["value"], **entry["rivals"]}.items():
            cells.setdefault(spoilt, {})[f"{trace} {name}", figure] = value
    columns = sorted({column for row in cells.values() for column, _ in row})
    if not columns:
        return ""
    rows = [f"| what | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for spoilt, row in cells.items():
        rows.append(f"| {spoilt} | {' | '.join(_in_time(row, each) for each in columns)} |")
    return "\n".join(rows)


def _in_time(row: _Row, column: str) -> str:
    if (column, "within_slo_pct") not in row:
        return ""
    return f"{row[column, 'within_slo_pct']:g} / {row[column, 'task_hours_over_ideal']:g}"


def _cells(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[tuple[str, str], float]]:
    found: dict[str, dict[tuple[str, str], float]] = {}
    for entry in entries:
        parts = entry["id"].split(".")
        if parts[0] != "scaling" or len(parts) != 4:
            continue
        _, trace, controller, figure = parts
        for name, value in {controller: entry["value"], **entry["rivals"]}.items():
            found.setdefault(name, {})[trace, figure] = value
    return dict(sorted(found.items(), key=lambda item: _place(item[0])))


def _place(controller: str) -> tuple[int, str]:
    """Ours first, the bound last."""
    last = 2 if controller == "clairvoyant" else 1
    return (0 if controller.endswith("0s") else last), controller


def _table(
    cells: Mapping[str, _Row], traces: Sequence[str], cell: Callable[[_Row, str], str]
) -> str:
    rows = [f"| controller | {' | '.join(traces)} |", "|---" * (len(traces) + 1) + "|"]
    for controller, row in cells.items():
        texts = [cell(row, trace) if (trace, "actions") in row else "" for trace in traces]
        rows.append(f"| {controller} | {' | '.join(texts)} |")
    return "\n".join(rows)


def _worth(row: _Row, trace: str) -> str:
    within = row[trace, "within_slo_pct"]
    cost, wait = row[trace, "task_hours_over_ideal"], row[trace, "p99_wait_s"]
    if within == cost == _NOTHING_SERVED:
        return "never served"
    return f"{within:g} / {cost:g} / {wait:.0f}"


def _done(row: _Row, trace: str) -> str:
    return f"{row[trace, 'actions']:g} / {row[trace, 'jobs_killed']:g}"
