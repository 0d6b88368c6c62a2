"""Who makes a call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity behind an AWS call, as the credential scope and the access key tell it."""

    principal: str  # an ARN, or a name such as "operator"
    account: str
    region: str
