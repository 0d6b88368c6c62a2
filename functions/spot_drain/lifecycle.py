"""Auto Scaling lifecycle hooks: hold an instance with heartbeats, and let it go.

A hook is completed once and for all: so only when nothing runs on the instance any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.clients import client
from ecsops.errors import CallFailed, call_failed
from spot_drain.watching import Hook

# The shortest heartbeat timeout that a hook can have; what holds if its own cannot be read.
_SHORTEST_S = 30
_MAX_REMEMBERED = 1_000
_NOT_ACTIVE = "No active Lifecycle Action found"


class HookOver(CallFailed):
    """The action is no longer active: it was completed, or timed out, or Spot has the instance."""


class HookDenied(CallFailed):
    """The function's role may not touch this group: its owner has not tagged it."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """``timeouts`` remembers the heartbeat timeout of hooks."""

    connect: Callable[[], Any] = lambda: client("autoscaling")
    timeouts: dict[tuple[str, str], int] = field(default_factory=dict)

    def timeout_s(self, group: str, name: str) -> int:
        """The hook's heartbeat timeout."""
        if len(self.timeouts) > _MAX_REMEMBERED:
            self.timeouts.clear()
        if (group, name) not in self.timeouts:
            try:
                autoscaling = self.connect()
                answer = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)
            except (ClientError, BotoCoreError):
                return _SHORTEST_S
            for hook in answer["LifecycleHooks"]:
                timeout = hook.get("HeartbeatTimeout", _SHORTEST_S)
                self.timeouts[group, hook["LifecycleHookName"]] = timeout
        return self.timeouts.get((group, name), _SHORTEST_S)

    def beat(self, hook: Hook) -> None:
        """Hold the instance for another heartbeat timeout."""
        self._call(
            "RecordLifecycleActionHeartbeat",
            lambda autoscaling: autoscaling.record_lifecycle_action_heartbeat(**_named(hook)),
        )

    def complete(self, hook: Hook) -> None:
        """Let the instance go. CONTINUE: ABANDON would end the hooks of others too."""
        self._call(
            "CompleteLifecycleAction",
            lambda autoscaling: autoscaling.complete_lifecycle_action(
                **_named(hook), LifecycleActionResult="CONTINUE"
            ),
        )

    def _call(self, operation: str, perform: Callable[[Any], object]) -> None:
        try:
            perform(self.connect())
        except (ClientError, BotoCoreError) as error:
            failure = call_failed(operation, error)
            told = (failure.operation, failure.code, str(failure))
            if _NOT_ACTIVE in str(failure):
                raise HookOver(*told) from error
            if "AccessDenied" in failure.code:
                raise HookDenied(*told) from error
            raise failure from error


def _named(hook: Hook) -> dict[str, str]:
    return {
        "AutoScalingGroupName": hook.group,
        "LifecycleHookName": hook.name,
        "LifecycleActionToken": hook.token,
    }
