"""VAL: times and counts that are out of the API's ranges."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.health import HealthCheck
from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, put, rule

# API reference, HealthCheck: "You may specify between ...".
_HEALTH = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
# API reference, ContainerDefinition "startTimeout", "stopTimeout": "The valid values for Fargate are 2-120".
_SHORTEST_S, _LONGEST_ON_FARGATE_S = 2, 120
# API reference, ContainerRestartPolicy: "a minimum restartAttemptPeriod of 60 seconds and a maximum of 1800".
_RESTART_S = (60, 1800)
_MOST_EXIT_CODES = 50


@rule(
    "VAL-14",
    "Health checks are within their ranges and have a command that Docker runs",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html",
    remedy='begin "healthCheck.command" with CMD (words) or CMD-SHELL (one line); interval 5-300, timeout '
    "2-60 and less than the interval, retries 1-10, startPeriod 0-300",
    anchors=(),
)
def health_check(container: Container) -> Verdicts:
    node = container["healthCheck"]
    if not node.in_use:
        return ()
    check = HealthCheck.of(node)
    return examine(
        (_ranges, _command, _overlap), lambda each: each(check, container.label), clean=node
    )


def _ranges(check: HealthCheck, name: str) -> Iterator[Verdict]:
    for field, (low, high) in _HEALTH.items():
        value = check[field].whole()
        if value is not None and not low <= value <= high:
            yield failed(check[field], f"{name} has {field} {value}; {low} to {high} are possible")


def _command(check: HealthCheck, name: str) -> Iterator[Verdict]:
    words, node = check["command"].texts(), check["command"]
    if not words:
        yield failed(node, f"the health check of {name} has no command")
    elif words[0] not in ("CMD", "CMD-SHELL") or len(words) < 2:
        yield failed(
            node,
            f"the health check of {name} is {words[0]}"
            f"{' without a command' if len(words) < 2 else ' ...'}: it must begin with CMD or CMD-SHELL, and "
            "the command follows",
        )
    elif words[0] == "CMD-SHELL" and len(words) > 2:
        # Docker appends all that follows CMD-SHELL to /bin/sh -c: the shell runs only the first word.
        yield failed(
            node,
            f"the health check of {name} has {len(words) - 1} words after CMD-SHELL: the shell runs only "
            f"'{words[1]}' and takes the others for its own arguments, so the check always fails",
            put(node, ["CMD", *words[1:]]),
            severity=Severity.HIGH,
        )


def _overlap(check: HealthCheck, name: str) -> Iterator[Verdict]:
    if check.timeout >= check.interval:
        yield failed(
            check["timeout"],
            f"{name}: timeout {check.timeout} s >= interval {check.interval} s, so a hanging check delays "
            "the next one",
            severity=Severity.LOW,
        )


@rule(
    "VAL-15",
    "Timeouts and restart periods are within their ranges",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    remedy='set "stopTimeout" and "startTimeout" to at least 2 and, on Fargate, at most 120 seconds; '
    '"restartPolicy.restartAttemptPeriod" to 60-1800',
    anchors=(),
)
def timeouts(container: Container) -> Verdicts:
    fields = [container[field] for field in ("stopTimeout", "startTimeout", "restartPolicy")]
    if not any(field.given for field in fields):
        return ()
    checks = (_stop, _start, _restart)
    where = next(field for field in fields if field.given)
    return examine(checks, lambda check: check(container), clean=where)


def _stop(container: Container) -> Iterator[Verdict]:
    yield from _too_short(container, "stop")
    node, seconds = container["stopTimeout"], container["stopTimeout"].whole()
    if seconds and seconds > _LONGEST_ON_FARGATE_S and container.task_definition.fargate:
        yield failed(
            node,
            f"stopTimeout {seconds} s of {container.label} > {_LONGEST_ON_FARGATE_S} s: Tasks using the "
            "Fargate launch type must have a container stop timeout of less than 120 seconds (120 itself is "
            "taken)",
            put(node, _LONGEST_ON_FARGATE_S),
        )


def _start(container: Container) -> Iterator[Verdict]:
    yield from _too_short(container, "start")
    node, seconds = container["startTimeout"], container["startTimeout"].whole()
    if seconds and seconds > _LONGEST_ON_FARGATE_S and container.task_definition.fargate:
        yield failed(
            node,
            f"startTimeout {seconds} s of {container.label} > {_LONGEST_ON_FARGATE_S} s: the valid values "
            "for Fargate are 2-120 seconds",
            put(node, _LONGEST_ON_FARGATE_S),
        )


def _too_short(container: Container, kind: str) -> Iterator[Verdict]:
    node = container[f"{kind}Timeout"]
    seconds = node.whole()
    if seconds is not None and seconds < _SHORTEST_S:
        yield failed(
            node,
            f"{kind}Timeout {seconds} s of {container.label} < {_SHORTEST_S} s: Granular {kind} timeout on "
            f"container '{container.label}' must be at least 2 seconds",
            put(node, _SHORTEST_S),
        )


def _restart(container: Container) -> Iterator[Verdict]:
    policy = container["restartPolicy"]
    period, (low, high) = policy["restartAttemptPeriod"].whole(), _RESTART_S
    if period is not None and not low <= period <= high:
        yield failed(
            policy["restartAttemptPeriod"],
            f"restartAttemptPeriod is {period} s: the 'restartAttemptPeriod' setting for container "
            f"'{container.label}' must be between {low} and {high}",
        )
    codes = policy["ignoredExitCodes"].items()
    if len(codes) > _MOST_EXIT_CODES:
        yield failed(
            policy["ignoredExitCodes"],
            f"{container.label} ignores {len(codes)} exit codes > {_MOST_EXIT_CODES}",
        )
