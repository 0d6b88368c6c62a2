"""The options of ``ecs-ops scaling``."""

from __future__ import annotations

import argparse


def scaling_options(scaling: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = scaling.add_subparsers(dest="action", required=True, metavar="ACTION")
    explain = actions.add_parser(
        "explain",
        help="why a service has as many tasks as it has",
        description="Reads what the deployed function remembers of its last look: the inputs, the "
        "formula with numbers in it, every limit, the last change and its reason.",
    )
    explain.add_argument("service", metavar="SERVICE", help="a name, CLUSTER/SERVICE, or an ARN")
    _common(explain)
    explain.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")
    _check(actions.add_parser("check", help="find what is wrong with tags before a deployment"))
    cost = actions.add_parser("cost", help="what it costs, for one service and month")
    cost.add_argument(
        "services",
        nargs="*",
        type=_number,
        metavar="N",
        help="how many services share the function",
    )
    cost.add_argument("--json", action="store_true", help="print JSON")
    protection = actions.add_parser(
        "protection", help="find tasks that protect themselves and do nothing"
    )
    protection.add_argument(
        "services",
        nargs="*",
        metavar="SERVICE",
        help="a name or CLUSTER/SERVICE; default: every service with ecs-ops:task-protection=on",
    )
    _common(protection)
    protection.add_argument(
        "--longest",
        type=_seconds,
        default="1h",
        metavar="DURATION",
        help="no message of yours takes longer; default 1h",
    )


def _check(check: argparse.ArgumentParser) -> None:
    check.description = (
        "Reads tags as the function reads them, then looks at the queues with your credentials. "
        "Without arguments: every service of the account that has a queue."
    )
    check.add_argument("services", nargs="*", metavar="SERVICE", help="deployed services")
    _common(check)
    check.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="a template or a service's JSON or YAML, instead of deployed services",
    )
    check.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a tag as it is to be, e.g. queue=orders, latency-slo=60s",
    )
    check.add_argument("--offline", action="store_true", help="tags only, without an AWS account")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cluster", metavar="NAME", help="the cluster; default: default")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _number(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of services, 1 or more")
    return number


def _seconds(text: str) -> int:
    # With it comes botocore, which an installed `ecs-ops lint` does not have and must not wait for.
    from ecsops.durations import parse_duration
    from ecsops.errors import InvalidSetting

    try:
        return parse_duration(text)
    except InvalidSetting as error:
        raise argparse.ArgumentTypeError(str(error)) from error
