"""``ecs-ops audit``: the audit of the user's own account, with the user's own credentials. Only reads."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from functools import partial
from typing import Any

from audit.collect.account import Collected, Collector
from audit.collect.reads import Unread
from audit.collect.scope import Scope
from audit.model.service import Service
from audit.report.of_graph import report_of
from sandbox.cli import lint
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.own_account import Client, own_account
from sandbox.errors import SandboxError


def run(arguments: Namespace) -> ExitCode:
    """Read the account, ask every rule, write the report."""
    rules = lint.chosen(arguments.profile, arguments.rule)
    scope = Scope(tuple(arguments.cluster), tuple(arguments.service))
    with own_account(arguments.region) as client:
        collected = _collect(client, scope)
    if not collected.graph.all(Service) and not scope.whole:
        raise SandboxError("no service matches --cluster and --service in this account and Region")
    report = lint.accepted(
        report_of(collected.graph, rules, _notes(collected)),
        collected.graph,
        arguments.suppressions,
        arguments.baseline,
    )
    if arguments.write_baseline:
        lint.write_baseline(report, arguments.write_baseline)
        return ExitCode.DONE
    sys.stdout.write(
        lint.form(arguments.format, report, collected.graph, verbose=arguments.verbose)
    )
    lint.write_reports(arguments.report, report, collected.graph)
    return lint.exit_code(report, arguments)


def _collect(client: Client, scope: Scope) -> Collected:
    from botocore.config import Config

    # As many connections as calls are made side by side.
    config = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 6})
    make: Any = partial(client, config=config)
    try:
        return Collector(make).collect(scope, time.time())
    except Unread as error:
        raise SandboxError(
            f"{error}: without it there is nothing to audit (docs/audit.md lists the rights)"
        ) from error


def _notes(collected: Collected) -> list[str]:
    return [f"not read: {why}" for why in collected.unread] + [
        f"{collected.calls} API calls, all of them reads"
    ]
