"""VAL: references, files and numbers inside a container that the API or Docker refuses."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, put, rule

_CONTAINER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"
)
# API reference, ContainerDefinition "memory": "Docker 20.10.0 or later reserves a minimum of 6 MiB".
_LEAST_MEMORY = 6
_MOST_SWAPPINESS = 100


@rule(
    "VAL-35",
    "Links and the proxy name containers of the task",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_CONTAINER,
    remedy='name another container of the same task in "links", and one of them in "proxyConfiguration"',
    anchors=(),
)
def containers_named(task: TaskDefinition) -> Verdicts:
    proxy = task["proxyConfiguration"]["containerName"]
    links = [
        (container.label, link)
        for container in task.containers
        for link in container["links"].items()
    ]
    if not links and not proxy.given:
        return ()
    named = [*links, *([("", proxy)] if proxy.given else [])]
    return examine(named, lambda each: _unknown_name(task, *each), clean=task["family"])


def _unknown_name(task: TaskDefinition, own: str, node: Node) -> Iterator[Verdict]:
    name = (node.text() or "").partition(":")[0]
    if name == own:
        yield failed(node, f"{own} links to itself")
    elif name not in {each.label for each in task.containers}:
        yield failed(node, f"{node} names {name or 'nobody'}, which is no container of the task")


@rule(
    "VAL-36",
    "Limits of a container are possible ones",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_CONTAINER,
    remedy='set "softLimit" to "hardLimit" or less, "memory" to 6 MiB or more, "swappiness" from 0 to 100, '
    'the "size" of a tmpfs to 1 MiB or more',
    anchors=(),
)
def possible_limits(container: Container) -> Verdicts:
    checks = (_ulimits, _least_memory, _swappiness, _tmpfs)
    return examine(checks, lambda check: check(container), clean=container["name"])


def _ulimits(container: Container) -> Iterator[Verdict]:
    for limit in container["ulimits"].items():
        soft, hard = limit["softLimit"].whole(), limit["hardLimit"].whole()
        if soft is not None and hard is not None and 0 <= hard < soft:
            name = limit["name"].text()
            yield failed(
                limit["softLimit"],
                f"{container.label}: the soft limit of {name} is {soft}, its hard limit {hard}: no "
                "container starts",
                put(limit["softLimit"], hard),
            )


def _least_memory(container: Container) -> Iterator[Verdict]:
    for field in ("memory", "memoryReservation"):
        amount = container[field].whole()
        if amount is not None and amount < _LEAST_MEMORY and not container.task_definition.windows:
            yield failed(
                container[field],
                f"{container.label}: {field} is {amount} MiB, {_LEAST_MEMORY} are the least",
            )


def _swappiness(container: Container) -> Iterator[Verdict]:
    node = container["linuxParameters"]["swappiness"]
    value = node.whole()
    if value is not None and not 0 <= value <= _MOST_SWAPPINESS:
        yield failed(node, f"{container.label}: swappiness is {value}; 0 to 100 are possible")


def _tmpfs(container: Container) -> Iterator[Verdict]:
    for mount in container["linuxParameters"]["tmpfs"].items():
        size = mount["size"].whole()
        if size is not None and size < 1:
            yield failed(
                mount["size"],
                f"{container.label}: the tmpfs at {mount['containerPath'].text()} has {size} MiB: its size "
                "must be positive",
            )


@rule(
    "VAL-37",
    "Files of environment variables are .env files in S3",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EnvironmentFile.html",
    remedy='give "value" the ARN of an S3 object whose name ends in .env',
    anchors=(),
)
def environment_files(container: Container) -> Verdicts:
    files = container["environmentFiles"].items()
    return (
        examine(files, lambda each: _file(container, each["value"]), clean=files[0])
        if files
        else ()
    )


def _file(container: Container, node: Node) -> Iterator[Verdict]:
    value = node.text() or ""
    if not value.endswith(".env"):
        yield failed(
            node, f"{container.label}: {value or 'nothing'} is given, the file must end in .env"
        )
    elif not value.startswith(("arn:", "${")):
        yield failed(node, f"{container.label}: {value} is no ARN of an S3 object")


@rule(
    "VAL-38",
    "Windows runs on X86_64",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html",
    remedy='set "runtimePlatform.cpuArchitecture" to "X86_64", or "operatingSystemFamily" to "LINUX"',
    anchors=(),
)
def windows_architecture(task: TaskDefinition) -> Verdicts:
    return examine([task], _windows_on_arm, clean=task["family"]) if task.windows else ()


def _windows_on_arm(task: TaskDefinition) -> Iterator[Verdict]:
    node = task["runtimePlatform"]["cpuArchitecture"]
    if node.text() == "ARM64":
        yield failed(node, "Windows containers on ARM64: there are none", put(node, "X86_64"))
