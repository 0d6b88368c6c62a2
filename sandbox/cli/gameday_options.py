"""Options of ``ecs-ops gameday``: they load nothing, so that ``ecs-ops --help`` is quick."""

from __future__ import annotations

import argparse
from pathlib import Path

LOADS = ("diurnal", "bursts", "square", "ramp", "poisson", "sparse")


def gameday_options(gameday: argparse.ArgumentParser) -> None:
    """``gameday queue``."""
    scenarios = gameday.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")
    queue = scenarios.add_parser(
        "queue",
        help="a load against queue scaling: arrivals, tasks, queue latency and SLO on one page",
        description="The shipped function scales a worker service in virtual time. The load comes from "
        "a generator, or from a CSV file of yours with a header: a time in the first column, and a "
        "column named count, requests, messages or value; without one every row is a message.",
    )
    load = queue.add_mutually_exclusive_group()
    load.add_argument("--trace", type=Path, metavar="FILE", help="a CSV file: timestamp,count")
    load.add_argument("--load", choices=LOADS, default="bursts", help="a generator (bursts)")
    queue.add_argument(
        "--peak", type=float, metavar="N", help="scale the trace to so many a second"
    )
    queue.add_argument(
        "--processing-time", metavar="DURATION", help="the mean work of a message of the trace (2s)"
    )
    queue.add_argument(
        "--work-column", metavar="NAME", help="a column that shares the work out over the messages"
    )
    queue.add_argument(
        "--slo", default="60s", metavar="DURATION", help="how long may one wait? (60s)"
    )
    queue.add_argument(
        "--startup", default="45s", metavar="DURATION", help="from order to first message (45s)"
    )
    queue.add_argument(
        "--concurrency", type=int, default=1, metavar="N", help="messages a task (1)"
    )
    queue.add_argument("--min-tasks", type=int, default=0, metavar="N", help="(0)")
    queue.add_argument("--max-tasks", type=int, default=1000, metavar="N", help="(1000)")
    queue.add_argument("--mode", choices=("managed", "direct", "both"), default="both")
    queue.add_argument("--seed", type=int, default=7, help="the same seed gives the same run")
    queue.add_argument(
        "--html", type=Path, default=Path("gameday-queue.html"), metavar="FILE", help="the page"
    )
    queue.add_argument("--json", action="store_true", help="print the scores as JSON")
