"""May an AWS service use a resource? What the policy of the queue, topic or function says. Pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


def like(value: str, pattern: str) -> bool:
    """Match IAM's ``*`` and ``?``."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _applies(statement: Mapping[str, Any], request: ServiceRequest) -> bool:
    return (
        _names_service(statement.get("Principal"), request.service)
        and any(
            like(request.action.lower(), str(a).lower()) for a in as_list(statement.get("Action"))
        )
        and any(like(request.resource, str(r)) for r in as_list(statement.get("Resource", "*")))
        and all(
            _holds(name, keys, request.context)
            for name, keys in statement.get("Condition", {}).items()
        )
    )


def _names_service(principal: object, service: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return service in as_list(principal.get("Service")) or "*" in as_list(principal.get("AWS"))


def _holds(name: str, keys: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    bare = name.removesuffix("IfExists")
    if bare not in _CONDITIONS:
        raise NotImplementedError(f"condition operator {name} in a resource policy")
    test, negated = _CONDITIONS[bare]
    for key, wanted in keys.items():
        value = context.get(key.lower())
        if value is None:
            if negated or name.endswith("IfExists"):
                continue
            return False
        if any(test(value, str(each)) for each in as_list(wanted)) == negated:
            return False
    return True


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _equal_ignoring_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


_CONDITIONS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_ignoring_case, False),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    # ArnEquals and ArnLike "behave identically" (IAM user guide, condition operators).
    "ArnEquals": (like, False),
    "ArnLike": (like, False),
    "ArnNotEquals": (like, True),
    "ArnNotLike": (like, True),
    "Bool": (_equal_ignoring_case, False),
}
