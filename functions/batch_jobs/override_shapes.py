"""RunTask's TaskOverride without its roles, so that a typo is refused before anything runs.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
"""
# ruff: noqa: N815  the members have the names of the API

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member that RunTask does not know is a mistake."""


class Variable(_Part, frozen=True):
    """KeyValuePair."""

    name: str
    value: str


class File(_Part, frozen=True):
    """EnvironmentFile."""

    value: str
    type: Literal["s3"]


class Resource(_Part, frozen=True):
    """ResourceRequirement."""

    value: str
    type: Literal["GPU", "InferenceAccelerator"]


class ContainerOverride(_Part, frozen=True):
    """What a container gets instead of what its definition says."""

    name: str
    command: list[str] | None = None
    environment: list[Variable] | None = None
    environmentFiles: list[File] | None = None
    cpu: int | None = None
    memory: Annotated[int, Meta(ge=4)] | None = None
    memoryReservation: Annotated[int, Meta(ge=4)] | None = None
    resourceRequirements: list[Resource] | None = None


class EphemeralStorage(_Part, frozen=True):
    """Of tasks on Fargate."""

    sizeInGiB: Annotated[int, Meta(ge=21, le=200)]


class Accelerator(_Part, frozen=True):
    """InferenceAcceleratorOverride."""

    deviceName: str | None = None
    deviceType: str | None = None


class TaskOverride(_Part, frozen=True):
    """What a task gets instead of what its definition says."""

    containerOverrides: list[ContainerOverride] | None = None
    cpu: str | None = None
    memory: str | None = None
    ephemeralStorage: EphemeralStorage | None = None
    inferenceAcceleratorOverrides: list[Accelerator] | None = None
