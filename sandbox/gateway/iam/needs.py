"""What a call needs: IAM actions on resources, and the condition keys that AWS puts in the context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]


def operations(names: str) -> frozenset[str]:
    """A set of operations from a line of names."""
    return frozenset(names.split())


@dataclass(frozen=True, slots=True)
class Scope:
    """The account and Region in which names are turned into ARNs."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def arn_of(self, service: str, prefix: str, name_or_arn: str) -> str:
        """The ARN of what the caller named by name or by ARN."""
        if name_or_arn.startswith("arn:"):
            return name_or_arn
        return self.arn(service, prefix + name_or_arn)


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource; ``*`` where AWS has no resource-level permission.

    ``context`` has the condition keys of this need beside those of the whole call.
    """

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def request_tags(parameters: Parameters) -> dict[str, str | Sequence[str]]:
    """``aws:RequestTag/*`` and ``aws:TagKeys`` from any of the spellings AWS APIs have for tags."""
    tags = parameters.get("tags", parameters.get("Tags"))
    keys = parameters.get("tagKeys", parameters.get("TagKeys"))
    if isinstance(tags, Mapping):
        pairs = dict(tags)
    else:
        pairs = {
            tag.get("key", tag.get("Key")): tag.get("value", tag.get("Value", ""))
            for tag in tags or ()
        }
    names = list(pairs) or list(keys or ())
    context: dict[str, str | Sequence[str]] = {
        f"aws:requesttag/{name}".lower(): value for name, value in pairs.items()
    }
    if names:
        context["aws:tagkeys"] = names
    return context
