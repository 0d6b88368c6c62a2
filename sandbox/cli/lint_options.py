"""The options of ``ecs-ops lint``; apart from the command, so that ``--help`` loads no rule."""

from __future__ import annotations

import argparse
from pathlib import Path

FORMATS = ("text", "json", "sarif", "junit", "markdown", "html")
PROFILES = ("validity", "security", "resilience", "cost", "all")
SUPPRESSIONS = ".ecs-ops-audit.yaml"
SEVERITIES = ("ERROR", "HIGH", "MEDIUM", "LOW", "INFO")


def lint_options(lint: argparse.ArgumentParser) -> None:
    """Add them."""
    lint.description = (
        "Audits files before they reach AWS: task definitions (register input, describe output), services, "
        "clusters, target groups, scaling, and CloudFormation, SAM or CDK templates, as JSON or YAML. "
        "Several files make one graph."
    )
    lint.add_argument("files", nargs="+", metavar="FILE", help="- reads standard input")
    lint.add_argument(
        "--profile",
        action="append",
        choices=PROFILES,
        help="only these rules; may be given several times (default: all)",
    )
    lint.add_argument(
        "--rule",
        action="append",
        metavar="GLOB",
        help="only rules with such an id, e.g. X-*; may be given several times",
    )
    lint.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="HIGH",
        help="exit with 1 if a finding is this bad or worse (default: HIGH)",
    )
    lint.add_argument("--format", choices=FORMATS, default="text")
    lint.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="also write the report in this format to FILE; may be given several times",
    )
    lint.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value of a template's parameter, instead of its default",
    )
    lint.add_argument(
        "--suppressions",
        type=Path,
        metavar="FILE",
        help=f"findings to live with (default: {SUPPRESSIONS}, if there is one)",
    )
    lint.add_argument(
        "--baseline", type=Path, metavar="FILE", help="count only findings that are not in FILE"
    )
    lint.add_argument(
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="write the findings to FILE, for --baseline, and exit with 0",
    )
    lint.add_argument(
        "--fix",
        action="store_true",
        help="print the mechanical remedies as a unified diff (for git apply) instead of the report",
    )
    lint.add_argument(
        "--other-files",
        action="store_true",
        help="leave out files that hold nothing to audit, instead of failing",
    )
    lint.add_argument(
        "--max-unknown",
        type=int,
        metavar="N",
        help="exit with 6 if more checks than this could not be decided",
    )
    lint.add_argument(
        "--verbose", action="store_true", help="also show INFO, UNKNOWN and what was accepted"
    )
