"""The options of ``ecs-ops jobs``."""

from __future__ import annotations

import argparse
from pathlib import Path


def jobs_options(jobs: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = jobs.add_subparsers(dest="action", required=True, metavar="ACTION")
    _common(actions.add_parser("list", help="the jobs of a stack and how their last runs went"))
    history = actions.add_parser("history", help="a job's runs, the newest first")
    history.add_argument("job", metavar="JOB")
    history.add_argument("--limit", type=_positive, default=20, metavar="N", help="at most so many")
    _common(history)
    logs = actions.add_parser("logs", help="what a shard's last attempt wrote")
    logs.add_argument("run_id", metavar="RUN")
    logs.add_argument(
        "--shard", type=_shard, metavar="N", help="default: the first that failed, else the first"
    )
    _common(logs)
    rerun = actions.add_parser("rerun", help="run a run's spec again")
    rerun.add_argument("run_id", metavar="RUN")
    rerun.add_argument("--failed-shards", action="store_true", help="only the shards that failed")
    _key(rerun)
    _common(rerun)
    cancel = actions.add_parser("cancel", help="end a run: launch no more, stop what runs")
    cancel.add_argument("run_id", metavar="RUN")
    _common(cancel)
    for name, what in (("pause", "skip a job's slots"), ("resume", "run a job's slots again")):
        parser = actions.add_parser(name, help=what)
        parser.add_argument("job", metavar="JOB")
        _common(parser)
    validate = actions.add_parser("validate", help="is a job spec understood? Needs no account")
    validate.add_argument("file", type=Path, metavar="FILE")
    validate.add_argument("--json", action="store_true", help="print the problems as JSON")
    submit = actions.add_parser("submit", help="run a job spec now, whatever slot is written in it")
    submit.add_argument("file", type=Path, metavar="FILE")
    _key(submit)
    _common(submit)


def _key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key",
        metavar="KEY",
        help="names the request: sent again with the same key it is the same run; default: a new one",
    )


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _positive(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1_000:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1 to 1000")
    return int(text)


def _shard(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: expected a shard's number, from 0")
    return int(text)
