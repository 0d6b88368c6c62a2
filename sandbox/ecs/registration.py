"""A task, its targets in the load balancers' target groups, and its entries in Cloud Map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.discovery import Discovery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.ecs.model import Task
    from sandbox.elb import TargetGroups, TargetKey


class Registration:
    """Registers, deregisters, and knows what the load balancers think of a task."""

    def __init__(self, targets: TargetGroups) -> None:
        """``targets`` is the Elastic Load Balancing simulator."""
        self._targets = targets
        self._tasks: dict[tuple[str, TargetKey], Task] = {}
        self.discovery = Discovery()

    def register(self, task: Task) -> None:
        """Register the task in every target group of its service."""
        for group_arn, key in self.targets_of(task):
            if self._targets.register(group_arn, key, task.availability_zone):
                self._tasks[group_arn, key] = task
        self.discovery.register(task)

    def deregister(self, task: Task) -> float:
        """Deregister the task everywhere; tell how long the slowest target group drains."""
        self.discovery.deregister(task)
        waits = [self._targets.deregister(arn, key) for arn, key in self.targets_of(task)]
        return max(waits, default=0.0)

    def answer(self, task: Task, status: int | None = 200) -> None:
        """The application accepts connections from now on, and answers with an HTTP status."""
        for _, key in self.targets_of(task):
            self._targets.answer(key, status)

    def silence(self, task: Task) -> None:
        """The application accepts no connections from now on."""
        for _, key in self.targets_of(task):
            self._targets.silence(key)

    def in_service(self, task: Task) -> bool:
        """Tell whether every load balancer sends requests to the task."""
        return all(self._targets.state(arn, key) == "healthy" for arn, key in self.targets_of(task))

    def has_left(self, task: Task) -> bool:
        """Tell whether somebody has taken the task out of every target group."""
        states = [self._targets.state(arn, key) for arn, key in self.targets_of(task)]
        return bool(states) and all(state in ("draining", "unused") for state in states)

    def task_at(self, group_arn: str, key: TargetKey) -> Task | None:
        """Tell which task was last registered as a target."""
        return self._tasks.get((group_arn, key))

    def targets_of(self, task: Task) -> Iterator[tuple[str, TargetKey]]:
        """Tell the task's target in each target group."""
        if task.address is None and not task.host_ports:
            return
        for load_balancer in task.template.load_balancers:
            group_arn = task.template.target_group(load_balancer)
            if group_arn is None:  # a Classic Load Balancer
                continue
            port = load_balancer["containerPort"]
            if task.address is None:  # by its instance and the port that is its own there
                name = str(load_balancer.get("containerName"))
                if task.instance and (host_port := task.host_ports.get((name, port))):
                    yield group_arn, (task.instance.ec2_instance_id, host_port)
                continue
            ipv6 = self._targets.ip_address_type(group_arn) == "ipv6"
            if address := task.address.ipv6 if ipv6 else task.address.ipv4:
                yield group_arn, (address, port)
