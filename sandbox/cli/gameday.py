"""``ecs-ops gameday queue``: a load against the shipped queue scaling, drawn on one page."""

from __future__ import annotations

import json
import random
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

from queue_scaling.problem import InvalidTag
from queue_scaling.quantities import seconds
from sandbox.cli.exit_code import ExitCode
from sandbox.errors import InvalidOption
from sandbox.gameday.page import page
from sandbox.gameday.queue import GameDay, play
from sandbox.queue_load.fleet import TaskTimes
from sandbox.queue_load.generated import LOADS
from sandbox.queue_load.load import Load, exponential
from sandbox.queue_load.ours import MODES
from sandbox.queue_load.trace_file import read_trace
from sandbox.queue_load.world import Setting

_DAY_S = 86_400.0


def run(arguments: Namespace) -> ExitCode:
    """Play it, write the page, and say what came of it."""
    setting = _setting(arguments)
    load = _load(arguments)
    modes = list(MODES) if arguments.mode == "both" else [_mode(arguments.mode)]
    day = play(load, setting, modes)
    _write(arguments.html, page(day))
    print(_as_json(day) if arguments.json else _as_text(day, arguments.html))
    return ExitCode.DONE


def _load(arguments: Namespace) -> Load:
    rng = random.Random(arguments.seed)
    if arguments.trace is None:
        for option in ("peak", "work_column", "processing_time"):
            if getattr(arguments, option) is not None:
                name = option.replace("_", "-")
                raise InvalidOption(f"--{name}: belongs to --trace FILE; --load has its own")
        return LOADS[arguments.load](rng)
    work = arguments.processing_time or "2s"
    work_s = _duration("--processing-time", work, least=0.001, most=_DAY_S / 2)
    trace = read_trace(arguments.trace, arguments.work_column)
    if arguments.peak is not None and not 0 < arguments.peak <= 10_000:
        raise InvalidOption(f"--peak: {arguments.peak:g}: expected messages a second, up to 10000")
    return trace.load(exponential(work_s), rng, peak=arguments.peak)


def _setting(arguments: Namespace) -> Setting:
    slo_s = _duration("--slo", arguments.slo, most=_DAY_S)
    startup_s = _duration("--startup", arguments.startup, most=3600.0)
    for option, least, most in (
        ("concurrency", 1, 1000),
        ("min_tasks", 0, 5_000),
        ("max_tasks", 1, 5_000),
    ):
        value = getattr(arguments, option)
        if not least <= value <= most:
            name = option.replace("_", "-")
            raise InvalidOption(f"--{name}: {value}: expected {least} to {most}")
    if arguments.min_tasks > arguments.max_tasks:
        raise InvalidOption(f"--min-tasks: {arguments.min_tasks} is more than --max-tasks")
    times = TaskTimes(startup_s=startup_s)
    return Setting(
        slo_s=slo_s,
        slots=arguments.concurrency,
        minimum=arguments.min_tasks,
        maximum=arguments.max_tasks,
        first=arguments.min_tasks,
        times=replace(times, unpaid_s=min(times.unpaid_s, startup_s)),
        seed=arguments.seed,
    )


def _duration(option: str, text: str, *, least: float = 1.0, most: float) -> float:
    try:
        return seconds(option, text, least=least, most=most)
    except InvalidTag as error:
        raise InvalidOption(f"{option}: {text!r}: {error.found.problem}") from None


def _mode(word: str) -> str:
    return next(name for name in MODES if name.startswith(word))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidOption(f"--html: {path}: cannot be written: {error.strerror}") from error


def _as_text(day: GameDay, path: Path) -> str:
    load = day.load
    head = (
        f"{load.name}: {len(load.arrivals):,} messages in {load.duration_s / 3600:.3g} h, "
        f"SLO {day.setting.slo_s:g} s"
    )
    lines = [
        f"  {run.mode:12} {int(run.score.within_slo_pct * 100) / 100:.2f} % in time, p99 "
        f"{run.score.p99_wait_s:.0f} s, {run.score.task_hours:.1f} task-hours "
        f"({run.score.task_hours_over_ideal:.2f} x the work), {run.score.actions} changes, "
        f"{run.score.jobs_killed} jobs killed"
        for run in day.runs
    ]
    return "\n".join([head, *lines, f"  {path}"])


def _as_json(day: GameDay) -> str:
    return json.dumps({run.mode: asdict(run.score) for run in day.runs}, indent=2)
