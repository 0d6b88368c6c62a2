"""May an AWS service use a resource? What the policy of the queue, topic or function says. Pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.gateway.iam.conditions import holds, known_operator
from sandbox.gateway.iam.patterns import action_matches, like
from sandbox.gateway.iam.policy import MalformedPolicy

Policy = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A call that an AWS service makes for one of the account's resources."""

    service: str  # e.g. events.amazonaws.com
    action: str
    resource: str
    source_arn: str
    source_account: str

    @property
    def context(self) -> dict[str, str]:
        """The condition keys that AWS sends along."""
        return {
            "aws:sourcearn": self.source_arn,
            "aws:sourceaccount": self.source_account,
            "aws:securetransport": "true",
            "aws:principalisawsservice": "true",
            "aws:principalservicename": self.service,
        }


def allows(policy: Policy | None, request: ServiceRequest) -> bool:
    """Tell whether some statement allows the request and none denies it."""
    effects = {
        statement["Effect"]
        for statement in as_list((policy or {}).get("Statement"))
        if _applies(statement, request)
    }
    return "Allow" in effects and "Deny" not in effects


def as_list(value: object) -> list[Any]:
    """IAM lets a list of one stand without its brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _applies(statement: Mapping[str, Any], request: ServiceRequest) -> bool:
    return (
        _names_service(statement.get("Principal"), request.service)
        and any(action_matches(str(a), request.action) for a in as_list(statement.get("Action")))
        and any(like(str(r), request.resource) for r in as_list(statement.get("Resource", "*")))
        and _conditions_hold(statement.get("Condition", {}), request)
    )


def _names_service(principal: object, service: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return service in as_list(principal.get("Service")) or "*" in as_list(principal.get("AWS"))


def _conditions_hold(conditions: Mapping[str, Any], request: ServiceRequest) -> bool:
    for operator in conditions:
        if not known_operator(operator):
            raise MalformedPolicy(f"{operator!r} is no condition operator: {conditions}")
    return holds(conditions, request.context)
