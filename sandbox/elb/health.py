"""How targets come into rotation, and how they leave it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sandbox.elb.model import DESCRIPTIONS, State, Target, TargetChange, TargetGroup, TargetKey

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.elb.agenda import Agenda

REGISTRATION_S = 1.0


class TargetHealth:
    """Health checks as appointments: a check that would change nothing is never made."""

    def __init__(self, agenda: Agenda, rng: random.Random) -> None:
        """``rng`` decides the phase of the checks."""
        self._agenda = agenda
        self._rng = rng
        self._silent: set[TargetKey] = set()
        self._statuses: dict[TargetKey, int | None] = {}  # of the answers; None: too late
        self._groups: defaultdict[TargetKey, dict[str, TargetGroup]] = defaultdict(dict)
        self._watchers: list[Callable[[TargetChange], None]] = []

    def watch(self, watcher: Callable[[TargetChange], None]) -> None:
        """Call ``watcher`` with every change of a target from now on."""
        self._watchers.append(watcher)

    def register(
        self, group: TargetGroup, key: TargetKey, zone: str | None, *, in_use: bool
    ) -> None:
        """Registering again what is draining starts over; registering twice changes nothing."""
        target = group.targets.get(key)
        if target and target.state != "draining":
            return
        if target and target.next_change:
            target.next_change.cancel()
        target = Target(key[0], key[1], zone)
        group.targets[key] = target
        self._groups[key][group.arn] = group
        if in_use:
            self.start_checks(group, target)
        else:
            self._become(group, target, "unused", "Target.NotInUse")

    def start_checks(self, group: TargetGroup, target: Target) -> None:
        """Let a target be checked for the first time."""
        self._become(group, target, "initial", "Elb.RegistrationInProgress")
        self._next(group, target, REGISTRATION_S, self._registered)

    def deregister(self, group: TargetGroup, key: TargetKey) -> float:
        """Take a target out of rotation; tell how long it will still drain."""
        target = group.targets.get(key)
        if target is None:
            return 0.0
        if target.drained_at is None:
            delay = group.deregistration_delay_s if target.state != "unused" else 0.0
            target.drained_at = self._agenda.now() + delay
            self._become(group, target, "draining", "Target.DeregistrationInProgress")
            self._next(group, target, delay, self._drained)
        return target.drained_at - self._agenda.now()

    def silence(self, key: TargetKey) -> None:
        """Nobody answers at this address and port from now on."""
        if key in self._silent:
            return
        self._silent.add(key)
        for group in list(self._groups[key].values()):
            target = group.targets[key]
            self._observe(group)
            if target.state == "unhealthy" and target.next_change:
                target.next_change.cancel()
            elif target.state == "healthy":
                check = group.health_check
                wait = self._phase(group) + check.interval_s * (check.unhealthy_threshold - 1)
                self._next(group, target, wait + check.timeout_s, self._failed)

    def answer(self, key: TargetKey, status: int | None = 200) -> None:
        """Somebody answers at this address and port from now on, with a status or too late."""
        self._silent.discard(key)
        self._statuses[key] = status
        for group in list(self._groups[key].values()):
            target = group.targets[key]
            self._observe(group)
            if self._problem(group, key):
                continue
            if target.state == "healthy" and target.next_change:
                target.next_change.cancel()
            elif target.state == "unhealthy":
                check = group.health_check
                wait = self._phase(group) + check.interval_s * (check.healthy_threshold - 1)
                self._next(group, target, wait, self._passed)

    def _registered(self, group: TargetGroup, target: Target) -> None:
        self._become(group, target, "initial", "Elb.InitialHealthChecking")
        self._next(group, target, self._phase(group), self._first_check)

    def _first_check(self, group: TargetGroup, target: Target) -> None:
        # One check is enough for a new target:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
        if self._problem(group, target.key) is None:
            self._passed(group, target)
            return
        check = group.health_check
        wait = check.interval_s * (check.unhealthy_threshold - 1) + check.timeout_s
        self._next(group, target, wait, self._failed)

    def _passed(self, group: TargetGroup, target: Target) -> None:
        self._become(group, target, "healthy", "")

    def _failed(self, group: TargetGroup, target: Target) -> None:
        problem = self._problem(group, target.key)
        if problem:
            self._become(group, target, "unhealthy", problem)
        else:
            self._passed(group, target)

    def _problem(self, group: TargetGroup, key: TargetKey) -> str | None:
        """Why a health check fails now; None when it passes."""
        if key in self._silent:
            return "Target.FailedHealthChecks"
        status = self._statuses.get(key, 200)
        if status is None:
            return "Target.Timeout"
        return None if group.health_check.accepts(status) else "Target.ResponseCodeMismatch"

    def _drained(self, group: TargetGroup, target: Target) -> None:
        del group.targets[target.key]
        del self._groups[target.key][group.arn]
        self._become(group, target, "unused", "Target.NotRegistered")

    def forget(self, group: TargetGroup) -> None:
        """The group is deleted, and its checks with it."""
        for target in group.targets.values():
            del self._groups[target.key][group.arn]
            if target.next_change:
                target.next_change.cancel()

    def _next(
        self,
        group: TargetGroup,
        target: Target,
        delay: float,
        change: Callable[[TargetGroup, Target], None],
    ) -> None:
        if target.next_change:
            target.next_change.cancel()
        target.next_change = self._agenda.later(
            delay, lambda: change(group, target), f"target {target.id}:{target.port}"
        )

    def _become(self, group: TargetGroup, target: Target, state: State, reason: str) -> None:
        target.state, target.reason = state, reason
        target.description = DESCRIPTIONS.get(reason, "").format(self._statuses.get(target.key))
        self._observe(group)
        change = TargetChange(group.arn, target.key, state, reason, target.description)
        for watcher in self._watchers:
            watcher(change)

    def _observe(self, group: TargetGroup) -> None:
        rotation = {key for key, target in group.targets.items() if target.state == "healthy"}
        group.losses.observe(self._agenda.now(), rotation & self._silent, len(rotation))

    def _phase(self, group: TargetGroup) -> float:
        return self._rng.uniform(0, group.health_check.interval_s)
