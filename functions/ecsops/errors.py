"""The toolkit's errors.

OpsError
├── InvalidMessage   a message cannot be understood: never retried with hope, ends in the dead-letter queue
├── InvalidSetting   an environment variable or tag has a value nobody can act on
├── CallFailed       an AWS call failed for good or ran out of retries: the message is tried again
│   ├── ClusterGone
│   ├── HeldBack
│   ├── RegistryRefused
│   ├── TargetGroupGone
│   └── TargetRefused
└── PublishFailed    events were not accepted by the bus: the message is tried again
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class OpsError(Exception):
    """Base of everything the toolkit raises on purpose."""


class InvalidMessage(OpsError):
    """A message that cannot be understood; says which field, and what was expected there."""

    def __init__(self, path: str, problem: str) -> None:
        """Name the field by its JSON path, e.g. ``$.detail.taskArn``."""
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class InvalidSetting(OpsError):
    """A setting that nobody can act on; says which one and what it may be."""


class CallFailed(OpsError):
    """An AWS call failed after its retries."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        """Keep the operation and the AWS error code for logs and metrics."""
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code


class ClusterGone(CallFailed):
    """The cluster does not exist in this account and Region."""


class TargetGroupGone(CallFailed):
    """The target group was deleted; nothing is registered in it any more."""


class HeldBack(CallFailed):
    """IAM denies it explicitly: the owner tagged the resource to be left alone."""


class RegistryRefused(CallFailed):
    """The role may not take an instance out of a Cloud Map service; trying again will not change that."""


class TargetRefused(CallFailed):
    """The target group cannot hold such a target, e.g. an address of the other family."""


class PublishFailed(OpsError):
    """The event bus did not take some of the entries."""


# What a message's work may end in without being a fault of the code: the message is tried again.
CALL_ERRORS = (OpsError, ClientError, BotoCoreError)


def call_failed(operation: str, error: ClientError | BotoCoreError) -> CallFailed:
    """What botocore raised, as ours: with operation and code."""
    if isinstance(error, ClientError):
        found = error.response["Error"]
        return CallFailed(operation, found.get("Code", ""), found.get("Message", ""))
    return CallFailed(operation, type(error).__name__, str(error))


def refusals(operation: str, answer: Mapping[str, Any]) -> dict[str, CallFailed]:
    """By ARN, what a describe call of ECS could not tell; only MISSING says that nothing is there.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
    """
    return {
        each.get("arn", ""): CallFailed(
            operation, each.get("reason", ""), each.get("detail") or each.get("arn", "")
        )
        for each in answer.get("failures", ())
        if each.get("reason") != "MISSING"
    }
