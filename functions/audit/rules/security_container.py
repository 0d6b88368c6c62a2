"""SEC: what a container may do to its host, its files and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import (
    Profile,
    Severity,
    Verdict,
    Verdicts,
    drop,
    examine,
    failed,
    passed,
    rule,
)

_TASK_SECURITY = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html"
)
_CONTAINER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"
)
# Whoever may write here is the host, or may become it.
_SENSITIVE = ("/", "/etc", "/proc", "/sys", "/root", "/boot", "/var/lib/docker", "/var/lib/ecs")
_DOCKER_SOCKET = frozenset({"/var/run/docker.sock", "/run/docker.sock"})
_STRONG_CAPABILITIES = frozenset({"ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_MODULE", "SYS_PTRACE"})


@rule(
    "SEC-03",
    "Containers do not run as root",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source=_TASK_SECURITY,
    remedy='set "user" to a user id that is not 0, such as "1000:1000"',
    anchors=("SecurityHub:ECS.20", "Prowler:ecs_task_definitions_host_networking_mode_users"),
)
def not_root(container: Container) -> Verdicts:
    node = container["user"]
    if container.task_definition.windows:
        return
    user = node.text()
    if not user:
        yield failed(
            node, f'"user" is not given: {container.label} runs as the image says, mostly as root'
        )
    elif user.split(":")[0] in ("0", "root"):
        yield failed(node, f'"user" is {user}: {container.label} runs as root')
    else:
        yield passed(node)


@rule(
    "SEC-04",
    "The root file system is read-only",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source=_TASK_SECURITY,
    remedy='set "readonlyRootFilesystem" to true; mount an empty volume where it has to write',
    anchors=(
        "SecurityHub:ECS.5",
        "Prowler:ecs_task_definitions_containers_readonly_access",
        "Checkov:CKV_AWS_336",
    ),
)
def read_only_root(container: Container) -> Verdicts:
    node = container["readonlyRootFilesystem"]
    if container.task_definition.windows:
        return
    if node.flag():
        yield passed(node)
        return
    yield failed(
        node,
        f"readonlyRootFilesystem is {'false' if node.given else 'not given'}: whoever gets into "
        f"{container.label} can change its programs",
    )


@rule(
    "SEC-05",
    "What has a read-only root file system has a place to write",
    on=Container,
    severity=Severity.INFO,
    profile=Profile.SECURITY,
    source=_CONTAINER,
    remedy='mount an empty volume ("mountPoints"), or "linuxParameters.tmpfs", at /tmp',
    anchors=(),
)
def place_to_write(container: Container) -> Verdicts:
    if not container["readonlyRootFilesystem"].flag() or container.task_definition.windows:
        return
    mounts = [
        each for each in container["mountPoints"].items() if not each["readOnly"].flag()
    ] + container["linuxParameters"]["tmpfs"].items()
    node = container["mountPoints"]
    if mounts or not container.essential:
        yield passed(node)
    else:
        yield failed(
            node,
            f"{container.label} can write nowhere, not even to /tmp: many programs stop at that",
        )


@rule(
    "SEC-09",
    "Containers cannot take over the instance they run on",
    on=TaskDefinition,
    severity=Severity.HIGH,
    profile=Profile.SECURITY,
    source=_TASK_SECURITY,
    remedy='remove "privileged", host namespaces, mounts of the host\'s own folders and strong '
    "capabilities",
    anchors=(
        "SecurityHub:ECS.3",
        "SecurityHub:ECS.4",
        "Prowler:ecs_task_definitions_no_privileged_containers",
        "Prowler:ecs_task_definitions_host_namespace_not_shared",
        "Checkov:CKV_AWS_334",
        "Checkov:CKV_AWS_335",
    ),
)
def host_takeover(task: TaskDefinition) -> Verdicts:
    if task.fargate:
        return ()
    parts: list[TaskDefinition | Container] = [task, *task.containers]
    return examine(parts, _strong, clean=task["containerDefinitions"])


def _strong(part: TaskDefinition | Container) -> Iterator[Verdict]:
    if isinstance(part, Container):
        yield from _strong_container(part)
        return
    for field in ("pidMode", "ipcMode"):
        if part[field].text() == "host":
            said = f"{field} is host: the task sees the processes of everything on the instance"
            yield failed(part[field], said, drop(part[field]))
    for volume in part["volumes"].items():
        node = volume["host"]["sourcePath"]
        if _sensitive(node):
            yield failed(node, f"a volume is {node.text()} of the instance")


def _strong_container(container: Container) -> Iterator[Verdict]:
    if container["privileged"].flag():
        node = container["privileged"]
        yield failed(
            node, f"{container.label} is privileged: it is root on the instance", drop(node)
        )
    for item in container["linuxParameters"]["capabilities"]["add"].items():
        name = (item.text() or "").removeprefix("CAP_")
        if name in _STRONG_CAPABILITIES:
            yield failed(item, f"{container.label} has the capability {name}")


def _sensitive(node: Node) -> bool:
    path = node.text()
    if path is None:
        return False
    return path in _DOCKER_SOCKET or (path.rstrip("/") or "/") in _SENSITIVE
