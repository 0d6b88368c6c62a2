"""SDC: who waits for whom, who may die, and what sidecars share."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model import images
from audit.model.dependencies import Dependency
from audit.model.node import Node
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, passed, put, rule

_DEPENDENCY = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"
)
# Programs keep files of their own there; nobody expects to share them.
_PRIVATE = ("/tmp", "/var/tmp", "/run", "/var/run", "/dev/shm", "/var/cache", "/var/lib", "/home")  # noqa: S108


@rule(
    "SDC-03",
    "Whoever uses a container's port waits until it answers",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_DEPENDENCY,
    remedy='set "condition": "HEALTHY", and give the other container a "healthCheck"',
    anchors=(),
)
def waits_for_port(container: Container) -> Verdicts:
    edges = [
        edge
        for edge in container.dependencies
        if (other := container.task_definition.container(edge.on)) and other.ports
    ]
    if not edges:
        return ()
    return examine(edges, lambda edge: _only_started(container, edge), clean=container["dependsOn"])


def _only_started(container: Container, edge: Dependency) -> Iterator[Verdict]:
    other = container.task_definition.container(edge.on)
    if edge.condition != "START" or other is None:
        return
    node, port = edge.node["condition"], other.ports[0].label
    message = (
        f"{container.label} waits for START of {other.label}: its process has begun then, but does "
        "not listen "
        f"on {port} yet"
    )
    if other.health_check is not None:
        yield failed(node, message, put(node, "HEALTHY"))
    else:
        yield failed(node, f"{message}; only HEALTHY waits for that", severity=Severity.LOW)


@rule(
    "SDC-04",
    "It is decided whether the task dies with its log router or agent",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    remedy='set "essential": true if no request may go unlogged, false (with a "restartPolicy") otherwise',
    anchors=(),
)
def agents_decided(container: Container) -> Verdicts:
    agent = container.log_router or images.is_agent(container.image)
    node = container["essential"]
    if not agent or len(container.task_definition.containers) < 2:
        return
    if node.given:
        yield passed(node)
    else:
        yield failed(
            node,
            f"essential of {container.label} is not given, which means true: when this agent dies, all "
            f"{len(container.task_definition.containers)} containers of the task are stopped",
        )


@rule(
    "SDC-06",
    "Containers share files through a volume, not through tmpfs",
    on=TaskDefinition,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html",
    remedy='declare a volume with nothing but a "name" and mount it in both: a tmpfs belongs to '
    "one container",
    anchors=(),
)
def tmpfs_is_private(task: TaskDefinition) -> Verdicts:
    mounts = [
        (container, mount)
        for container in task.containers
        for mount in container["linuxParameters"]["tmpfs"].items()
    ]
    if not mounts:
        return ()
    owners: dict[str, Container] = {}
    return examine(mounts, lambda each: _second(owners, *each), clean=task["containerDefinitions"])


def _second(owners: dict[str, Container], container: Container, mount: Node) -> Iterator[Verdict]:
    path = (mount["containerPath"].text() or "").rstrip("/")
    if not path or any(path == each or path.startswith(f"{each}/") for each in _PRIVATE):
        return
    owner = owners.setdefault(path, container)
    if owner is not container:
        yield failed(
            mount["containerPath"],
            f"{owner.label} and {container.label} both have a tmpfs at {path}: each has its own, "
            "neither sees "
            "the other's files",
        )


@rule(
    "SDC-08",
    "The log router has memory of its own and is ready when it is needed",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html",
    remedy='set "memoryReservation" of the router; where it has a "healthCheck", let the others wait for '
    "HEALTHY",
    anchors=(),
)
def router_ready(container: Container) -> Verdicts:
    if not container.log_router:
        return ()
    users = [each for each in container.task_definition.log_users if each.name != container.name]
    return examine(
        [None, *users],
        lambda user: _unready(container, user),
        clean=container["firelensConfiguration"],
    )


def _unready(router: Container, user: Container | None) -> Iterator[Verdict]:
    if user is None:
        if not (router["memoryReservation"].given or router["memory"].given):
            yield failed(
                router["memoryReservation"],
                f"{router.label} reserves no memory: when the others take it all, the logs go first",
            )
        return
    # The ECS agent itself lets whoever logs with awsfirelens wait for START of the router
    # (amazon-ecs-agent, addFirelensContainerDependency).
    waits = any(
        edge.on == router.name and edge.condition == "HEALTHY" for edge in user.dependencies
    )
    if router.health_check is not None and not waits:
        yield failed(
            user["dependsOn"],
            f"{user.label} logs through {router.label}, which has a healthCheck, and does not wait for it: "
            "its first lines may be lost",
        )


@rule(
    "SDC-09",
    "Somebody waits for the success of what prepares the task",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_DEPENDENCY,
    remedy='let the application depend on it with "condition": "SUCCESS"',
    anchors=(),
)
def preparation_awaited(container: Container) -> Verdicts:
    task = container.task_definition
    if container.essential or container.ports or not container.prepares or len(task.containers) < 2:
        return
    node = container["name"]
    if any(edge.on == container.name for edge in task.dependencies):
        yield passed(node)
    else:
        yield failed(
            node,
            f"nobody waits for {container.label}, which by its name prepares something: the "
            "application starts "
            "beside it, and goes on when it fails",
        )
