"""The worker on the sandbox's ECS, without door, template and wire: fast enough for many histories."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError

from ecsops.queue import Message
from sandbox.clock import SteppedClock
from sandbox.ec2 import Machine
from sandbox.ec2.hooks import Hook
from sandbox.ecs import EcsSettings
from sandbox.errors import ApiError
from spot_drain.aws import Aws
from spot_drain.holding import Holding
from spot_drain.instance_tasks import InstanceTasks
from spot_drain.instance_worker import InstanceWorker
from spot_drain.instances import Instances
from spot_drain.leaving import Leaving
from spot_drain.lifecycle import Hooks
from spot_drain.open_incidents import OpenIncidents
from spot_drain.others import OtherWorker
from spot_drain.remembered import Remembered
from spot_drain.taken import Taken
from spot_drain.whereabouts import Whereabouts
from spot_drain.worker import Worker
from tests.unit.sandbox.ec2.machines import Machines
from tests.unit.sandbox.ecs.ecs_world import CALLER, START
from tests.unit.spot_drain.builders import QUEUE, REGION
from tests.unit.spot_drain.fakes import FakeBus, FakeTallies

VISIBILITY_S = 30
ZONE = "eu-west-1a"
HEEDED = ("EC2 Spot Instance Interruption Warning", "EC2 Instance-terminate Lifecycle Action")
READS_OF_ECS = ("DescribeServices", "DescribeServiceRevisions", "DescribeTasks")
FEW_ADDRESSES = "subnet-few"
OPERATIONS = {
    xform_name(name): name
    for service in ("ecs", "elbv2", "autoscaling")
    for name in botocore.session.get_session().get_service_model(service).operation_names
}


class Crash(BaseException):
    """The process dies right after a call took effect."""


@dataclass
class Client:
    """A client of one simulator; ``seen`` hears of every call before it takes effect."""

    world: TwinWorld
    simulator: Any

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = OPERATIONS[method]

        def call(**params: Any) -> Any:
            with self.world.one_at_a_time:
                self.world.take_time(operation)
                self.world.check(operation, params)
                try:
                    return self.simulator.call(operation, params, CALLER)
                except ApiError as error:
                    told = {"Error": {"Code": error.code, "Message": error.message}}
                    raise ClientError(told, operation) from None
                finally:
                    self.world.count_down()

        return call


@dataclass
class Table:
    """Remembers nothing: every instance is searched for."""

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        return {"Responses": {}}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def update_item(self, **_: Any) -> None:
        pass


@dataclass
class Letter:
    """A message in the queue."""

    id: str
    body: str
    visible_at: float
    receives: int = 0


@dataclass
class TwinWorld:
    """``violations``: what the toolkit did that it must never do. ``native``: how ECS drains Spot tasks.

    ``slow``: (so many of ECS's answers from now, seconds) one takes its time.
    """

    native: str = "broken"
    crash_in: int | None = None
    slow: tuple[int, int] | None = None
    violations: list[str] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.one_at_a_time = threading.Lock()
        self.clock = SteppedClock(START)
        settings = EcsSettings(jitter=0, native_spot_deregistration=self.native)  # type: ignore[arg-type]
        self.machines = Machines(self.clock, settings)  # type: ignore[arg-type]
        self.group = self.machines.instance_group(delay=20)
        self.machines.definition()
        self.machines.definition("job")
        self.machines.groups.create(
            "spot", Machine(cpu=1024), 3, [ZONE], hooks=[Hook("ecs-ops-drain", timeout_s=300)]
        )
        self.machines.run(60)
        self.machines.on_instances("web", 4, self.group, enableECSManagedTags=True)
        self.machines.run(120)
        self.events_read = len(self.machines.events)
        self.history: list[str] = []
        self.ended: dict[str, float] = {}
        self.machines.fleet.watchers.append(self._note_end)
        self.recycle()

    def add_fargate_service(self, count: int) -> None:
        """Tasks on Fargate Spot, in a subnet so small that addresses change hands at once."""
        machines = self.machines
        machines.twin.network.add_subnet(FEW_ADDRESSES, ZONE, "10.9.0.0/28")
        self.addresses = machines.target_group("site", delay=20)
        machines.task_definition("site")
        network = {"awsvpcConfiguration": {"subnets": [FEW_ADDRESSES]}}
        behind = [
            {"targetGroupArn": self.addresses, "containerName": "site", "containerPort": 8080}
        ]
        machines.service(
            "site",
            count,
            taskDefinition="site",
            networkConfiguration=network,
            loadBalancers=behind,
        )
        machines.run(120)
        self.events_read = len(machines.events)

    def recycle(self) -> None:
        """A new process."""
        ecs = Client(self, self.machines.twin)
        aws = Aws(ecs, Client(self, self.machines.targets), "on", self.clock.now)  # type: ignore[arg-type]
        tallies, bus = FakeTallies(), FakeBus()
        worker = Worker(aws, tallies, self, bus, QUEUE, REGION)  # type: ignore[arg-type]
        instances = Instances(ecs, Whereabouts(Table(), "table"))  # type: ignore[arg-type]
        tasks = InstanceTasks(ecs)  # type: ignore[arg-type]
        hooks = Hooks(lambda: Client(self, self.machines.groups))
        incidents = OpenIncidents.of(bus, tasks, Table(), "table")  # type: ignore[arg-type]
        taken = Taken(Remembered(Table(), "table", "taken"))  # type: ignore[arg-type]
        holding = Holding(hooks, tasks, incidents, taken)
        leaving = Leaving(aws, self, QUEUE, worker.record, worker.schedule)  # type: ignore[arg-type]
        room = InstanceWorker(aws, instances, tasks, holding, self, QUEUE, leaving)  # type: ignore[arg-type]
        worker.other_worker = OtherWorker(worker, instances, room, None, None, None)  # type: ignore[arg-type]
        self.worker = worker

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict]) -> dict[str, Any]:  # noqa: N803
        del QueueUrl
        for entry in Entries:
            self.put(entry["MessageBody"], entry["DelaySeconds"])
        return {}

    def put(self, body: str, delay: float = 0) -> None:
        self.sent += 1
        self.letters.append(Letter(f"m{self.sent}", body, self.clock.now() + delay))

    def _note_end(self, instance: Any, what: str) -> None:
        if what == "ended":
            self.ended[instance.id] = self.clock.now()

    def count_down(self) -> None:
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in <= 0:
                self.crash_in = None
                raise Crash

    def take_time(self, operation: str) -> None:
        """ECS answers late, after retries. What is sent side by side with a write delays no write."""
        if self.slow is None or operation not in READS_OF_ECS:
            return
        calls, seconds = self.slow
        self.slow = (calls - 1, seconds) if calls > 1 else None
        if calls <= 1:
            self.machines.run(seconds)

    def pass_time(self, seconds: int, *, copies: int = 1, late: int = 0) -> None:
        """Second by second; what AWS says arrives so often and so late."""
        for _ in range(seconds):
            self.machines.run(1)
            new = self.machines.events[self.events_read :]
            self.events_read = len(self.machines.events)
            for event in new:
                if event["detail-type"] in HEEDED or _takes_a_task(event):
                    body = json.dumps({"id": "e", **event})
                    self.history.append(body)
                    for copy in range(copies):
                        self.put(body, late + 7 * copy)
            self.deliver()

    def deliver(self) -> None:
        now = self.clock.now()
        due = [letter for letter in self.letters if letter.visible_at <= now][:10]
        if not due:
            return
        for letter in due:
            letter.receives += 1
            letter.visible_at = now + VISIBILITY_S
        batch = [Message(letter.id, letter.body, letter.receives) for letter in due]
        try:
            failed = self.worker.work(batch, now)
        except Crash:
            self.recycle()
            return
        done = {letter.id for letter in due} - failed
        self.letters = [letter for letter in self.letters if letter.id not in done]

    def check(self, operation: str, params: dict[str, Any]) -> None:
        """Whether the toolkit may do this now, from what only AWS knows."""
        match operation:
            case "DeregisterTargets":
                group = params["TargetGroupArn"]
                for target in params["Targets"]:
                    self._check_target(group, target["Id"], target["Port"])
            case "CompleteLifecycleAction":
                action = self.machines.groups.actions.get(params["LifecycleActionToken"])
                if action and (left := self._running(action.instance_id)):
                    self.violations.append(f"hook of {action.instance_id} completed over {left}")
            case "StopTask":
                task = self.machines.twin._state.tasks[self._cluster()].get(params["task"])
                if task and task.instance and not self._doomed(task.instance.ec2_instance_id):
                    self.violations.append(f"task {params['task']} of a sound instance stopped")
            case "UpdateContainerInstancesState":
                for arn in params["containerInstances"]:
                    instance = self.machines.twin._state.instances[arn]
                    if not self._doomed(instance.ec2_instance_id):
                        self.violations.append(f"{instance.ec2_instance_id} drained for nothing")

    def _check_target(self, group: str, target: str, port: int) -> None:
        if self.machines.targets.state(group, (target, port)) in ("unused", "draining"):
            return
        task = self.machines.twin._registration.task_at(group, (target, port))
        doomed = task and task.instance and self._doomed(task.instance.ec2_instance_id)
        if task and task.wanted and not doomed:
            self.violations.append(f"{target}:{port} taken out of service for nothing")

    def _doomed(self, instance_id: str) -> bool:
        instance = self.machines.fleet.instances[instance_id]
        leaving = any(
            instance_id in group.leaving for group in self.machines.groups.groups.values()
        )
        return leaving or instance.ends_at is not None or instance.state != "running"

    def _running(self, instance_id: str) -> list[str]:
        instances = self.machines.twin._state.instances.values()
        return [
            task.arn
            for each in instances
            if each.ec2_instance_id == instance_id
            for task in each.tasks.values()
            if task.last_status != "STOPPED" and not task.lost
        ]

    def _cluster(self) -> str:
        return next(iter(self.machines.twin._state.clusters))


def _takes_a_task(event: dict[str, Any]) -> bool:
    """What the rule for interrupted tasks lets through."""
    detail = event["detail"]
    return (
        event["detail-type"] == "ECS Task State Change"
        and detail.get("stopCode") == "SpotInterruption"
        and detail["desiredStatus"] == "STOPPED"
        and detail["lastStatus"] != "STOPPED"
    )
