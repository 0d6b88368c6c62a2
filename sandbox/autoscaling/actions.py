"""What happens when an alarm invokes a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.autoscaling.model import Activity, Policy, Target
from sandbox.autoscaling.rules import stepped, tracked
from sandbox.cloudwatch.evaluation import State

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.cloudwatch.alarm_watch import AlarmWatch

# When AWS holds a scaling activity for complete, and when it gives up waiting, is not published.
_LOOKS_EVERY_S, _GIVES_UP_S = 5.0, 600.0


class Capacity(Protocol):
    """The ECS service behind a scalable target."""

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """As DescribeServices shows it."""
        ...

    def set(self, resource_id: str, count: int) -> None:
        """UpdateService."""
        ...


class Actions:
    """Applies policies to services."""

    def __init__(self, clock: Clock, alarms: AlarmWatch, capacity: Capacity) -> None:
        """``alarms`` tell whether all target tracking policies agree to scale in."""
        self._clock = clock
        self._alarms = alarms
        self._capacity = capacity

    def track_out(self, target: Target, policy: Policy, metric: float) -> None:
        """The metric is above the target value."""
        service = self._capacity.describe(target.resource_id)
        # A metric from before the scale-out, times the tasks that it brought, would run away.
        base = target.out_running if self._cooling(target) else service["runningCount"]
        wanted = tracked(base, metric, float(policy.configuration["TargetValue"]))
        self._out(target, policy, service, wanted)

    def at_zero(self, target: Target) -> bool:
        """Whether the service has no task and wants none."""
        service = self._capacity.describe(target.resource_id)
        return bool(service["runningCount"] == 0 == service["desiredCount"])

    def track_in(self, target: Target, policy: Policy) -> None:
        """The metric has been well below the target value.

        With several such policies, only if all of them are ready to scale in, and to the largest.
        """
        policies = [
            each
            for each in target.policies.values()
            if each.kind == "TargetTrackingScaling" and each.scales_in
        ]
        service = self._capacity.describe(target.resource_id)
        wanted = []
        for each in policies:
            low = self._alarms.get(each.alarms[1])
            metric = low.newest(self._clock.now()) if low else None
            if low is None or low.state is not State.ALARM or metric is None:
                return
            target_value = float(each.configuration["TargetValue"])
            wanted.append(tracked(service["runningCount"], metric, target_value))
        self._in(target, policy, service, max(wanted))

    def step(self, target: Target, policy: Policy, metric: float, threshold: float) -> None:
        """An alarm with a step policy went off, or lasts."""
        service = self._capacity.describe(target.resource_id)
        desired = service["desiredCount"]
        cooling = self._cooling(target)
        # What the running cooldown's scale-out added counts as part of the next one.
        base = target.out_desired if cooling else desired
        wanted = stepped(base, policy.configuration, metric, threshold)
        if wanted > desired:
            self._out(target, policy, service, wanted)
        elif wanted < desired and not cooling:
            self._in(target, policy, service, wanted)

    def clamp(self, target: Target) -> None:
        """A new minimum or maximum takes effect at once."""
        desired = self._capacity.describe(target.resource_id)["desiredCount"]
        if (within := target.within(desired)) != desired:
            self._change(target, desired, within, "minimum or maximum capacity changed")

    def _cooling(self, target: Target) -> bool:
        return not target.out_complete or self._clock.now() < target.out_until

    def _out(self, target: Target, policy: Policy, service: Mapping[str, Any], wanted: int) -> None:
        """During the cooldown only a larger scale-out counts: one that exceeds what was ordered."""
        desired, wanted = service["desiredCount"], target.within(wanted)
        if wanted <= desired or target.suspended.get("DynamicScalingOutSuspended"):
            return
        if not self._cooling(target):
            target.out_running, target.out_desired = service["runningCount"], desired
        target.out_complete, target.out_ordered = False, wanted
        self._change(target, desired, wanted, f"policy {policy.name}")
        gives_up = self._clock.now() + _GIVES_UP_S
        self._watch(target, wanted, policy.cooldown("Out"), gives_up)

    def _watch(self, target: Target, wanted: int, cooldown: float, gives_up: float) -> None:
        """The cooldown begins once the tasks are running."""
        if target.out_ordered != wanted:
            return  # a later activity took over
        now, service = self._clock.now(), self._capacity.describe(target.resource_id)
        if service["runningCount"] >= min(wanted, service["desiredCount"]) or now >= gives_up:
            target.out_complete, target.out_until = True, now + cooldown
            return
        self._clock.call_later(
            _LOOKS_EVERY_S,
            lambda: self._watch(target, wanted, cooldown, gives_up),
            label="activity",
        )

    def _in(self, target: Target, policy: Policy, service: Mapping[str, Any], wanted: int) -> None:
        now, desired = self._clock.now(), service["desiredCount"]
        wanted = target.within(wanted)
        if wanted >= desired or now < target.in_until or _deploying(service):
            return
        if target.suspended.get("DynamicScalingInSuspended"):
            return
        target.in_until = now + policy.cooldown("In")
        self._change(target, desired, wanted, f"policy {policy.name}")

    def _change(self, target: Target, before: int, after: int, cause: str) -> None:
        target.activities.append(Activity(self._clock.now(), before, after, cause))
        self._capacity.set(target.resource_id, after)


def _deploying(service: Mapping[str, Any]) -> bool:
    """Application Auto Scaling turns off scale-in while a deployment is in progress."""
    deployments = service.get("deployments") or ()
    return len(deployments) > 1 or any(
        each.get("rolloutState") == "IN_PROGRESS" for each in deployments
    )
