"""Which first attempts of a run may be launched now: parallelism, and shards that wait for another run's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from batch_jobs import shards
from batch_jobs.retrying import Place
from batch_jobs.rows import RUNNING, AgendaRow, Plan, RunRow


def ready(row: AgendaRow, plan: Plan, runs: Mapping[str, RunRow]) -> tuple[int, int]:
    """The shards that could be launched, as bits, and how many of them may be."""
    run = runs.get(row.run)
    if run is None or run.state != RUNNING:
        return 0, 0
    intended = shards.decode(row.intended)
    could = shards.decode(plan.shards) & ~intended
    for wait in run.waits_for:
        if wait.each:
            could &= shards.decode(runs[wait.run].done) if wait.run in runs else 0
    finished = shards.decode(run.done) | shards.decode(run.failed)
    could &= ~finished
    room = could.bit_count()
    if plan.spec.parallelism is not None:
        room = min(room, max(plan.spec.parallelism - (intended & ~finished).bit_count(), 0))
    return could, room


def kind_of(plan: Plan, row: AgendaRow) -> str:
    """From which bucket its launches are taken."""
    return plan.spec.capacity[row.place.option].kind


def scope_of(plan: Plan, place: Place) -> str:
    """Whose launches meet the same limits as this one: of a cluster, on a capacity."""
    rung = plan.spec.capacity[place.option]
    return f"{plan.spec.cluster}/{rung.provider or rung.launch_type}"


def gates_of(runs: Iterable[RunRow]) -> set[str]:
    """The runs whose shards others wait for, one by one."""
    return {wait.run for run in runs for wait in run.waits_for if wait.each}
