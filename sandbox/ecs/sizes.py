"""Which sizes a task may have: Fargate's own, and its containers' memory within it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html: "The total amount
of memory reserved for all containers within a task must be lower than the task memory value"; that all of
it may be reserved, and the words in which ECS refuses, are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.model.size import FARGATE_SIZES
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.ecs.model import Shape


def check_size(shape: Shape, overrides: Mapping[str, Any] | None = None) -> None:
    """Refuse a task definition, or a task of it with overrides, whose sizes do not fit together."""
    overrides = overrides or {}
    cpu, memory = (_number(overrides.get(name) or shape.get(name)) for name in ("cpu", "memory"))
    is_fargate = "FARGATE" in shape.get("requiresCompatibilities", ())
    if is_fargate and cpu and memory and memory not in FARGATE_SIZES.get(cpu, ()):
        given = f"{cpu} CPU, {memory} memory"
        raise ApiError(
            "ClientException", f"No Fargate configuration exists for given values: {given}."
        )
    changed = {one["name"]: one for one in overrides.get("containerOverrides", ())}
    reserved = sum(_reserved({**one, **changed.get(one["name"], {})}) for one in _containers(shape))
    if memory and reserved > memory:
        raise ApiError(
            "ClientException",
            f"The containers reserve {reserved} MiB of memory, more than the task's {memory}.",
        )


def _containers(shape: Shape) -> list[Any]:
    return list(shape.get("containerDefinitions", ()))


def _reserved(container: Mapping[str, Any]) -> int:
    """What ECS subtracts from what is there: memoryReservation, "otherwise, the value of memory"."""
    return int(container.get("memoryReservation") or container.get("memory") or 0)


def _number(text: object) -> int | None:
    """CPU units or MiB; "1 vCPU" and "2 GB" are left to whoever reads them."""
    return int(str(text)) if str(text).isdecimal() else None
