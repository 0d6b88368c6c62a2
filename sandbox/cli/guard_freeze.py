"""``ecs-ops guard freeze|unfreeze|forgive``: what people tell the deployment guard."""

from __future__ import annotations

import getpass
import time
from argparse import Namespace
from datetime import UTC, datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from deploy_guard import watch
from deploy_guard.audit import Audit, AuditRow
from deploy_guard.ledger_store import Due, Known, LedgerStore
from deploy_guard.model import Freeze, Ledger, Version
from deploy_guard.reputation import forgiven
from ecsops.arns import parse_arn
from ecsops.durations import parse_duration
from ecsops.errors import InvalidMessage, InvalidSetting
from sandbox.errors import SandboxError

_TRIES = 5


def scope_arn(scope: str, table_arn: str) -> str:
    """``all``, or the ARN of what a person names: ``prod``, ``prod/web``, or an ARN."""
    if scope == "all" or scope.startswith("arn:"):
        return scope
    table = parse_arn(table_arn)
    prefix = f"arn:{table.partition}:ecs:{table.region}:{table.account}"
    parts = scope.split("/")
    if len(parts) > 2 or not all(parts):
        raise SandboxError(f"{scope!r}: expected all, CLUSTER, CLUSTER/SERVICE or an ARN")
    kind = "service" if len(parts) == 2 else "cluster"
    return f"{prefix}:{kind}/{scope}"


def must_exist(ecs: Any, scope: str) -> None:
    """A brake with a typing mistake would hold nothing: say so."""
    if scope == "all":
        return
    arn = parse_arn(scope)
    if arn.kind == "cluster":
        found = ecs.describe_clusters(clusters=[scope])["clusters"]
    elif arn.kind == "service":
        found = _services(ecs, arn.cluster or "default", scope)
    else:
        raise SandboxError(f"{scope}: expected the ARN of a service or of a cluster")
    if not any(one["status"] != "INACTIVE" for one in found):
        raise SandboxError(f"{scope}: no such {arn.kind} here; freeze it all the same with --force")


def _services(ecs: Any, cluster: str, scope: str) -> list[Any]:
    try:
        services: list[Any] = ecs.describe_services(cluster=cluster, services=[scope])["services"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClusterNotFoundException":
            raise
        return []
    return services


def until_of(arguments: Namespace, now: float) -> float | None:
    """When a freeze ends by itself; None: when somebody lifts it."""
    if arguments.duration is not None:
        try:
            return now + parse_duration(arguments.duration)
        except InvalidSetting as error:
            raise SandboxError(f"--for: {error}") from None
    if arguments.until is None:
        return None
    try:
        moment = datetime.fromisoformat(arguments.until)
    except ValueError:
        raise SandboxError(
            f"--until {arguments.until!r}: expected a time like 2026-01-31T18:00Z"
        ) from None
    at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if at <= now:
        raise SandboxError(f"--until {arguments.until!r}: that is over already")
    return at


def freeze(dynamodb: Any, table: str, one: Freeze, now: float) -> None:
    """Have nothing rolled back there until it is lifted or over."""
    item = {
        "pk": {"S": f"freeze#{one.scope}"},
        "list": {"S": "freeze"},
        "at": {"N": str(int(now))},
        "doc": {"S": msgspec.json.encode(one).decode()},
    }
    if one.until is not None:
        item["expires_at"] = {"N": str(int(one.until) + 86_400)}
    dynamodb.put_item(TableName=table, Item=item)


def unfreeze(dynamodb: Any, table: str, scope: str) -> bool:
    """Lift a freeze; False if there was none."""
    answer = dynamodb.delete_item(
        TableName=table, Key={"pk": {"S": f"freeze#{scope}"}}, ReturnValues="ALL_OLD"
    )
    return bool(answer.get("Attributes"))


def forgive(dynamodb: Any, table: str, service: str, name: str, who: str, now: float) -> list[str]:
    """Take a version off the service's list of bad ones; what it was there for."""
    store = LedgerStore(dynamodb, table)
    for _ in range(_TRIES):
        known = store.read([service])[service]
        bad = [one for one in known.ledger.judged if not one.good and _is(one.version, name)]
        if not bad:
            listed = ", ".join(
                sorted({one.version.name for one in known.ledger.judged if not one.good})
            )
            raise SandboxError(f"{name} is not known to be bad; known are: {listed or 'none'}")
        ledger: Ledger = known.ledger
        for one in bad:
            ledger = forgiven(ledger, one)
        if store.save(known, ledger, _due(known, ledger, now), now):
            for one in bad:
                row = AuditRow(
                    service,
                    one.deployment,
                    now,
                    "FORGIVEN",
                    executed=False,
                    calls=(),
                    why=one.why,
                    who=who,
                    task_definition=one.version.task_definition,
                )
                Audit(dynamodb, table).note(row, f"{one.deployment.rpartition('/')[2]}-{int(now)}")
            return [one.why for one in bad]
    raise SandboxError("the guard is writing the ledger all the time: try again")


def _due(known: Known, ledger: Ledger, now: float) -> Due | None:
    """As planned; but what is noted is handled by saving it, and nobody has looked because of it."""
    planned = watch.due(ledger, now)
    return Due(now, planned.alarms if planned else frozenset()) if known.notes else planned


def _is(version: Version, name: str) -> bool:
    return name in (version.name, version.task_definition)


def run(arguments: Namespace, client: Any, table: str) -> str:
    """Run one of the three on a deployed stack; the line to print."""
    dynamodb, now = client("dynamodb"), time.time()
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    try:
        scope = scope_arn(arguments.scope, arn)
    except InvalidMessage as error:
        raise SandboxError(str(error)) from None
    who = arguments.by or getpass.getuser()
    if arguments.action == "unfreeze":
        lifted = unfreeze(dynamodb, table, scope)
        if lifted:
            row = _row(scope, "UNFROZEN", who, "it may be rolled back again", now)
            Audit(dynamodb, table).note(row, f"{now:.3f}")
        return f"{scope}: " + ("may be rolled back again" if lifted else "was not frozen")
    if arguments.action == "forgive":
        why = forgive(dynamodb, table, scope, arguments.version, who, now)
        return f"{arguments.version}: forgiven; it had failed: {'; '.join(why)}"
    until = until_of(arguments, now)
    try:
        if not arguments.force:
            must_exist(client("ecs"), scope)
    except InvalidMessage as error:
        raise SandboxError(str(error)) from None
    freeze(dynamodb, table, Freeze(scope, who, arguments.why, until), now)
    ends = (
        f"until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC"
        if until
        else "until unfreeze"
    )
    because = f"{arguments.why}, {ends}" if arguments.why else ends
    Audit(dynamodb, table).note(_row(scope, "FROZEN", who, because, now), f"{now:.3f}")
    return f"{scope}: nothing is rolled back {ends}; alerts go on"


def _row(scope: str, state: str, who: str, why: str, now: float) -> AuditRow:
    return AuditRow(scope, "", now, state, executed=False, calls=(), why=why, who=who)
