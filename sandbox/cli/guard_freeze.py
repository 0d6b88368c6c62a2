"""``ecs-ops guard freeze|unfreeze|freezes``: what people want left alone."""

from __future__ import annotations

import getpass
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from deploy_guard import owner_settings
from deploy_guard.model import Freeze
from ecsops import tags
from ecsops.durations import parse_duration
from ecsops.errors import InvalidSetting
from sandbox.cli import freeze_rows, guard_scope
from sandbox.cli.own_account import Client, physical_id
from sandbox.errors import SandboxError

_LONGEST_S = 3660 * 86_400
_SWITCH = "DeployGuardSwitch"


def freeze(arguments: Namespace, client: Client, table: str) -> str:
    """Freeze something; the line to print."""
    dynamodb, now = client("dynamodb"), time.time()
    scope = _scope(arguments, dynamodb, table)
    until = until_of(arguments, now)
    if not arguments.force and not guard_scope.exists(client("ecs"), scope):
        raise SandboxError(f"{_no_such(scope)}; freeze it all the same with --force")
    one = Freeze(scope, who(arguments), arguments.why, until)
    before = freeze_rows.freeze(dynamodb, table, one, now, force=arguments.force)
    instead = f"; before, it was {before.told}" if before else ""
    return f"{scope}: nothing is rolled back {one.ends}; alerts go on{instead}"


def unfreeze(arguments: Namespace, client: Client, table: str) -> str:
    """Lift a freeze; the line to print, with what holds all the same."""
    dynamodb, now = client("dynamodb"), time.time()
    scope = _scope(arguments, dynamodb, table)
    lifted = freeze_rows.unfreeze(dynamodb, table, scope, who(arguments), now)
    others = freeze_rows.in_force(dynamodb, table, now)
    if lifted is None:
        there = guard_scope.exists(client("ecs"), scope)
        problem = f"{scope}: is not frozen" if there else _no_such(scope)
        listed = "; ".join(_line(one) for one in others)
        raise SandboxError(f"{problem}; in force: {listed or 'no freeze'}")
    holds = [one.told for one in others if guard_scope.covers(one.scope, scope)]
    brakes, unread = _other_brakes(client, arguments.stack, scope, now)
    holds += brakes
    within = [_line(one) for one in others if guard_scope.covers(scope, one.scope)]
    if holds:
        says = f"still nothing is rolled back: {'; '.join(holds)}"
    else:
        says = "may be rolled back again" + (f", but not {'; '.join(within)}" if within else "")
    return "; ".join((f"{scope}: {says} (it was {lifted.told})", *unread))


def freezes(client: Client, table: str) -> list[Freeze]:
    """All freezes in force."""
    return freeze_rows.in_force(client("dynamodb"), table, time.time())


def freezes_lines(found: list[Freeze]) -> Iterator[str]:
    """A line for each."""
    yield from map(_line, found)
    if not found:
        yield "no freeze is in force (tags of services are not looked at)"


def until_of(arguments: Namespace, now: float) -> float | None:
    """When a freeze ends by itself; None: when somebody lifts it."""
    if arguments.duration is not None:
        given = f"--for {arguments.duration!r}"
        try:
            at = now + parse_duration(arguments.duration)
        except InvalidSetting as error:
            raise SandboxError(f"--for: {error}") from None
    elif arguments.until is not None:
        given = f"--until {arguments.until!r}"
        at = _moment(arguments.until).timestamp()
    else:
        return None
    if at <= now:
        raise SandboxError(f"{given}: that is over already")
    if at > now + _LONGEST_S:
        raise SandboxError(
            f"{given}: more than ten years; without --for and --until it holds until it is lifted"
        )
    return at


def who(arguments: Namespace) -> str:
    """Whom the audit names."""
    return str(arguments.by or getpass.getuser())


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SandboxError(f"--until {text!r}: expected a time like 2026-01-31T18:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _scope(arguments: Namespace, dynamodb: Any, table: str) -> str:
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    return guard_scope.scope_arn(arguments.scope, arn)


def _other_brakes(
    client: Client, stack: str, scope: str, now: float
) -> tuple[list[str], list[str]]:
    """What stops rollbacks beside the freezes of the table, and what this person may not read of it."""
    found: list[str] = []
    unread: list[str] = []
    asked = {
        "its tags": partial(_by_tag, client, scope, now),
        "the switch": partial(_by_switch, client, stack),
    }
    for what, ask in asked.items():
        try:
            found += ask()
        except ClientError as error:
            unread.append(f"{what} could not be read ({error.response['Error']['Code']})")
    return found, unread


def _by_tag(client: Client, scope: str, now: float) -> list[str]:
    if not guard_scope.is_service(scope):
        return []
    given = guard_scope.described(client("ecs"), scope, include=["TAGS"])
    read = (
        owner_settings.read(scope, tags.from_ecs(one.get("tags")), {}, "notify") for one in given
    )
    return [one.freeze.told for one in read if one.freeze is not None and one.freeze.holds(now)]


def _by_switch(client: Client, stack: str) -> list[str]:
    name = physical_id(client, stack, _SWITCH)
    position = client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    return [] if position.strip().lower() == "on" else [f"the switch {name} says {position!r}"]


def _line(one: Freeze) -> str:
    return f"{guard_scope.shown(one.scope)}: {one.told}"


def _no_such(scope: str) -> str:
    kind = "service" if guard_scope.is_service(scope) else "cluster"
    return f"{scope}: no such {kind} here"
