"""The command line of ``ecs-ops guard``."""

from __future__ import annotations

import argparse


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
    for action in (history, explain):
        action.add_argument("--json", action="store_true", help="print JSON instead")
        action.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")
