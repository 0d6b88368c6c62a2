"""Writes the figures into the README, between ``<!-- bench -->`` and ``<!-- /bench -->``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import scaling_table
from benchmarks.results import ROOT, reached, read

README = ROOT / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
# The longest prefix of an id names the row; the rest of the id follows in code.
TITLES = {
    "artefact.mb": "Size of the one artefact",
    "artefact.unzipped_mb": "Size of the one artefact, unzipped",
    "audit.definitions_per_s": "Task definitions audited in one process",
    "audit.lint_start_ms": "`ecs-ops lint` on one file, from start to end",
    "audit.live1000.calls": "The daily audit of 1,000 services",
    "audit.live1000.s": "Time for it at half of the published API rates, 30 ms a call",
    "audit.memory_10000_mb": "Memory to audit 10,000 task definitions",
    "audit.vs_cfn_lint": "`ecs-ops lint` against cfn-lint, a template of 50 services",
    "audit.vs_checkov": "`ecs-ops lint` against Checkov, a template of 50 services",
    "batch.": "A job of 10,000 shards, 5 % interrupted, 1 % refused,",
    "batch.lateness_p99_s": "1,000 jobs at the same minute, slot to RUNNING, 99th percentile",
    "batch.storm_lost": "1,000 jobs at the same minute, never succeeded",
    "batch.storm_duplicates": "1,000 jobs at the same minute, run more than once",
    "cold_start.": "Cold start of",
    "dashboard.render_200_s": "Dashboard widget of 200 services, 30 ms a call",
    "dashboard.calls_200": "AWS calls for it",
    "fallback.": "Four hours without Spot, 100 services,",
    "histories.": "Generated histories,",
    "guard.alert_p95_s": "Deployment guard, failure to alert, 30 ms a call, 95th percentile",
    "guard.alert_p95_logs_s": "Deployment guard, the same told with the container's log",
    "guard.calls_per_failure": "Deployment guard, AWS calls to tell a failure",
    "guard.calls_per_duplicate": "Deployment guard, AWS calls for a duplicate event",
    "guard.time_to_rollback_ratio": "Deployment guard, missing image, time to the rollback",
    "guard.": "Deployment guard,",
    "memory.": "Memory after start of",
    "scaling.": "Queue scaling,",
    "spot.": "Spot,",
}
_GOALS = {"<=": "at most", ">=": "at least", "==": "exactly"}


def table(entries: Iterable[Mapping[str, Any]]) -> str:
    """The figures as a Markdown table."""
    rows = ["| figure | measured | goal | for comparison |", "|---|---|---|---|"]
    return "\n".join([*rows, *(_row(entry) for entry in entries if _headline(entry))])


def _headline(entry: Mapping[str, Any]) -> bool:
    """Of queue scaling only what has a goal with everything right: docs/benchmarks.md has the rest."""
    name = entry["id"]
    if name.startswith("scaling.robust."):
        return False
    return entry["goal"] is not None or not name.startswith("scaling.")


def render(text: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """The text with the table between the markers; unchanged if it has no markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        return text
    return f"{before}{BEGIN}\n{table(entries)}\n{END}{after}"


def refresh(path: Path = README) -> None:
    """Write the current results into the README, and those of queue scaling into their page."""
    scaling_table.refresh(read())
    path.write_text(render(path.read_text(encoding="utf-8"), read()), encoding="utf-8")


def _row(entry: Mapping[str, Any]) -> str:
    rivals = "; ".join(f"{name}: {value:g}" for name, value in entry["rivals"].items())
    value = f"**{entry['value']:g}** {entry['unit']}"
    return f"| {_title(entry['id'])} | {value} | {_goal(entry)} | {rivals} |"


def _title(name: str) -> str:
    fitting = [prefix for prefix in TITLES if name.startswith(prefix)]
    if not fitting:
        return f"`{name}`"
    prefix = max(fitting, key=len)
    rest = name.removeprefix(prefix)
    return f"{TITLES[prefix]} `{rest.removesuffix('.ms')}`" if rest else TITLES[prefix]


def _goal(entry: Mapping[str, Any]) -> str:
    if entry["goal"] is None:
        return ""
    comparison, _, limit = entry["goal"].partition(" ")
    missed = "" if reached(entry["value"], entry["goal"]) else ", **missed**"
    return f"{_GOALS[comparison]} {limit}{missed}"


if __name__ == "__main__":
    refresh()
