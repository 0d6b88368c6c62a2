"""HLT: health checks of containers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model import images
from audit.model.health import HealthCheck
from audit.model.node import Unknown
from audit.model.task_definition import Container
from audit.rule import (
    Profile,
    Severity,
    Verdict,
    Verdicts,
    examine,
    failed,
    passed,
    put,
    rule,
    unknown,
)

_PAGE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html"
# Slower than five minutes is no detection, faster than a pause of a garbage collector is noise.
_SLOWEST_S, _FASTEST_S = 300, 15
_FETCHER = re.compile(r"(?<![\w./-])(?:/usr/bin/|/bin/)?(curl|wget)(?![\w.-])")


@rule(
    "HLT-01",
    "Essential containers have a health check",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy='give the container a "healthCheck" with a command that its image has',
    anchors=("KICS:d24389b4",),
)
def has_health_check(container: Container) -> Verdicts:
    node = container["healthCheck"]
    if not container.essential:
        return
    if container.health_check is not None:
        yield passed(node)
        return
    unwatched = _unwatched(container)
    message = (
        f"{container.label} has no healthCheck: ECS only sees that its process lives, a HEALTHCHECK of the "
        "image is ignored"
    )
    if unwatched:
        yield failed(
            node,
            f"{message}, and no load balancer watches {unwatched}: a task that hangs stays for ever",
            severity=Severity.HIGH,
        )
    else:
        yield failed(node, message)


def _unwatched(container: Container) -> str | None:
    """The service in which nothing at all would notice that the task hangs."""
    try:
        task = container.task_definition
        if task.checks_health:
            return None
        alone = [each for each in task.services if not (each.balanced or each.daemon)]
    except Unknown:
        return None  # only the severity depends on it
    return alone[0].label if alone else None


@rule(
    "HLT-02",
    "Health checks leave the container time to start",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html",
    remedy='set "healthCheck.startPeriod" to the longest start that is normal, at most 300; what '
    "takes longer "
    'belongs into an init container or the service\'s "healthCheckGracePeriodSeconds"',
    anchors=(),
)
def start_period(container: Container) -> Verdicts:
    check = container.health_check
    if check is None:
        return
    node = check["startPeriod"]
    if check.start_period > 0:
        yield passed(node, f"startPeriod is {check.start_period} s")
    else:
        yield failed(
            node,
            f"startPeriod of {container.label} is {'0' if node.given else 'not given (off)'}: failures count "
            f"from the first second, after {check.interval} x {check.retries} = {check.detection} s it is "
            "unhealthy",
            put(node, 60),
        )


@rule(
    "HLT-03",
    "Health checks notice within five minutes, and not within a pause",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html",
    remedy='set "interval" and "retries" so that their product is 15 to 120 seconds',
    anchors=(),
)
def detection_time(container: Container) -> Verdicts:
    check = container.health_check
    if check is None:
        return
    longest = check.detection + check.start_period
    product = f"{check.interval} x {check.retries}"
    if longest > _SLOWEST_S:
        yield failed(
            check,
            f"{product} + {check.start_period} = {longest} s > {_SLOWEST_S} s until {container.label} is "
            "replaced when it never gets healthy",
        )
    elif check.detection < _FASTEST_S:
        yield failed(
            check,
            f"{product} = {check.detection} s < {_FASTEST_S} s: a short pause of {container.label} gets the "
            "task replaced",
        )
    else:
        yield passed(check, f"{product} = {check.detection} s")


@rule(
    "HLT-06",
    "Health checks call programs that the image has",
    on=Container,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy="call a program of the image, or a subcommand of the application itself, in "
    '"healthCheck.command"',
    anchors=(),
)
def program_in_image(container: Container) -> Verdicts:
    check = container.health_check
    if check is None:
        return ()
    programs = _FETCHER.findall(check.program)
    return examine(
        dict.fromkeys(programs),
        lambda each: _lacking(container, check, each),
        clean=check["command"],
    )


def _lacking(container: Container, check: HealthCheck, program: str) -> Iterator[Verdict]:
    lacks = images.lacks(container.image, program)
    if lacks:
        yield failed(
            check["command"],
            f"the health check of {container.label} calls {program}, which {container.image} does not "
            "contain by itself",
        )
    elif lacks is None:
        yield unknown(
            check["command"],
            f"whether the image of {container.label} contains {program} is not known",
        )
