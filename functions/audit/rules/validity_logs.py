"""VAL: log configurations that RegisterTaskDefinition refuses, or with which no task starts."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, put, rule

# API reference, LogConfiguration "logDriver", by where the task runs.
_FARGATE = ("awslogs", "splunk", "awsfirelens")
_MANAGED_INSTANCES = (*_FARGATE, "json-file")
_INSTANCES = (*_FARGATE, "fluentd", "gelf", "json-file", "journald", "syslog")
_MODES = ("blocking", "non-blocking")


@rule(
    "VAL-06",
    "The log driver exists and has the options it requires",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html",
    remedy='give "logConfiguration.options" what the message asks for; with awsfirelens, one container '
    'needs "firelensConfiguration"',
    anchors=("cfn-lint:E3046", "cfn-lint:E3713"),
)
def log_drivers(task: TaskDefinition) -> Verdicts:
    if not any(each["logConfiguration"].given or each.log_router for each in task.containers):
        return ()
    parts: list[TaskDefinition | Container] = [task, *task.containers]
    return examine(parts, _wrong, clean=task["containerDefinitions"])


def _wrong(part: TaskDefinition | Container) -> Iterator[Verdict]:
    if isinstance(part, TaskDefinition):
        yield from _wrong_router(part)
        return
    node, driver = part["logConfiguration"], part.log_driver
    if not node.given:
        return
    known = _known_drivers(part.task_definition)
    if driver is None:
        yield failed(node["logDriver"], f"{part.label} has a logConfiguration without logDriver")
    elif driver not in known:
        yield failed(
            node["logDriver"],
            f"{part.label}: {driver} is not a valid log driver. Must be one of [{', '.join(known)}]",
        )
    elif driver == "awslogs":
        yield from _wrong_awslogs(part)
    mode = part.log_options["mode"].text()
    if mode is not None and mode not in _MODES:
        yield failed(
            part.log_options["mode"],
            f"{part.label} has log mode {mode}; there are {' and '.join(_MODES)}",
        )


def _known_drivers(task: TaskDefinition) -> tuple[str, ...]:
    if task.fargate:
        return _FARGATE
    return _MANAGED_INSTANCES if "MANAGED_INSTANCES" in task.compatibilities else _INSTANCES


def _wrong_awslogs(container: Container) -> Iterator[Verdict]:
    options, fargate = container.log_options, container.task_definition.fargate
    for option in ("awslogs-group", "awslogs-region"):
        if options[option].missing:
            yield failed(
                options[option],
                f"{container.label} has no {option}: Log driver awslogs requires options: {option}",
            )
    if fargate and options["awslogs-stream-prefix"].missing:
        yield failed(
            options["awslogs-stream-prefix"],
            f"{container.label} has no awslogs-stream-prefix: Fargate requires log configuration "
            "options to include awslogs-stream-prefix to support log driver awslogs",
            put(options["awslogs-stream-prefix"], "ecs"),
        )
    pattern = options["awslogs-multiline-pattern"]
    if pattern.in_use and options["awslogs-datetime-format"].in_use:
        yield failed(
            pattern,
            f"{container.label} has awslogs-datetime-format and awslogs-multiline-pattern; only one "
            "of them is possible",
            drop(pattern),
        )


def _wrong_router(task: TaskDefinition) -> Iterator[Verdict]:
    routers = [each for each in task.containers if each.log_router]
    users = [each for each in task.containers if each.log_driver == "awsfirelens"]
    if users and not routers:
        yield failed(
            users[0]["logConfiguration"]["logDriver"],
            f"{', '.join(each.label for each in users)}: When awsfirelens log driver is specified in "
            "log configuration, a firelens configuration object must be specified",
        )
    if len(routers) > 1:
        yield failed(
            routers[1]["firelensConfiguration"],
            f"{len(routers)} containers have a firelensConfiguration "
            f"({', '.join(each.label for each in routers)}); a task has one log router",
            drop(routers[1]["firelensConfiguration"]),
        )
    for router in routers:
        kind = router["firelensConfiguration"]["options"]["config-file-type"]
        if task.fargate and kind.text() == "s3":
            yield failed(
                kind,
                f"{router.label} takes its configuration from s3: tasks hosted on Fargate only support "
                "the file configuration file type",
            )
