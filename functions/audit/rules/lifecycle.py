"""LIF: how containers stop."""

from __future__ import annotations

from audit.model.node import Unknown
from audit.model.task_definition import DEFAULT_STOP_TIMEOUT_S, Container
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule


@rule(
    "LIF-01",
    "Essential containers say how long they may take to stop",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    remedy='set "stopTimeout" to the longest request or job it may have to finish, at most 120 on Fargate',
    anchors=(),
)
def stop_timeout_given(container: Container) -> Verdicts:
    node = container["stopTimeout"]
    if not container.essential:
        return
    if node.given:
        yield passed(node, f"stopTimeout is {node.whole()} s")
        return
    spot = _on_spot(container)
    message = (
        f"stopTimeout is not given: {container.label} is killed {DEFAULT_STOP_TIMEOUT_S} s after SIGTERM"
        + ("" if container.task_definition.fargate else ", or when the instance's agent says")
        + (
            f", though a Spot interruption leaves 120 s ({120 - DEFAULT_STOP_TIMEOUT_S} s unused)"
            if spot
            else ""
        )
    )
    severity = Severity.MEDIUM if spot else Severity.LOW
    yield failed(node, message, severity=severity)


def _on_spot(container: Container) -> bool:
    try:
        return any(service.strategy.spot for service in container.task_definition.services)
    except Unknown:
        return False  # only the severity depends on it
