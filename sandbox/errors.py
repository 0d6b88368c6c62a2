"""What can go wrong in the sandbox, by name.

SandboxError
├── ApiError             an AWS API answers with an error: reaches the caller over the wire
├── UnsupportedResource  the template needs what the sandbox cannot create: the start stops
├── UnsupportedOperation a function made a call that the sandbox does not simulate
├── InvalidWorld         a world file is not understood
├── InvalidEvent         a file is not an EventBridge event
├── InvalidTrace         a load trace is not understood
└── InvalidOption        a command's option cannot be used
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SandboxError(Exception):
    """Base of everything the sandbox raises on purpose."""


class ApiError(SandboxError):
    """An AWS API error, e.g. ``ApiError("ClusterNotFoundException", "Cluster not found.")``."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the wire code, the message as AWS words it, the HTTP status, and what else it says."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})


class UnsupportedResource(SandboxError):
    """The shipped template needs a resource or property that the sandbox cannot create."""

    def __init__(self, logical_id: str, resource_type: str, detail: str = "") -> None:
        """Name the resource: the reader looks it up in the template."""
        suffix = f": {detail}" if detail else ""
        super().__init__(f"the sandbox cannot create {logical_id} ({resource_type}){suffix}")
        self.logical_id = logical_id
        self.resource_type = resource_type


class UnsupportedOperation(SandboxError):
    """A function called an operation that the sandbox does not simulate."""


class InvalidWorld(SandboxError):
    """A world file is not understood; the message names the path of the field and the fix."""


class InvalidEvent(SandboxError):
    """A file is not an EventBridge event; the message names what is missing."""


class InvalidTrace(SandboxError):
    """A load trace is not understood; the message names the line and the fix."""


class InvalidOption(SandboxError):
    """An option of a command cannot be used; the message names it and what is expected."""
