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
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value of a template's parameter, instead of its default",
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
    _report_options(lint)


def audit_options(audit: argparse.ArgumentParser) -> None:
    """Those of ``ecs-ops audit``."""
    audit.description = (
        "Audits the ECS services of your AWS account in one Region, with your own credentials. It only "
        "reads; what it may not read makes checks UNKNOWN. docs/audit.md lists the rights."
    )
    for name in ("cluster", "service"):
        audit.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="GLOB",
            help=f"only {name}s with such a name, e.g. prod-*; may be given several times",
        )
    audit.add_argument("--region", metavar="NAME", help="instead of the one your profile has")
    _report_options(audit)


def _report_options(parser: argparse.ArgumentParser) -> None:
    # What decides what is reported, and how.
    parser.add_argument(
        "--profile",
        action="append",
        choices=PROFILES,
        help="only these rules; may be given several times (default: all)",
    )
    parser.add_argument(
        "--rule",
        action="append",
        metavar="GLOB",
        help="only rules with such an id, e.g. X-*; may be given several times",
    )
    parser.add_argument(
        "--fail-on",
        type=str.upper,
        choices=SEVERITIES,
        default="HIGH",
        help="exit with 1 if a finding is this bad or worse (default: HIGH)",
    )
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="also write the report in this format to FILE; may be given several times",
    )
    parser.add_argument(
        "--suppressions",
        type=Path,
        metavar="FILE",
        help=f"findings to live with (default: {SUPPRESSIONS}, if there is one)",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="count only findings that are not in FILE"
    )
    parser.add_argument(
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="write the findings to FILE, for --baseline, and exit with 0",
    )
    parser.add_argument(
        "--max-unknown",
        type=int,
        metavar="N",
        help="exit with 6 if more checks than this could not be decided",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="also show INFO, UNKNOWN and what was accepted"
    )
