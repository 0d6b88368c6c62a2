"""The columns of the jobs' table. A new one is one more object in ``COLUMNS``."""

from __future__ import annotations

from dashboard.grid import Column, lasted, level_cell, name_cell
from dashboard.jobs import Job, took
from dashboard.svg import sparkline
from ecsops.job_status import ENDED, RUNS
from ecsops.markup import NOTHING, Html, element, join

# A run that took no time has to be seen all the same.
_LEAST = 0.15
_KINDS = (
    ("eo-native", "ok", frozenset({"succeeded"})),
    ("eo-stuck", "failed", frozenset({"failed"})),
    ("eo-backstop", "missed", frozenset({"missed"})),
)
_OTHER = "eo-other"


def _job(job: Job, _now: float) -> Html:
    return name_cell(job.name, job.status.cluster)


def _state(job: Job, _now: float) -> Html:
    return level_cell(*job.verdict)


def _last_run(job: Job, now: float) -> Html:
    last = job.last
    if last is None:
        return NOTHING
    facts = [f"{lasted(now - last.at)} ago"]
    if last.state in ENDED:
        facts.append(f"took {lasted(last.took_s)}" if last.took_s else last.state)
    if last.late_s >= 1:
        facts.append(f"{lasted(last.late_s)} late")
    return element("span", ", ".join(facts))


def _runs(job: Job, now: float) -> Html:
    """Oldest first, as high as they took long, coloured by how they ended."""
    runs = job.status.runs[-RUNS:]
    if not runs:
        return NOTHING
    times = [took(run, now) for run in runs]
    least = _LEAST * (max(times) or 1.0)
    heights = [max(time, least) for time in times]
    named = [
        (kind, [h if run.state in states else 0.0 for run, h in zip(runs, heights, strict=True)])
        for kind, _, states in _KINDS
    ]
    known = frozenset[str]().union(*(states for *_, states in _KINDS))
    other = [0.0 if run.state in known else h for run, h in zip(runs, heights, strict=True)]
    counts = [
        f"{number} {word}"
        for _, word, states in _KINDS
        if (number := sum(run.state in states for run in runs))
    ]
    picture = sparkline([*named, (_OTHER, other)])
    return join((picture, " ", element("span", ", ".join(counts), class_="eo-counts")))


COLUMNS: tuple[Column[Job], ...] = (
    Column("Batch job", _job, share=26),
    Column("State", _state, share=22),
    Column("Last run", _last_run, share=24, from_width=560),
    Column("Last runs, as high as they took long", _runs, share=40, from_width=400),
)
