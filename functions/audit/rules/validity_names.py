"""VAL: names, tags and capacities that the APIs refuse."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from audit.model.node import Node, Unknown
from audit.model.scaling import ScalableTarget
from audit.model.service import Service
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, passed, rule

_TASK = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"
_CONTAINER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
# API reference, PortMapping "name".
_PORT_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
# web-{{stage}}, web-${STAGE}, <NAME>
_FILLED_IN = ("{{", "${", "<")
_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 128, 256


@rule(
    "VAL-28",
    "Families and containers have names of letters, digits, hyphens and underscores",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_TASK,
    remedy="use up to 255 letters, digits, hyphens and underscores",
    anchors=(),
)
def names(task: TaskDefinition) -> Verdicts:
    given = [task["family"], *(each["name"] for each in task["containerDefinitions"].items())]
    ports = [
        mapping["name"]
        for container in task["containerDefinitions"].items()
        for mapping in container["portMappings"].items()
    ]
    checks = [(node, _misnamed) for node in given] + [(node, _misnamed_port) for node in ports]
    return examine(checks, lambda each: each[1](each[0]), clean=task["family"])


def _misnamed_port(node: Node) -> Iterator[Verdict]:
    name = node.text()
    if name and not any(mark in name for mark in _FILLED_IN) and not _PORT_NAME.fullmatch(name):
        yield failed(
            node,
            f"{node} is {name[:64]!r}: up to 64 lowercase letters, numbers, underscores (_), and hyphens "
            "(-) are allowed, and no hyphen first",
        )


def _misnamed(node: Node) -> Iterator[Verdict]:
    name = node.text()
    if name and any(mark in name for mark in _FILLED_IN):
        raise Unknown(f"{node} has parts that another tool fills in", node.path)
    if name and not _NAME.fullmatch(name):
        yield failed(
            node,
            f"{node} is {name[:60]!r}: up to 255 letters (uppercase and lowercase), numbers, underscores, "
            "and hyphens are allowed",
        )


@rule(
    "VAL-29",
    "No variable is given twice, as a secret and as a value",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_CONTAINER,
    remedy='keep the name either in "secrets" or in "environment"',
    anchors=(),
)
def secret_names(container: Container) -> Verdicts:
    secrets = container["secrets"].items()
    given = Counter(name for each in secrets if (name := each["name"].text()))
    both = given.keys() & container.environment.keys()
    for secret in secrets:
        name = secret["name"].text()
        if name in both or given[name or ""] > 1:
            yield failed(
                secret["name"],
                f"{container.label}: {name} is given twice: The secret name must be unique and not shared "
                "with any new or existing environment variables set on the container",
            )
        else:
            yield passed(secret["name"])


@rule(
    "VAL-30",
    "Tags are within the limits",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html",
    remedy="have at most 50 tags, keys of up to 128 and values of up to 256 characters; no key begins with "
    '"aws:"',
    anchors=(),
)
def tags(task: TaskDefinition) -> Verdicts:
    if task["status"].text():  # AWS itself puts tags on what exists
        return
    found = task["tags"].items()
    if len(found) > _MOST_TAGS:
        yield failed(task["tags"], f"{len(found)} tags, {_MOST_TAGS} are the most")
    yield from examine(found, _tag, clean=task["tags"])


def _tag(tag: Node) -> Iterator[Verdict]:
    key = tag["key"].text() or tag["Key"].text() or ""
    value = tag["value"].text() or tag["Value"].text() or ""
    if key.lower().startswith("aws:"):
        yield failed(tag, f"the tag key {key} begins with aws:, which is reserved", drop(tag))
    elif not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE:
        yield failed(
            tag,
            f"a tag with a key of {len(key)} and a value of {len(value)} characters; keys have 1 to "
            f"{_LONGEST_KEY}, values up to {_LONGEST_VALUE}",
        )


@rule(
    "VAL-31",
    "Only services with health checks of a load balancer have a grace period",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html",
    remedy='remove "healthCheckGracePeriodSeconds", or give "loadBalancers"',
    anchors=(),
)
def grace_period(service: Service) -> Verdicts:
    node = service["healthCheckGracePeriodSeconds"]
    if service.described or not node.whole():
        return
    if service.balanced:
        yield passed(node)
        return
    yield failed(
        node,
        f"healthCheckGracePeriodSeconds is {node.whole()} and there is no load balancer: Health check grace "
        "period is only valid for services configured to use load balancers",
        drop(node),
    )


@rule(
    "VAL-32",
    "A scalable target names a service and its counts, the smallest not above the largest",
    on=ScalableTarget,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    remedy='set "MinCapacity" to at most "MaxCapacity", and "ResourceId" to service/<cluster>/<service>',
    anchors=(),
)
def capacities(target: ScalableTarget) -> Verdicts:
    return examine((_counts, _resource), lambda check: check(target), clean=target["MinCapacity"])


def _counts(target: ScalableTarget) -> Iterator[Verdict]:
    low, high = target["MinCapacity"].whole(), target["MaxCapacity"].whole()
    for name, count in (("MinCapacity", low), ("MaxCapacity", high)):
        if count is None:
            yield failed(
                target[name],
                f"{name} is not given: it is required when registering a new scalable target",
            )
    if low is not None and high is not None and (low > high or low < 0):
        yield failed(
            target["MinCapacity"],
            f"MinCapacity {low}, MaxCapacity {high}: the maximum is below the minimum, or either below 0",
        )


def _resource(target: ScalableTarget) -> Iterator[Verdict]:
    node = target["ResourceId"]
    name = node.text()
    if not name or any(mark in name for mark in _FILLED_IN):
        return
    kind, *parts = name.split("/")
    if target["ServiceNamespace"].text() == "ecs" and (
        kind != "service" or len(parts) != 2 or not all(parts)
    ):
        yield failed(
            node,
            f"ResourceId is {name[:80]!r}: of an ECS service it is service/<cluster>/<service>",
        )
