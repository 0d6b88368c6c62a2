"""LOG: is what containers print kept, and does printing ever block them?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.surroundings import AccountSetting
from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdict, Verdicts, failed, passed, put, rule

_PAGE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html"
_MODE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html"
_SETTING = "defaultLogDriverMode"


@rule(
    "LOG-01",
    "What essential containers print is kept",
    on=Container,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy='give the container a "logConfiguration": awslogs, or awsfirelens with a log router',
    anchors=("SecurityHub:ECS.9", "Prowler:ecs_task_definitions_logging_enabled"),
)
def essential_logs(container: Container) -> Verdicts:
    if container.essential:
        yield from _logs(container, Severity.HIGH)


@rule(
    "LOG-02",
    "What sidecars print is kept",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy='give the sidecar a "logConfiguration" too: it prints why it died',
    anchors=("SecurityHub:ECS.9", "Prowler:ecs_task_definitions_logging_enabled"),
)
def sidecar_logs(container: Container) -> Verdicts:
    if not container.essential:
        yield from _logs(container, Severity.MEDIUM)


def _logs(container: Container, severity: Severity) -> Iterator[Verdict]:
    node = container["logConfiguration"]
    if container.log_router and container.log_driver == "awsfirelens":
        yield failed(
            node["logDriver"],
            f"{container.label} is the log router and logs to itself: what it prints when it fails is lost",
            put(node["logDriver"], "awslogs"),
        )
    elif not node["logDriver"].missing:
        yield passed(node)
    elif container.task_definition.fargate:
        yield failed(
            node,
            f"{container.label} has no logConfiguration: on Fargate nothing keeps what it prints",
            severity=severity,
        )
    else:
        # Docker's default driver keeps a file on the instance, which an agent there may ship.
        yield failed(
            node,
            f"{container.label} has no logConfiguration: what it prints stays on the instance and goes with "
            "it",
            severity=min(severity, Severity.MEDIUM),
        )


@rule(
    "LOG-06",
    "Writing a log never blocks the application",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_MODE,
    remedy='set "logConfiguration.options.mode" to "non-blocking", with a "max-buffer-size" that fits',
    anchors=("Prowler:ecs_task_definitions_logging_block_mode",),
)
def log_mode(container: Container) -> Verdicts:
    node = container.log_options["mode"]
    if container.log_driver is None:
        return
    mode, whose = node.text(), "is"
    if mode is None:
        # API reference, LogConfiguration "mode": non-blocking since 25 June 2025, unless the account
        # says else.
        setting = container.task_definition.graph.get(AccountSetting, _SETTING)
        mode = (setting["value"].text() if setting else None) or "non-blocking"
        whose = f"is not given, and the account setting {_SETTING} is"
    if mode == "blocking":
        yield failed(
            node,
            f"mode of {container.label} {whose} blocking: when the logs cannot be delivered, the application "
            "stops in its next print and fails its health check",
            put(node, "non-blocking"),
        )
    else:
        yield passed(node, f"mode is {mode}")
