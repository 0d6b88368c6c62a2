"""Which service and which deployment a person means, and what the guard's table says about them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from deploy_guard.audit import Audit
from deploy_guard.ledger_store import LedgerStore, scopes
from deploy_guard.model import Deployment
from ecsops.arns import parse_arn
from ecsops.errors import InvalidMessage
from sandbox.cli.guard_report import Explanation, History
from sandbox.errors import SandboxError

_DEPLOYMENT = ":service-deployment/"


def history(dynamodb: Any, table: str, service: str) -> History:
    """What is remembered of a service, and when its cluster or everything was frozen."""
    ledger = LedgerStore(dynamodb, table).read([service])[service].ledger
    audit = Audit(dynamodb, table)
    rows = [row for scope in scopes(service) for row in audit.rows(scope)]
    return History(ledger, tuple(sorted(rows, key=lambda row: -row.at)))


def explanation(dynamodb: Any, table: str, service: str, deployment: str) -> Explanation:
    """What is remembered of a deployment: by its ARN or id, or by the beginning of the id."""
    found = history(dynamodb, table, service)
    wanted = deployment.rpartition("/")[2]
    rows = [row for row in found.ledger.deployments if _is(row, wanted)]
    if len(rows) != 1:
        known = ", ".join(row.id.rpartition("/")[2] for row in found.ledger.deployments)
        which = "no deployment" if not rows else f"{len(rows)} deployments"
        raise SandboxError(f"{which} of {service} begin with {wanted!r}; known: {known or 'none'}")
    (row,) = rows
    audit = tuple(one for one in found.audit if one.deployment == row.id)
    return Explanation(service, row, audit)


def service_arn_of(ecs: Any, named: str) -> str:
    """The ARN of a service named ``cluster/service`` or by its ARN."""
    if named.startswith("arn:"):
        return _checked(named)
    cluster, slash, service = named.partition("/")
    if not slash or not cluster or not service:
        raise SandboxError(f"{named}: name the service as CLUSTER/SERVICE, or by its ARN")
    try:
        found = ecs.describe_services(cluster=cluster, services=[service])["services"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClusterNotFoundException":
            raise
        found = []
    if not found:
        raise SandboxError(f"{named}: no such service here; name one that was deleted by its ARN")
    return str(found[0]["serviceArn"])


def service_of(deployment: str) -> str | None:
    """The ARN of the service of a service deployment's ARN; None if the id alone is given."""
    if _DEPLOYMENT not in deployment:
        return None
    return _checked(deployment.replace(_DEPLOYMENT, ":service/").rpartition("/")[0])


def _checked(arn: str) -> str:
    try:
        found = parse_arn(arn)
    except InvalidMessage as error:
        raise SandboxError(f"{arn}: {error.problem}") from None
    if found.kind != "service":
        raise SandboxError(f"{arn}: not the ARN of a service")
    return arn


def _is(row: Deployment, wanted: str) -> bool:
    return row.id.rpartition("/")[2].startswith(wanted) or row.ecs_id == f"ecs-svc/{wanted}"
