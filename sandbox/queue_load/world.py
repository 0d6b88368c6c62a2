"""One worker service with its queue, CloudWatch and Application Auto Scaling, in fast virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.autoscaling import AutoScaling
from sandbox.autoscaling.service import EcsCapacity
from sandbox.caller import Caller
from sandbox.clock import SteppedClock
from sandbox.cloudwatch.alarm_watch import AlarmWatch
from sandbox.cloudwatch.datapoints import Datapoints
from sandbox.queue_load.fleet import Fleet, FleetService, TaskTimes
from sandbox.queue_load.load import Load
from sandbox.queue_load.native_metrics import NativeMetrics
from sandbox.queue_load.ordering import Ordering
from sandbox.queue_load.score import Score, percentile, waits, within
from sandbox.queue_load.workers import Counts, Workers

START = 1_767_603_600.0
ACCOUNT, REGION, CLUSTER = "123456789012", "eu-west-1", "prod"
# After the last arrival the service gets this long to come to rest.
_AFTERWARDS_S = 900.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What a world is like. ``noise`` and ``stale_s`` spoil what GetQueueAttributes says."""

    slo_s: float = 60.0
    slots: int = 1
    minimum: int = 1
    maximum: int = 1000
    first: int = 1
    visibility_s: float = 300.0
    times: TaskTimes = field(default_factory=TaskTimes)
    protects_work: bool = False
    noise: float = 0.0
    stale_s: float = 0.0
    seed: int = 1


class World:
    """A service ``worker`` in cluster ``prod`` that polls queue ``jobs``."""

    def __init__(
        self,
        load: Load,
        setting: Setting | None = None,
        tags: dict[str, str] | None = None,
        order: Ordering | None = None,
    ) -> None:
        """Everything is there and runs; nobody scales it yet."""
        self.load, self.setting = load, setting or Setting()
        rng = random.Random(self.setting.seed)
        self.rng = random.Random(rng.getrandbits(64))
        self.clock = SteppedClock(START)
        self.caller = Caller("operator", ACCOUNT, REGION)
        self.workers = Workers(random.Random(rng.getrandbits(64)))
        self.queue = self.workers.poll(load, visibility_s=self.setting.visibility_s, order=order)
        self.fleet = Fleet(self.clock, random.Random(rng.getrandbits(64)), START)
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{CLUSTER}/worker"
        self.service = FleetService(
            CLUSTER,
            "worker",
            arn,
            self.workers,
            self.setting.slots,
            tags or {},
            self.setting.times,
            self.setting.protects_work,
        )
        self.fleet.add(self.service, self.setting.first)
        self.datapoints = Datapoints()
        self.alarms = AlarmWatch(self.clock, random.Random(rng.getrandbits(64)))
        capacity = EcsCapacity(lambda op, params: self.fleet.call(op, params, self.caller))
        self.autoscaling = AutoScaling(self.clock, self.alarms, self.datapoints, capacity)
        NativeMetrics(self.clock, self.datapoints, self.service, self.workers, ("jobs",), START)
        self._past: list[tuple[float, Counts]] = []
        if self.setting.stale_s:
            self._remember()

    @property
    def resource_id(self) -> str:
        """The service as Application Auto Scaling names it."""
        return f"service/{CLUSTER}/worker"

    def every(self, seconds: float, act: Callable[[], None], *, first: float) -> None:
        """Call ``act`` regularly, from ``first`` seconds after the start on."""

        def again() -> None:
            self.clock.call_later(seconds, again, label="every")
            act()

        self.clock.call_later(first, again, label="every")

    def autoscale(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call Application Auto Scaling for this service."""
        named = {
            "ServiceNamespace": "ecs",
            "ResourceId": self.resource_id,
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        return self.autoscaling.call(operation, named | params, self.caller)

    def scale(self, count: int) -> None:
        """UpdateService, within the limits."""
        wanted = min(max(count, self.setting.minimum), self.setting.maximum)
        params = {"cluster": CLUSTER, "service": "worker", "desiredCount": wanted}
        self.fleet.call("UpdateService", params, self.caller)

    def attributes(self) -> Counts:
        """The queue as GetQueueAttributes shows it: approximate, and maybe late."""
        counts = self._counts()
        if self.setting.stale_s:
            before = self.clock.now() - self.setting.stale_s
            counts = next((old for at, old in reversed(self._past) if at <= before), counts)
        noise = self.setting.noise
        if not noise:
            return counts
        visible = round(counts.visible * (1 + self.rng.uniform(-noise, noise)))
        in_flight = round(counts.in_flight * (1 + self.rng.uniform(-noise, noise)))
        return Counts(visible, in_flight, counts.sent, counts.deleted, counts.oldest_s)

    def run(self) -> Score:
        """Let the whole load pass."""
        self.clock.run_until(START + self.load.duration_s + _AFTERWARDS_S)
        return self.score()

    def score(self) -> Score:
        """What the run was worth so far."""
        self.fleet.settle()
        end = self.clock.now() - START
        waited = waits(self.load.arrivals, self.queue.started, end)
        hours = self.service.paid_s / 3600
        ideal = self.load.work_s / self.setting.slots / 3600
        return Score(
            within_slo_pct=within(waited, self.setting.slo_s),
            p99_wait_s=percentile(waited, 99),
            longest_wait_s=max(waited, default=0.0),
            task_hours=hours,
            task_hours_over_ideal=hours / ideal if ideal else 0.0,
            actions=len(self.service.changes) - 1,
            jobs_killed=self.queue.killed,
        )

    def _counts(self) -> Counts:
        self.workers.advance(self.clock.now() - START)
        return self.workers.counts()

    def _remember(self) -> None:
        """Attributes of a while ago, for staleness."""

        def keep() -> None:
            self._past.append((self.clock.now(), self._counts()))
            del self._past[:-200]

        self.every(5.0, keep, first=0.0)
