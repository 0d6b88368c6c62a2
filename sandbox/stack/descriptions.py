"""The CloudFormation API of the account: which resource of a stack is called what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.caller import Caller
    from sandbox.clock import Clock
    from sandbox.stack.stack import Stack


class StackDescriptions:
    """A simulator for botocore's service ``cloudformation``; moto answers every other operation."""

    operations = frozenset({"DescribeStackResource"})

    def __init__(self, stacks: Mapping[str, Stack], clock: Clock) -> None:
        """Describe the stacks that have been deployed by then."""
        self._stacks = stacks
        self._clock = clock

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer DescribeStackResource."""
        del operation
        name, logical_id = params["StackName"], params["LogicalResourceId"]
        stack = self._stacks.get(name)
        if stack is None:
            raise ApiError("ValidationError", f"Stack '{name}' does not exist")
        if logical_id not in stack.deployed.resources:
            raise ApiError(
                "ValidationError", f"Resource {logical_id} does not exist for stack {name}"
            )
        detail = {
            "StackName": name,
            "StackId": f"arn:aws:cloudformation:{caller.region}:{caller.account}:stack/{name}/sandbox",
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": stack.ref(logical_id),
            "ResourceType": stack.deployed.types[logical_id],
            "LastUpdatedTimestamp": datetime.fromtimestamp(self._clock.now(), UTC),
            "ResourceStatus": "CREATE_COMPLETE",
        }
        return {"StackResourceDetail": detail}
