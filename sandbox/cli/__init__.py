"""The ``ecs-ops`` command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from sandbox.cli.exit_code import ExitCode
from sandbox.cli.gameday_options import gameday_options
from sandbox.cli.guard_options import guard_options
from sandbox.cli.jobs_options import jobs_options
from sandbox.cli.lint_options import audit_options, lint_options
from sandbox.cli.scaling_options import scaling_options
from sandbox.cli.spot_options import spot_options
from sandbox.errors import InvalidEvent, InvalidOption, InvalidTrace, InvalidWorld, SandboxError

_EPILOG = """exit codes:
  0 done   1 something went wrong   2 command line not understood
  3 a file is not what it should be   4 the event matches no rule   5 a function failed
  scaling: 1 a service that cannot be scaled, or a stale protection
  lint, audit: 1 findings at or above --fail-on   6 more checks unknown than --max-unknown
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    # Each command loads what it needs: `ecs-ops --help` must not load an AWS account.
    command = import_module(f"sandbox.cli.{arguments.command}")
    try:
        return int(command.run(arguments))
    except InvalidOption as error:
        print(f"ecs-ops {arguments.command}: {error}", file=sys.stderr)
        return ExitCode.USAGE
    except (InvalidEvent, InvalidTrace, InvalidWorld) as error:
        print(f"ecs-ops {arguments.command}: {error}", file=sys.stderr)
        return ExitCode.BAD_FILE
    except SandboxError as error:
        print(f"ecs-ops {arguments.command}: {error}", file=sys.stderr)
        return ExitCode.FAILED
    except BrokenPipeError:
        # Whoever read our output has seen enough (| head); nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ecs-ops",
        description="Operate Amazon ECS; try everything on an embedded AWS account first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="the whole story in one command")
    _world_options(demo)
    demo.add_argument("--json", action="store_true", help="print the trace as JSON lines instead")
    fire = commands.add_parser(
        "fire",
        help="send events through the shipped rules and print what happens, as JSON lines",
        description="Each FILE holds one EventBridge event, or an array of them. The account's clock "
        "starts at the first event's time, so that it is fresh.",
    )
    fire.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="an event as JSON; - reads standard input",
    )
    _world_options(fire)
    fire.add_argument(
        "--late", default="0s", metavar="DURATION", help="how late the events arrive, e.g. 90s, 2h"
    )
    _alerts(commands.add_parser("alerts", help="send dead letters again; check a routes document"))
    _selftest(commands.add_parser("selftest", help="does an alert get from the bus to its sink?"))
    _dashboard(commands.add_parser("dashboard", help="preview the fleet widget in a browser"))
    gameday_options(commands.add_parser("gameday", help="a load against the shipped functions"))
    scaling_options(commands.add_parser("scaling", help="explain, check and price queue scaling"))
    jobs_options(commands.add_parser("jobs", help="batch jobs: runs, logs, rerun, cancel, submit"))
    spot_options(
        commands.add_parser("spot", help="what Spot took, when, where, and who drained it")
    )
    guard_options(commands.add_parser("guard", help="what became of deployments, and why"))
    lint_options(commands.add_parser("lint", help="audit task definitions, services and templates"))
    audit_options(commands.add_parser("audit", help="audit the services of your AWS account"))
    return parser


def _alerts(alerts: argparse.ArgumentParser) -> None:
    actions = alerts.add_subparsers(dest="action", required=True, metavar="ACTION")
    replay = actions.add_parser("replay", help="send what is in the dead-letter queue, once")
    _stack_options(replay)
    replay.add_argument("--queue-url", help="the dead-letter queue, instead of the stack's own")
    check = actions.add_parser("check-routes", help="is a routes document understood?")
    check.add_argument("file", type=Path, metavar="FILE")


def _selftest(selftest: argparse.ArgumentParser) -> None:
    selftest.description = (
        "Puts a marked alert on the bus, follows it through rule, queue, function and sink, and says "
        "which part is broken. Without --stack in an embedded account, with the shipped template."
    )
    selftest.add_argument("--stack", metavar="NAME", help="test this stack in your AWS account")
    selftest.add_argument("--json", action="store_true", help="print the report as JSON")


def _stack_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")


def _dashboard(dashboard: argparse.ArgumentParser) -> None:
    _world_options(dashboard)
    dashboard.add_argument("--theme", choices=("light", "dark"), default="light")
    dashboard.add_argument(
        "--once", type=Path, metavar="FILE.html", help="write the page to a file instead"
    )
    dashboard.add_argument("--port", type=int, default=8765, help="0 takes any free one")


def _world_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--world",
        type=Path,
        metavar="FILE",
        help="the account to start from (YAML, docs/schemas/world-v1.json); default: the example workload",
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same run")
