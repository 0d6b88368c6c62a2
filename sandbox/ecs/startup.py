"""From PROVISIONING to RUNNING.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sandbox.ecs.model import StopReason
from sandbox.ecs.task_shape import ENI

if TYPE_CHECKING:
    from sandbox.ecs.app_logs import AppLogs
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.images import Images
    from sandbox.ecs.model import Container, Shape, Task
    from sandbox.ecs.network import Address, Network
    from sandbox.ecs.registration import Registration
    from sandbox.ecs.settings import EcsSettings
    from sandbox.ecs.steps import Steps
    from sandbox.ecs.stopping import Stopping

NO_ADDRESS = (
    "Unexpected EC2 error while attempting to Create Network Interface in subnet '{}': "
    "InsufficientFreeAddressesInSubnet"
)


@dataclass(frozen=True, slots=True)
class ContainerRuntime:
    """What containers need to start."""

    ids: Ids
    images: Images
    logs: AppLogs


class Startup:
    """Starts tasks."""

    def __init__(
        self,
        steps: Steps,
        settings: EcsSettings,
        network: Network,
        registration: Registration,
        stopping: Stopping,
        runtime: ContainerRuntime,
    ) -> None:
        """``stopping`` takes over when a task fails, or ends by itself."""
        self._steps = steps
        self._settings = settings
        self._network = network
        self._registration = registration
        self._stopping = stopping
        self._ids = runtime.ids
        self._images = runtime.images
        self._logs = runtime.logs

    def now(self) -> float:
        """Tell the time."""
        return self._steps.now()

    def begin(self, task: Task) -> None:
        """PROVISIONING: the network interface is on its way."""
        self._steps.touch(task)
        if task.app.waits_s and task.app.start_failure:
            task.containers = []
            reason = task.app.start_failure
            self._steps.exactly_after(task.app.waits_s, task, partial(self.fail, reason))
            return
        self._steps.after(self._settings.provisioning_s, task, self._pend)

    def _pend(self, task: Task) -> None:
        if task.instance and task.template.network_mode != "awsvpc":
            task.host_ports = task.instance.bind(task)
            self._connected(task)
            return
        _, _, _, region, _, _ = task.arn.split(":", 5)
        task.address = self._network.subnet(task.subnet_id, region).allocate()
        if task.address is None:
            self.fail(NO_ADDRESS.format(task.subnet_id), task)
            return
        for attachment in task.attachments:
            attachment.status = "ATTACHED"
            if attachment.type == ENI:
                attachment.details = self._interface(task.address, region)
        self._connected(task)

    def _connected(self, task: Task) -> None:
        self._registration.silence(task)
        self._steps.advance(task, "PENDING", "connectivityAt")
        self._steps.after(self._settings.pending_s, task, self._activate)

    def _activate(self, task: Task) -> None:
        """Secrets, log drivers and images come before the containers: without them it stays PENDING."""
        if problem := task.app.start_failure or self._logs.begin(task):
            self._steps.after(self._settings.activating_s, task, partial(self.fail, problem))
            return
        task.times["pullStartedAt"] = self.now()
        if problem := self._pull(task):
            self._steps.after(self._settings.pull_retries_s, task, partial(self.fail, problem))
            return
        self._registration.register(task)
        self._steps.advance(task, "ACTIVATING")
        self._steps.after(self._settings.activating_s, task, self._run)

    def _pull(self, task: Task) -> str | None:
        problems = [self._images.pull(container, task.pins) for container in task.containers]
        return next((problem for problem in problems if problem), None)

    def _run(self, task: Task) -> None:
        self._logs.write(task, task.app.logs)
        task.times["pullStoppedAt"] = self.now()
        for container in task.containers:
            container.last_status = "RUNNING"
        if task.app.runs_for_s == 0:
            self._stopping.exit_by_itself(task)
            return
        if task.app.answers_health_checks:
            self._registration.answer(task, task.app.answers_with)
        task.next_step = None
        self._steps.advance(task, "RUNNING", "startedAt")
        checks = [each.definition["healthCheck"] for each in task.containers if _checked(each)]
        if checks:
            self._steps.beside(max(_verdict_s(task, each) for each in checks), task, self._judge)
        else:
            self._steps.beside(self._settings.healthy_after_s, task, self._settle)
        if task.app.runs_for_s is not None:
            self._steps.beside(task.app.runs_for_s, task, self._stopping.exit_by_itself)

    def _settle(self, task: Task) -> None:
        if task.last_status == "RUNNING" and task.wanted:
            task.settled = True
            self._steps.changed(task)

    def _judge(self, task: Task) -> None:
        if task.last_status == "RUNNING" and task.wanted:
            task.settled = task.app.answers_health_checks
            task.health_status = "HEALTHY" if task.settled else "UNHEALTHY"
            if not task.settled:
                task.failed_check = "Task failed container health checks"
            self._steps.touch(task)

    def fail(self, reason: str, task: Task) -> None:
        """Give a task up that has never run."""
        self._stopping.stop(task, StopReason("TaskFailedToStart", reason))

    def _interface(self, address: Address, region: str) -> dict[str, str]:
        details = {
            "subnetId": address.subnet_id,
            "networkInterfaceId": self._ids.network_interface(),
            "macAddress": self._ids.mac_address(),
            "privateDnsName": f"ip-{address.ipv4.replace('.', '-')}.{region}.compute.internal",
            "privateIPv4Address": address.ipv4,
        }
        return details | ({"ipv6Address": address.ipv6} if address.ipv6 else {})


def _verdict_s(task: Task, check: Shape) -> float:
    """One check makes a container healthy, a number of failed ones in a row unhealthy."""
    interval = float(check.get("interval", 30))
    if task.app.answers_health_checks:
        return interval
    return float(check.get("startPeriod", 0) + interval * check.get("retries", 3))


def _checked(container: Container) -> bool:
    return "healthCheck" in container.definition
