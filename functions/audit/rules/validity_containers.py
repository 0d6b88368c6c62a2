"""VAL: the containers of a task together: essential ones, names, and how much they may take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.model.size import required
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, rule

# Amazon ECS service quotas: "Containers in a task definition".
_MOST_CONTAINERS = 10


@rule(
    "VAL-07",
    "There are 1 to 10 containers, one of them essential, each with a name of its own and an image",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    remedy='give every container a "name" and an "image", and one of them "essential": true',
    anchors=("cfn-lint:E3042",),
)
def containers(task: TaskDefinition) -> Verdicts:
    checks = (_count, _essential, _unique, _nameless)
    return examine(checks, lambda check: check(task), clean=task["containerDefinitions"])


def _count(task: TaskDefinition) -> Iterator[Verdict]:
    node, count = task["containerDefinitions"], len(task.containers)
    if not count:
        yield failed(node, "there is no container: Container list cannot be empty")
    elif count > _MOST_CONTAINERS:
        yield failed(node, f"{count} containers > {_MOST_CONTAINERS}: Too many containers")


def _essential(task: TaskDefinition) -> Iterator[Verdict]:
    if task.containers and not any(each.essential for each in task.containers):
        node = task.containers[0]["essential"]
        yield failed(
            node,
            f"none of {len(task.containers)} containers is essential: Task definition doesn't have any "
            "essential container",
            *([drop(node)] if len(task.containers) == 1 else []),
        )


def _unique(task: TaskDefinition) -> Iterator[Verdict]:
    names: set[str] = set()
    mappings: set[str] = set()
    for container in task.containers:
        name = container["name"].text()
        if name in names:
            yield failed(
                container["name"],
                f"name {name} is given twice: Container names must be unique within a task definition",
            )
        names |= {name} if name else set()
        for mapping in container["portMappings"].items():
            port = mapping["name"].text()
            if port in mappings:
                yield failed(
                    mapping["name"], f"{container.label}: port mapping name {port} is already used"
                )
            mappings |= {port} if port else set()


def _nameless(task: TaskDefinition) -> Iterator[Verdict]:
    for container in task.containers:
        for field in ("name", "image"):
            if container[field].missing:
                yield failed(
                    container[field],
                    f"{container.label} has no {field}: Container.{field} should not be null or empty",
                )


@rule(
    "VAL-17",
    "Containers take no more CPU and memory than their task has, and each has some memory",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    remedy='lower "cpu", "memory" or "memoryReservation" of the containers, or raise those of the task',
    anchors=(),
)
def sizes_add_up(task: TaskDefinition) -> Verdicts:
    # API reference, RegisterTaskDefinition: "Task-level CPU and memory parameters are ignored for Windows
    # containers"; on Fargate they are not.
    limited = not task.windows or task.fargate
    checks = (_memory_given, _limits, *((_cpu_sum, _memory_sum) if limited else ()))
    return examine(checks, lambda check: check(task), clean=task["containerDefinitions"])


def _memory_given(task: TaskDefinition) -> Iterator[Verdict]:
    if task["memory"].given:
        return
    for container in task.containers:
        if not (container["memory"].given or container["memoryReservation"].given):
            yield failed(
                container["memory"],
                f"{container.label} has no memory and neither has the task: At least one of 'memory' or "
                "'memoryReservation' must be specified",
            )


def _limits(task: TaskDefinition) -> Iterator[Verdict]:
    for container in task.containers:
        limit, reserved = container["memory"].whole(), container["memoryReservation"].whole()
        if limit is not None and reserved is not None and limit < reserved:
            yield failed(
                container["memoryReservation"],
                f"{container.label}: memory {limit} < memoryReservation {reserved}: 'memory' must be "
                "greater than or equal to 'memoryReservation'",
            )


def _cpu_sum(task: TaskDefinition) -> Iterator[Verdict]:
    given = [(each, each["cpu"].whole() or 0) for each in task.containers]
    total = sum(units for _, units in given)
    if not task["cpu"].given or not total:
        return
    if total > (most := required(task.cpu, task["cpu"])):
        yield failed(
            task["cpu"],
            f"{_sum(units for _, units in given)} CPU units of the containers > {most} of the task: The "
            "sum of all container 'cpu' values cannot be greater than the task-level 'cpu' value",
        )


def _memory_sum(task: TaskDefinition) -> Iterator[Verdict]:
    if not task["memory"].given:
        return
    most = required(task.memory, task["memory"])
    for container in task.containers:
        limit = container["memory"].whole()
        if limit is not None and limit > most:
            yield failed(
                container["memory"],
                f"memory {limit} of {container.label} > {most} MiB of the task: The 'memory' setting for "
                f"container '{container.label}' is greater than for the task",
            )
            return
    # "If you specify memoryReservation, then that value is subtracted [...] Otherwise, the value of memory is
    # used": what a container reserves (API reference, ContainerDefinition "memoryReservation").
    reserved = [
        each["memoryReservation"].whole() or each["memory"].whole() or 0 for each in task.containers
    ]
    if sum(reserved) > most:
        yield failed(
            task["memory"],
            f"{_sum(reserved)} MiB that the containers reserve > {most} MiB of the task: The total amount "
            "of memory reserved for all containers within a task must be lower than the task memory",
        )


def _sum(amounts: Iterable[int]) -> str:
    parts = [amount for amount in amounts if amount]
    return f"{' + '.join(map(str, parts))} = {sum(parts)}" if len(parts) > 1 else str(sum(parts))
