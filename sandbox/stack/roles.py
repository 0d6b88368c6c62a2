"""The roles of the account and the policies in force for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.gateway.iam.policy import evaluate
from sandbox.lambda_host.function import Credentials

Document = Mapping[str, Any]


def _allow(*actions: str) -> Document:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_XRAY = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
)

# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
AWS_MANAGED: dict[str, Document] = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": _allow(*_LOGS),
    "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole": _allow(
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *_LOGS
    ),
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess": _allow(*_XRAY),
    "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess": _allow(*_XRAY),
}


@dataclass(slots=True)
class Role:
    """A role with its inline policies and the ARNs of its managed ones."""

    name: str
    arn: str
    trusted: Document
    inline: dict[str, Document] = field(default_factory=dict)
    managed: list[str] = field(default_factory=list)


class Roles:
    """Every role that a stack has made."""

    def __init__(self) -> None:
        """Start with what AWS brings."""
        self._roles: dict[str, Role] = {}
        self.managed: dict[str, Document] = dict(AWS_MANAGED)

    def add(self, role: Role) -> None:
        """Keep a role."""
        self._roles[role.arn] = role

    def get(self, arn: str) -> Role | None:
        """Find a role by ARN."""
        return self._roles.get(arn)

    def named(self, name: str) -> Role | None:
        """Find a role by name."""
        return next((role for role in self._roles.values() if role.name == name), None)

    def policies(self, arn: str) -> list[Document]:
        """Every policy document in force for a role."""
        role = self._roles.get(arn)
        if role is None:
            return []
        return [*role.inline.values(), *(self.managed[managed] for managed in role.managed)]

    def trusts(self, arn: str, service: str) -> bool:
        """Tell whether a service may assume the role."""
        role = self._roles.get(arn)
        return role is not None and any(
            statement.get("Effect") == "Allow" and service in _services(statement)
            for statement in role.trusted.get("Statement", [])
        )

    def allows(self, arn: str, action: str, resource: str) -> bool:
        """Tell whether the role may do something."""
        return evaluate(self.policies(arn), action, resource, {}).allowed

    def may(self, arn: str, service: str, action: str, resource: str) -> bool:
        """Tell whether a service may do something as the role."""
        return self.trusts(arn, service) and self.allows(arn, action, resource)

    def unknown_managed(self, arns: Iterable[str]) -> list[str]:
        """Managed policies whose content the sandbox does not have."""
        return [arn for arn in arns if arn not in self.managed]


def _services(statement: Mapping[str, Any]) -> list[str]:
    named = statement.get("Principal", {}).get("Service", [])
    return [named] if isinstance(named, str) else list(named)


def credentials_for(role_arn: str, function: str) -> Credentials:
    """Stable credentials of one function in its role; nothing else calls with this key."""
    digest = hashlib.sha256(f"{role_arn}/{function}".encode()).hexdigest()
    return Credentials(f"ASIA{digest[:16].upper()}", digest[16:56], f"sandbox-{digest[:32]}")
