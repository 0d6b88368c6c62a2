"""RES: what a container may take of the others."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model import images
from audit.model.node import Node, Unknown
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Fix, Profile, Severity, Verdicts, failed, passed, put, rule, unknown

_PAGE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"
# Two descriptors for each of several thousand connections.
_FEWEST_FILES = 10_000
_PLENTY = 65535


@rule(
    "RES-01",
    "On EC2 something limits a container's memory",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy='set "memory" of the container (or of the task); "memoryReservation" limits nothing',
    anchors=(),
)
def memory_limit(container: Container) -> Verdicts:
    task, node = container.task_definition, container["memory"]
    if task.fargate or not (task.ec2 or task.external):
        return
    # API reference, RegisterTaskDefinition: the task's memory is ignored for Windows containers.
    by_task = task["memory"].given and not task.windows
    if node.given or by_task:
        yield passed(node if node.given else container)
    else:
        reserved = container["memoryReservation"].whole() or 0
        yield failed(
            node,
            f"{container.label} reserves {reserved} MiB and may take all of the instance's memory: neither "
            "it nor its task has memory",
        )


@rule(
    "RES-02",
    "On EC2 containers have a share of the CPU",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy='set "cpu" of the container',
    anchors=(),
)
def cpu_share(container: Container) -> Verdicts:
    task, node = container.task_definition, container["cpu"]
    if task.fargate or not (task.ec2 or task.external):
        return
    # Within a task that has a CPU limit itself, containers without a share get equal ones.
    by_task = task["cpu"].given and not task.windows
    if (node.whole() or 0) > 1 or by_task:
        yield passed(node if node.given else container)
        return
    least = "1 % of one CPU" if task.windows else "2 shares of 1024"
    yield failed(
        node,
        f"cpu of {container.label} is {node.whole() or 'not given'}: it gets {least}, and starves "
        "when others "
        "are busy",
    )


@rule(
    "RES-03",
    "On Fargate no sidecar can take the memory of the others",
    on=TaskDefinition,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html",
    remedy='set "memory" of all containers but at most one',
    anchors=(),
)
def memory_of_sidecars(task: TaskDefinition) -> Verdicts:
    if not task.fargate or len(task.containers) < 2:
        return
    unlimited = [each for each in task.containers if not each["memory"].given]
    if len(unlimited) < 2:
        yield passed(task["memory"])
        return
    names = ", ".join(each.label for each in unlimited)
    yield failed(
        unlimited[-1]["memory"],
        f"{len(unlimited)} of {len(task.containers)} containers have no memory limit ({names}): "
        "each may take "
        f"all of {_whole(task)}, then the kernel kills one of them",
    )


def _whole(task: TaskDefinition) -> str:
    try:
        return f"the task's {task.memory} MiB" if task.memory else "the task's memory"
    except Unknown:
        return "the task's memory"  # only the wording depends on it


@rule(
    "RES-04",
    "Proxies may open enough files",
    on=Container,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html",
    remedy='set a ulimit "nofile" with "softLimit" 65535',
    anchors=(),
)
def open_files(container: Container) -> Verdicts:
    task = container.task_definition
    if task.windows or not images.is_proxy(container.image):
        return
    limits = [each for each in container["ulimits"].items() if each["name"].text() == "nofile"]
    for limit in limits:
        soft = limit["softLimit"].whole()
        if soft is not None and soft < _FEWEST_FILES:
            yield failed(
                limit["softLimit"],
                f"{container.label} may open {soft} files < {_FEWEST_FILES}: a proxy needs two for each "
                "connection",
                *_raised(limit),
            )
        else:
            yield passed(limit)
    if limits:
        return
    if task.fargate:
        # API reference, Ulimit: "The default nofile soft limit is 65535" on Fargate.
        yield passed(container["ulimits"], f"Fargate's default is {_PLENTY}")
    else:
        yield unknown(
            container["ulimits"], f"how many files {container.label} may open, the instance decides"
        )


def _raised(limit: Node) -> Iterator[Fix]:
    """The soft limit, and the hard one where it is lower: no process may have more than that."""
    yield put(limit["softLimit"], _PLENTY)
    hard = limit["hardLimit"].whole()
    if hard is None or hard < _PLENTY:
        yield put(limit["hardLimit"], _PLENTY)
