"""``ecs-ops guard``: what the deployment guard remembers, and why it did what it did."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from sandbox.cli import guard_forgive, guard_freeze, guard_query
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.guard_report import explanation_lines, history_lines
from sandbox.cli.own_account import Client, own_account, physical_id
from sandbox.errors import SandboxError

_TABLE = "DeployGuardTable"


def run(arguments: Namespace) -> ExitCode:
    """Run one of the actions."""
    with own_account() as client:
        table = physical_id(client, arguments.stack, _TABLE)
        return _ACTIONS[arguments.action](arguments, client, table)


def _history(arguments: Namespace, client: Client, table: str) -> ExitCode:
    service = guard_query.service_arn_of(client("ecs"), arguments.service)
    history = guard_query.history(client("dynamodb"), table, service)
    return _print(history, history_lines(history), as_json=arguments.json)


def _explain(arguments: Namespace, client: Client, table: str) -> ExitCode:
    service = guard_query.service_of(arguments.deployment)
    if service is None:
        if not arguments.service:
            raise SandboxError(
                f"{arguments.deployment}: an id alone does not tell its service: add --service"
            )
        service = guard_query.service_arn_of(client("ecs"), arguments.service)
    found = guard_query.explanation(client("dynamodb"), table, service, arguments.deployment)
    return _print(found, explanation_lines(found), as_json=arguments.json)


def _freezes(arguments: Namespace, client: Client, table: str) -> ExitCode:
    found = guard_freeze.freezes(client, table)
    return _print(found, guard_freeze.freezes_lines(found), as_json=arguments.json)


def _decision(arguments: Namespace, client: Client, table: str) -> ExitCode:
    print(DECISIONS[arguments.action](arguments, client, table))
    return ExitCode.DONE


def _print(document: Any, lines: Iterable[str], *, as_json: bool) -> ExitCode:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
    else:
        print("\n".join(lines))
    return ExitCode.DONE


DECISIONS: dict[str, Callable[[Namespace, Client, str], str]] = {
    "freeze": guard_freeze.freeze,
    "unfreeze": guard_freeze.unfreeze,
    "forgive": guard_forgive.run,
}
_ACTIONS: dict[str, Callable[[Namespace, Client, str], ExitCode]] = {
    "history": _history,
    "explain": _explain,
    "freezes": _freezes,
    **dict.fromkeys(DECISIONS, _decision),
}
