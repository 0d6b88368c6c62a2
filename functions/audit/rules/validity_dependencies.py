"""VAL: what containers wait for."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.dependencies import Dependency, cycle
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, put, rule

_PAGE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"


@rule(
    "VAL-08",
    "Containers depend on others of the task, and not in a circle",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='let "dependsOn" name containers of this task, and remove one entry of the circle',
    anchors=(),
)
def dependencies_exist(task: TaskDefinition) -> Verdicts:
    if not task.dependencies:
        return ()
    checks = (_unknown, _circle)
    return examine(checks, lambda check: check(task), clean=task["containerDefinitions"])


def _unknown(task: TaskDefinition) -> Iterator[Verdict]:
    for edge in task.dependencies:
        if task.container(edge.on) is None:
            yield failed(
                edge.node["containerName"],
                f"{edge.container} depends on {edge.on}, of which there is no container: Cannot depend on "
                f"container '{edge.on}' because it does not exist",
            )


def _circle(task: TaskDefinition) -> Iterator[Verdict]:
    names = cycle(task.dependencies)
    if not names:
        return
    way = " -> ".join((*names, names[0]))
    edge = next(each for each in task.dependencies if each.container in names and each.on in names)
    yield failed(edge.node, f"{way}: Container dependsOn contains a cycle")


@rule(
    "VAL-09",
    "Whoever waits for an exit waits for a container that is not essential",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='set "essential": false for the container that is to exit',
    anchors=(),
)
def waits_for_exit(container: Container) -> Verdicts:
    edges = [each for each in container.dependencies if each.condition in ("COMPLETE", "SUCCESS")]
    if not edges:
        return ()
    return examine(edges, lambda edge: _essential(edge, container), clean=container["dependsOn"])


def _essential(edge: Dependency, container: Container) -> Iterator[Verdict]:
    other = container.task_definition.container(edge.on)
    if other is not None and other.essential:
        yield failed(
            edge.node["condition"],
            f"{edge.container} waits for {edge.condition} of {edge.on}, which is essential: A dependency "
            "container with SUCCESS or COMPLETE condition cannot be an essential container",
            *([put(other["essential"], False)] if container.essential else []),
        )


@rule(
    "VAL-10",
    "Whoever waits for health waits for a container with a health check",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='give the other container a "healthCheck" in the task definition; the HEALTHCHECK of its image '
    "does not count",
    anchors=(),
)
def waits_for_health(container: Container) -> Verdicts:
    edges = [each for each in container.dependencies if each.condition == "HEALTHY"]
    if not edges:
        return ()
    return examine(edges, lambda edge: _unchecked(edge, container), clean=container["dependsOn"])


def _unchecked(edge: Dependency, container: Container) -> Iterator[Verdict]:
    other = container.task_definition.container(edge.on)
    if other is not None and other.health_check is None:
        yield failed(
            edge.node["condition"],
            f"{edge.container} waits for {edge.on} to be HEALTHY, which has no healthCheck: A dependency "
            "container with HEALTHY condition must have health check configured",
        )
