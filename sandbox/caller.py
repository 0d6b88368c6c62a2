"""Who makes a call, and what for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity behind an AWS call, as the credential scope and the access key tell it."""

    principal: str  # an ARN, or a name such as "operator"
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Request:
    """One AWS call: its parameters in botocore's shape, and who makes it."""

    params: dict[str, Any]
    caller: Caller

    def arn(self, service: str, resource: str) -> str:
        """Name a resource in the account and Region of the caller."""
        return f"arn:aws:{service}:{self.caller.region}:{self.caller.account}:{resource}"
