"""The Resource Groups Tagging API, for what the simulators keep.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from sandbox.caller import Caller
    from sandbox.ecs import EcsTwin

_SERVICES = ["ecs:service"]
_MOST_PER_PAGE = 100


class TaggedResources:
    """A simulator for botocore's service ``resourcegroupstaggingapi``: ECS services by tag."""

    def __init__(self, ecs: EcsTwin) -> None:
        """Look at its services."""
        self._ecs = ecs

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer GetResources for ``ecs:service``."""
        del caller
        if operation != "GetResources" or params.get("ResourceTypeFilters") != _SERVICES:
            raise UnsupportedOperation(
                "the sandbox finds ECS services by tag only: "
                f"GetResources with ResourceTypeFilters={_SERVICES}"
            )
        filters = params.get("TagFilters", [])
        found = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}
            for arn, tags in sorted(self._ecs.tagged_services().items())
            if tags and all(_matches(tags, wanted) for wanted in filters)
        ]
        size = params.get("ResourcesPerPage", _MOST_PER_PAGE)
        if not 1 <= size <= _MOST_PER_PAGE:
            raise ApiError("InvalidParameterException", "ResourcesPerPage must be from 1 to 100")
        start = int(params.get("PaginationToken") or 0)
        more = start + size < len(found)
        return {
            "ResourceTagMappingList": found[start : start + size],
            "PaginationToken": str(start + size) if more else "",
        }


def _matches(tags: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    """A filter without values asks for the key only."""
    key, values = wanted["Key"], wanted.get("Values")
    return key in tags and (not values or tags[key] in values)
