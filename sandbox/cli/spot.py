"""``ecs-ops spot history``: what Spot took from a deployed stack's account."""

from __future__ import annotations

import re
import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from rich.console import Console
from rich.table import Table

from ecsops.arns import parse_arn
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.own_account import own_account, physical_id
from sandbox.errors import SandboxError
from spot_drain.advice import advice
from spot_drain.history import Episode, Histories

_LONGEST_DAYS = 90
_SERVICE = re.compile("[^/]+/[^/]+")


def run(arguments: Namespace) -> ExitCode:
    """Read the table of a deployed stack."""
    if not 1 <= arguments.days <= _LONGEST_DAYS:
        raise SandboxError(f"--days {arguments.days}: the history is kept for 1 to 90 days")
    if arguments.service is not None and not _SERVICE.fullmatch(arguments.service):
        raise SandboxError(f"--service {arguments.service}: expected CLUSTER/SERVICE")
    with own_account() as client:
        table = physical_id(client, arguments.stack, "SpotDrainTable")
        since = time.time() - arguments.days * 86_400
        episodes = list(Histories(client("dynamodb"), table).since(since))
    show(selected(episodes, arguments.service), as_json=arguments.json)
    return ExitCode.DONE


def selected(episodes: Sequence[Episode], service: str | None) -> list[Episode]:
    """The newest first; of one service if it is named."""
    wanted = [each for each in episodes if service in (None, name_of(each))]
    return sorted(wanted, key=lambda each: each.first_at, reverse=True)


def show(episodes: Sequence[Episode], *, as_json: bool) -> None:
    """A table and a line of advice, or JSON lines."""
    if as_json:
        for each in episodes:
            print(msgspec.json.encode(each).decode())
        return
    console = Console(highlight=False)
    if not episodes:
        console.print("Spot has taken nothing in this time.")
        return
    table = Table(
        "when (UTC)", "service", "zone", "provider", "size", "tasks", "by ECS", "by us", "late"
    )
    for each in episodes:
        when = datetime.fromtimestamp(each.first_at, UTC).strftime("%Y-%m-%d %H:%M")
        for row in each.rows:
            counts = (row.tasks, row.native + row.moved, row.backstop, row.stuck)
            place = (row.zone or "-", row.provider or "-", row.size or "-")
            table.add_row(when, name_of(each), *place, *map(str, counts))
    console.print(table)
    total = sum(each.tasks for each in episodes)
    console.print(f"{_number(total, 'task')} in {_number(len(episodes), 'storm')}.")
    if line := advice(episodes):
        console.print(f"Advice: {line}")


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def name_of(episode: Episode) -> str:
    """``cluster/service``."""
    arn = parse_arn(episode.service_arn)
    return f"{arn.cluster or 'default'}/{arn.name}"
