"""The options of ``ecs-ops spot``."""

from __future__ import annotations

import argparse


def spot_options(spot: argparse.ArgumentParser) -> None:
    """``spot history``: what Spot took, by service, zone, capacity provider and size."""
    actions = spot.add_subparsers(dest="action", required=True, metavar="ACTION")
    history = actions.add_parser("history", help="what Spot took, when, where, and who drained it")
    history.add_argument("--stack", default="ecs-ops", metavar="NAME", help="the deployed stack")
    history.add_argument("--days", type=int, default=30, help="how far back, up to 90")
    history.add_argument("--service", metavar="CLUSTER/SERVICE", help="of one service only")
    history.add_argument("--json", action="store_true", help="print the storms as JSON lines")
