"""The ``ecs-ops`` command line."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
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
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser(words[0] if words else "").parse_args(words)
    # Each command loads what it needs: `ecs-ops --help` must not load an AWS account.
    command = import_module(f"sandbox.cli.{arguments.command}")
    try:
        code = int(command.run(arguments))
        sys.stdout.flush()
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
    return code


def command() -> None:
    """The process ``ecs-ops``."""
    if sys.argv[1:2] != ["lint"]:
        sys.exit(main())
    # The process ends with the report: to look for garbage on the way, and to tear down a graph of some
    # hundred resources at its end, would take a fifth of the whole time.
    gc.disable()
    code = main()
    sys.stderr.flush()
    os._exit(code)


def _parser(only: str = "") -> argparse.ArgumentParser:
    """All commands; of one that is asked for, nothing but its own options are made."""
    parser = argparse.ArgumentParser(
        prog="ecs-ops",
        description="Operate Amazon ECS; try everything on an embedded AWS account first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # A prog that is given spares argparse to format its own usage for it.
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="ecs-ops"
    )
    known = {only: _COMMANDS[only]} if only in _COMMANDS else _COMMANDS
    for name, (told, add_options) in known.items():
        add_options(commands.add_parser(name, help=told))
    return parser


def _demo(demo: argparse.ArgumentParser) -> None:
    _world_options(demo)
    demo.add_argument("--json", action="store_true", help="print the trace as JSON lines instead")


def _fire(fire: argparse.ArgumentParser) -> None:
    fire.description = (
        "Each FILE holds one EventBridge event, or an array of them. The account's clock "
        "starts at the first event's time, so that it is fresh."
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


_COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": ("the whole story in one command", _demo),
    "fire": ("send events through the shipped rules and print what happens, as JSON lines", _fire),
    "alerts": ("send dead letters again; check a routes document", _alerts),
    "selftest": ("does an alert get from the bus to its sink?", _selftest),
    "dashboard": ("preview the fleet widget in a browser", _dashboard),
    "gameday": ("a load against the shipped functions", gameday_options),
    "scaling": ("explain, check and price queue scaling", scaling_options),
    "jobs": ("batch jobs: runs, logs, rerun, cancel, submit", jobs_options),
    "spot": ("what Spot took, when, where, and who drained it", spot_options),
    "guard": ("what became of deployments, and why", guard_options),
    "lint": ("audit task definitions, services and templates", lint_options),
    "audit": ("audit the services of your AWS account", audit_options),
}
