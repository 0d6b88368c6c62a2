"""ECS services of nothing but workers: a light twin for long runs.

The same answers as the ECS twin's for what queue scaling asks, without a task's every state and event
(tests/integration/queue_scaling compares the two). Tasks start after a while, take messages, and are
stopped in order: no more messages, what can be finished in time is finished, the rest is killed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.caller import Caller
from sandbox.clock import Appointment, Clock
from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.queue_load.workers import Worker, Workers

Shape = dict[str, Any]
MAX_DESCRIBED = 10


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """Seconds in the life of a task. On Fargate a task is paid for from the image's download on."""

    startup_s: float = 45.0  # from the decision to the first message
    unpaid_s: float = 15.0  # of it, before the download begins
    jitter: float = 0.2
    stop_timeout_s: float = 30.0


@dataclass(slots=True, eq=False)
class _Task:
    worker: Worker
    decided_at: float
    start: Appointment | None = None
    paid_from: float = 0.0


@dataclass(slots=True)
class FleetService:
    """A service and its tasks."""

    cluster: str
    name: str
    arn: str
    workers: Workers
    slots: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    times: TaskTimes = field(default_factory=TaskTimes)
    protects_work: bool = False
    deploying: bool = False
    desired: int = 0
    starting: list[_Task] = field(default_factory=list)
    running: list[_Task] = field(default_factory=list)
    paid_s: float = 0.0
    changes: list[tuple[float, int]] = field(default_factory=list)
    number: int = 0


class Fleet:
    """A simulator for botocore's service ``ecs``."""

    def __init__(self, clock: Clock, rng: random.Random, start: float) -> None:
        """``start`` is the time at which the workers' loads begin."""
        self._clock = clock
        self._rng = rng
        self._start = start
        self.services: dict[str, FleetService] = {}

    def add(self, service: FleetService, running: int = 0) -> None:
        """Create a service; its first tasks are there at once."""
        self.services[service.arn] = service
        service.desired = running
        for _ in range(running):
            task = self._new(service)
            task.paid_from = self._clock.now()
            self._run(service, task)
        service.changes.append((self._clock.now(), running))

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """Answer one call in botocore's shapes."""
        del caller
        answers: dict[str, Callable[[Shape], Shape]] = {
            "DescribeServices": self._describe,
            "UpdateService": self._update,
        }
        if operation not in answers:
            raise UnsupportedOperation(f"the light fleet does not simulate ecs:{operation}")
        return answers[operation](params)

    def settle(self) -> None:
        """Pay for what is still there."""
        now = self._clock.now()
        for service in self.services.values():
            service.workers.advance(now - self._start)
            for task in (*service.starting, *service.running):
                service.paid_s += max(0.0, now - task.paid_from)
                task.paid_from = now

    def _describe(self, params: Shape) -> Shape:
        if len(params["services"]) > MAX_DESCRIBED:
            message = f"Services cannot have more than {MAX_DESCRIBED} elements."
            raise ApiError("InvalidParameterException", message)
        cluster = params.get("cluster", "default").rpartition("/")[2]
        found: list[Shape] = []
        failures: list[Shape] = []
        for name in params["services"]:
            service = self._find(cluster, name)
            if service is None:
                failures.append({"arn": name, "reason": "MISSING"})
            else:
                self._reconcile(service)  # what was protected a while ago may be stopped by now
                found.append(_shape(service, with_tags="TAGS" in params.get("include", ())))
        return {"services": found, "failures": failures}

    def _update(self, params: Shape) -> Shape:
        cluster = params.get("cluster", "default").rpartition("/")[2]
        service = self._find(cluster, params["service"])
        if service is None:
            raise ApiError("ServiceNotFoundException", "Service not found.")
        count = params.get("desiredCount", service.desired)
        if count != service.desired:
            service.desired = count
            service.changes.append((self._clock.now(), count))
            self._reconcile(service)
        return {"service": _shape(service, with_tags=False)}

    def _find(self, cluster: str, name: str) -> FleetService | None:
        if name.startswith("arn:"):
            return self.services.get(name)
        return next(
            (s for s in self.services.values() if (s.cluster, s.name) == (cluster, name)), None
        )

    def _reconcile(self, service: FleetService) -> None:
        missing = service.desired - len(service.starting) - len(service.running)
        for _ in range(missing):
            self._begin(service)
        for _ in range(-missing):
            if not self._stop_one(service):
                return

    def _new(self, service: FleetService) -> _Task:
        service.number += 1
        worker = Worker(f"{service.name}-{service.number}", service.slots)
        return _Task(worker, self._clock.now())

    def _begin(self, service: FleetService) -> None:
        task, times = self._new(service), service.times
        factor = self._rng.uniform(1 - times.jitter, 1 + times.jitter)
        task.paid_from = self._clock.now() + times.unpaid_s * factor

        def run() -> None:
            service.starting.remove(task)
            self._run(service, task)

        task.start = self._clock.call_later(times.startup_s * factor, run, label="task runs")
        service.starting.append(task)

    def _run(self, service: FleetService, task: _Task) -> None:
        service.running.append(task)
        service.workers.start(task.worker, self._clock.now() - self._start)

    def _stop_one(self, service: FleetService) -> bool:
        """Those that do not run yet go first, then any: ECS looks at zones, not at work."""
        now = self._clock.now()
        if service.starting:
            task = service.starting.pop()
            if task.start:
                task.start.cancel()
            service.paid_s += max(0.0, now - task.paid_from)
            return True
        service.workers.advance(now - self._start)
        idle = [t for t in service.running if not (service.protects_work and t.worker.busy)]
        if not idle:
            return False
        task = self._rng.choice(idle)
        service.running.remove(task)
        grace = service.times.stop_timeout_s
        gone = service.workers.stop(task.worker, now - self._start, grace) + self._start
        service.paid_s += max(0.0, gone - task.paid_from)
        return True


def _shape(service: FleetService, *, with_tags: bool) -> Shape:
    state = "IN_PROGRESS" if service.deploying else "COMPLETED"
    shape: Shape = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.arn.partition(":service/")[0] + f":cluster/{service.cluster}",
        "status": "ACTIVE",
        "desiredCount": service.desired,
        "runningCount": len(service.running),
        "pendingCount": len(service.starting),
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": state}],
    }
    if with_tags:
        shape["tags"] = [{"key": key, "value": value} for key, value in service.tags.items()]
    return shape
