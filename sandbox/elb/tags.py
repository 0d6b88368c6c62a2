"""AddTags, RemoveTags, DescribeTags."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.elb.model import Shape


class ResourceTags:
    """The tags of load balancers and target groups."""

    def __init__(self, exists: Callable[[str], bool]) -> None:
        """``exists`` tells whether an ARN names a resource."""
        self._exists = exists
        self._tags: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "AddTags": self._add_tags,
            "RemoveTags": self._remove_tags,
            "DescribeTags": self._describe_tags,
        }

    def put(self, arn: str, tags: list[Shape]) -> None:
        """Add tags; one with the same key is replaced."""
        self._tags[arn].update({tag["Key"]: tag.get("Value", "") for tag in tags})

    def _add_tags(self, request: Request) -> Shape:
        for arn in self._existing(request):
            self.put(arn, request.params["Tags"])
        return {}

    def _remove_tags(self, request: Request) -> Shape:
        for arn in self._existing(request):
            for key in request.params["TagKeys"]:
                self._tags[arn].pop(key, None)
        return {}

    def _describe_tags(self, request: Request) -> Shape:
        return {
            "TagDescriptions": [
                {
                    "ResourceArn": arn,
                    "Tags": [{"Key": k, "Value": v} for k, v in self._tags[arn].items()],
                }
                for arn in self._existing(request)
            ]
        }

    def _existing(self, request: Request) -> list[str]:
        arns: list[str] = request.params["ResourceArns"]
        for arn in arns:
            if not self._exists(arn):
                kind = "TargetGroup" if ":targetgroup/" in arn else "LoadBalancer"
                raise ApiError(f"{kind}NotFound", f"'{arn}' not found")
        return arns
