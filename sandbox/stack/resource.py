"""What a creator gets, and how a resource type is registered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.errors import UnsupportedResource
from sandbox.stack.intrinsics import Created

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.lambda_host.dispatch import Dispatch
    from sandbox.lambda_host.invocation import FunctionHost
    from sandbox.lambda_host.service import Functions
    from sandbox.stack.roles import Roles

Properties = dict[str, Any]


@dataclass(slots=True)
class Deployment:
    """The account, as far as the creators of a stack need it."""

    stack: str
    account: str
    region: str
    folder: Path  # of the template: CodeUri is relative to it
    client: Callable[[str], Any]  # a boto3 client of the operator
    functions: Functions
    roles: Roles
    dispatch: Dispatch
    host: FunctionHost
    artefact: Path | None = None  # the folder of `sam build`, for hosts that run the built code
    checks: list[Callable[[], None]] = field(default_factory=list)  # run when everything exists


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the template with its values resolved."""

    logical_id: str
    type: str
    properties: Properties
    into: Deployment

    def name(self, given: str, longest: int = 64) -> str:
        """The name that the template gives, or one in CloudFormation's style."""
        if given in self.properties:
            return str(self.properties[given])
        digest = hashlib.sha256(f"{self.into.stack}/{self.logical_id}".encode()).hexdigest()
        tail = f"-{digest[:12].upper()}"
        return f"{self.into.stack}-{self.logical_id}"[: longest - len(tail)] + tail

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and Region."""
        return f"arn:aws:{service}:{self.into.region}:{self.into.account}:{rest}"

    def only(self, *names: str) -> Properties:
        """The given properties, as far as they are set."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def tags(self) -> list[dict[str, str]]:
        """The tags, whichever way the type spells them."""
        tags = self.properties.get("Tags", [])
        if isinstance(tags, dict):
            return [{"Key": key, "Value": str(value)} for key, value in tags.items()]
        return [{"Key": tag["Key"], "Value": str(tag["Value"])} for tag in tags]

    def unsupported(self, detail: str) -> UnsupportedResource:
        """The error that stops the deployment."""
        return UnsupportedResource(self.logical_id, self.type, detail)


Creator = Callable[[Resource], Created]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type that the sandbox creates, with the properties that it understands."""

    create: Creator
    properties: frozenset[str]


CREATORS: dict[str, ResourceType] = {}


def creates(resource_type: str, properties: str) -> Callable[[Creator], Creator]:
    """Register a creator for a type; any property that is not listed stops the deployment."""

    def register(creator: Creator) -> Creator:
        CREATORS[resource_type] = ResourceType(creator, frozenset(properties.split()))
        return creator

    return register
