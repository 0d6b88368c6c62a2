"""What a person names to freeze it: everything, a cluster or a service."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from deploy_guard.ledger_store import scopes
from ecsops.arns import Arn, parse_arn
from ecsops.errors import InvalidMessage
from sandbox.errors import SandboxError

ALL = "all"


def scope_arn(scope: str, table_arn: str) -> str:
    """``all``, or the ARN of what a person names: ``prod``, ``prod/web``, or an ARN."""
    if scope == ALL:
        return scope
    if scope.startswith("arn:"):
        if _arn(scope).kind not in ("service", "cluster"):
            raise SandboxError(f"{scope}: expected the ARN of a service or of a cluster")
        return scope
    table = parse_arn(table_arn)
    prefix = f"arn:{table.partition}:ecs:{table.region}:{table.account}"
    parts = scope.split("/")
    if len(parts) > 2 or not all(parts):
        raise SandboxError(f"{scope!r}: expected all, CLUSTER, CLUSTER/SERVICE or an ARN")
    kind = "service" if len(parts) == 2 else "cluster"
    return f"{prefix}:{kind}/{scope}"


def exists(ecs: Any, scope: str) -> bool:
    """Whether there is such a cluster or service."""
    if scope == ALL:
        return True
    arn = parse_arn(scope)
    if arn.kind == "cluster":
        found = ecs.describe_clusters(clusters=[scope])["clusters"]
    else:
        found = described(ecs, scope)
    return any(one["status"] != "INACTIVE" for one in found)


def described(ecs: Any, service: str, **options: Any) -> list[Any]:
    """What ECS says of a service; nothing if it, or its cluster, is not there."""
    cluster = parse_arn(service).cluster or "default"
    try:
        found: list[Any] = ecs.describe_services(cluster=cluster, services=[service], **options)[
            "services"
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClusterNotFoundException":
            raise
        return []
    return found


def is_service(scope: str) -> bool:
    """Whether it is one service."""
    return scope != ALL and parse_arn(scope).kind == "service"


def covers(wide: str, narrow: str) -> bool:
    """Whether what holds for the one holds for the other too."""
    return wide in (ALL, narrow) or (is_service(narrow) and wide in scopes(narrow))


def shown(scope: str) -> str:
    """``prod/web``, ``prod`` or ``all``: as people name it."""
    return scope if scope == ALL else parse_arn(scope).resource.partition("/")[2]


def _arn(text: str) -> Arn:
    try:
        return parse_arn(text)
    except InvalidMessage as error:
        raise SandboxError(f"{text}: {error.problem}") from None
