"""The command line of ``ecs-ops guard``."""

from __future__ import annotations

import argparse
from typing import Any


def guard_options(guard: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = guard.add_subparsers(dest="action", required=True, metavar="ACTION")
    history = actions.add_parser("history", help="a service's deployments, versions and audit")
    history.add_argument("service", metavar="SERVICE", help="CLUSTER/SERVICE, or the service's ARN")
    explain = actions.add_parser("explain", help="what led to a deployment's verdict and decision")
    explain.add_argument(
        "deployment",
        metavar="DEPLOYMENT",
        help="the ARN of a service deployment, or its id with --service",
    )
    explain.add_argument("--service", metavar="SERVICE", help="CLUSTER/SERVICE, or its ARN")
    freezes = actions.add_parser("freezes", help="all freezes in force")
    for action in (history, explain, freezes):
        action.add_argument("--json", action="store_true", help="print JSON instead")
        action.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")
    _decisions(actions)


def _decisions(actions: Any) -> None:
    """What people tell the guard."""
    freeze = actions.add_parser("freeze", help="have nothing rolled back there; alerts go on")
    ends = freeze.add_mutually_exclusive_group()
    ends.add_argument("--for", dest="duration", metavar="DURATION", help="e.g. 90s, 2h, 1d")
    ends.add_argument("--until", metavar="TIME", help="e.g. 2026-01-31T18:00Z")
    freeze.add_argument(
        "--force",
        action="store_true",
        help="also what does not exist (yet), and in the place of a longer freeze",
    )
    freeze.add_argument("--why", default="", metavar="TEXT", help="alerts say it")
    unfreeze = actions.add_parser("unfreeze", help="lift a freeze")
    for action in (freeze, unfreeze):
        action.add_argument(
            "scope", metavar="SCOPE", help="all, CLUSTER, CLUSTER/SERVICE or an ARN"
        )
    forgive = actions.add_parser("forgive", help="a version that failed may be deployed again")
    forgive.add_argument("scope", metavar="SERVICE", help="CLUSTER/SERVICE, or the service's ARN")
    forgive.add_argument("version", metavar="VERSION", help="FAMILY:REVISION, or its ARN")
    for action in (freeze, unfreeze, forgive):
        action.add_argument("--by", metavar="NAME", help="who; default: you")
        action.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")
