"""Launches that ECS answers with a failure instead of a task, on demand.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import ApiError

if TYPE_CHECKING:
    import random

    from sandbox.ecs.model import Shape, Template


@dataclass(slots=True)
class LaunchFailure:
    """What RunTask answers in ``failures``, e.g. ``RESOURCE:MEMORY``, ``AGENT``, a quota's sentence.

    It strikes each launch of ``provider`` (FARGATE, FARGATE_SPOT; None: whichever) with
    ``probability``, and at most ``times`` (None: always). With an ``error`` the call fails by that code
    with ``reason`` as its message: so does throttling inside RunTask (InvalidParameterException).
    """

    reason: str
    provider: str | None = None
    times: int | None = None
    probability: float = 1.0
    arn: str | None = None
    error: str | None = None
    detail: str | None = None

    def shape(self) -> Shape:
        """As the API words it."""
        said = {"arn": self.arn, "reason": self.reason, "detail": self.detail}
        return {name: value for name, value in said.items() if value is not None}


class LaunchFailures:
    """What is planned to fail."""

    def __init__(self, rng: random.Random) -> None:
        """Nothing is."""
        self._rng = rng
        self._planned: list[LaunchFailure] = []

    def plan(self, failure: LaunchFailure) -> None:
        """Let launches fail from now on."""
        self._planned.append(failure)

    def clear(self) -> None:
        """Every launch succeeds again, as far as there is capacity."""
        self._planned.clear()

    def strike(self, template: Template) -> Shape | None:
        """The failure of one launch, if one is planned for it."""
        providers = {item["capacityProvider"] for item in template.strategy}
        providers |= {template.launch_type} if template.launch_type else set()
        for each in self._planned:
            if each.times == 0 or (each.provider and each.provider not in providers):
                continue
            if self._rng.random() >= each.probability:
                continue
            if each.times is not None:
                each.times -= 1
            if each.error:
                raise ApiError(each.error, each.reason)
            return each.shape()
        return None
