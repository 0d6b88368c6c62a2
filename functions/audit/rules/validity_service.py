"""VAL: services that CreateService refuses. What describes a service that exists, it has taken."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.service import Service
from audit.rule import (
    Profile,
    Severity,
    Verdict,
    Verdicts,
    drop,
    examine,
    failed,
    passed,
    put,
    rule,
)

_PAGE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"
_PERCENT = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html"
)


@rule(
    "VAL-21",
    "A service has a launch type or a capacity provider strategy, not both",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='remove "launchType"; the strategy says where the tasks run',
    anchors=(),
)
def one_capacity(service: Service) -> Verdicts:
    node = service["launchType"]
    if service.described or not service["capacityProviderStrategy"].items():
        return
    if not node.given:
        yield passed(service["capacityProviderStrategy"])
        return
    yield failed(
        node,
        f"launchType {node.text()} and a capacityProviderStrategy: Specifying both a launch type and "
        "capacity provider strategy is not supported",
        drop(node),
    )


@rule(
    "VAL-22",
    "A service has a network configuration if its tasks use awsvpc, and only then",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='set "networkConfiguration.awsvpcConfiguration" with "subnets" and "securityGroups"',
    anchors=("cfn-lint:E3052",),
)
def network_configuration(service: Service) -> Verdicts:
    node = service["networkConfiguration"]
    if service.described or service.controller == "EXTERNAL":
        return
    mode = service.task_definition.network_mode
    if mode == "awsvpc" and not node["awsvpcConfiguration"]["subnets"].given:
        yield failed(
            node["awsvpcConfiguration"]["subnets"],
            "no subnets are given: Network Configuration must be provided when networkMode 'awsvpc' is "
            "specified",
        )
    elif mode != "awsvpc" and node.in_use:
        yield failed(
            node,
            f"a networkConfiguration with network mode {mode}: Network Configuration is not valid for the "
            "given networkMode of this task definition",
            drop(node),
        )
    else:
        yield passed(node)


@rule(
    "VAL-23",
    "A DAEMON service leaves to ECS what it decides itself",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='remove what only REPLICA services have: "desiredCount", "placementStrategy", a '
    '"maximumPercent" above 100, "availabilityZoneRebalancing"',
    anchors=("cfn-lint:E3044",),
)
def daemon(service: Service) -> Verdicts:
    if service.described or not service.daemon:
        return ()
    return examine(
        (_daemon_place, _daemon_fields),
        lambda check: check(service),
        clean=service["schedulingStrategy"],
    )


def _daemon_place(service: Service) -> Iterator[Verdict]:
    node = service["schedulingStrategy"]
    if service["launchType"].text() == "FARGATE":
        yield failed(
            node,
            "DAEMON with launchType FARGATE: Fargate does not support the DAEMON scheduling strategy",
        )
    if service["capacityProviderStrategy"].items():
        yield failed(
            service["capacityProviderStrategy"],
            "DAEMON with a strategy: Specifying a capacity provider strategy is not supported when you "
            "create a service using the DAEMON scheduling strategy",
            drop(service["capacityProviderStrategy"]),
        )
    if service.controller != "ECS":
        yield failed(
            node,
            f"DAEMON with deployment controller {service.controller}, which does not support it",
        )


def _daemon_fields(service: Service) -> Iterator[Verdict]:
    daemon = "The daemon scheduling strategy does not support"
    for node, answer in (
        (service["desiredCount"], f"{daemon} a desired count for services"),
        (service["placementStrategy"], f"{daemon} placement strategies"),
    ):
        if node.in_use:
            yield failed(node, f"DAEMON with {node}: {answer}", drop(node))
    percent = service["deploymentConfiguration"]["maximumPercent"]
    if service.maximum_percent > 100:
        yield failed(
            percent,
            f"DAEMON with maximumPercent {service.maximum_percent}: {daemon} values above 100 for "
            "maximumPercent",
            put(percent, 100),
        )
    zones = service["availabilityZoneRebalancing"]
    if zones.text() == "ENABLED":
        yield failed(
            zones,
            "DAEMON with availabilityZoneRebalancing: Availability Zone Rebalancing does not support DAEMON "
            "services",
            drop(zones),
        )


@rule(
    "VAL-24",
    "The percentages of a deployment are possible ones",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PERCENT,
    remedy='set "minimumHealthyPercent" to 100 or less and "maximumPercent" above it: 100 and 200',
    anchors=(),
)
def percentages(service: Service) -> Verdicts:
    node = service["deploymentConfiguration"]
    low, high = node["minimumHealthyPercent"], node["maximumPercent"]
    if service.described or service.daemon or not (low.given or high.given):
        return
    minimum, maximum = service.minimum_healthy_percent, service.maximum_percent
    if not 0 <= minimum <= 100:
        yield failed(
            low, f"minimumHealthyPercent is {minimum}: it must be at most 100", put(low, 100)
        )
    elif maximum < 100:
        yield failed(high, f"maximumPercent is {maximum}: it must be at least 100", put(high, 200))
    elif minimum == maximum == 100 and service.rolling:
        yield failed(
            high,
            "minimumHealthyPercent 100 and maximumPercent 100: Both maximumPercent and "
            "minimumHealthyPercent cannot be 100 as this will block deployments",
            put(high, 200),
        )
    else:
        yield passed(node)


@rule(
    "VAL-25",
    "The launch type fits the task definition and what the service asks for",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='add the launch type to "requiresCompatibilities" of the task definition; leave placement to '
    'EC2 and "platformVersion" to Fargate',
    anchors=("cfn-lint:E3054",),
)
def launch_type(service: Service) -> Verdicts:
    node = service["launchType"]
    if service.described or not node.given:
        return ()
    return examine((_fields, _compatible), lambda check: check(service, node), clean=node)


def _fields(service: Service, node: Node) -> Iterator[Verdict]:
    platform = service["platformVersion"]
    if node.text() == "FARGATE":
        for field in ("placementConstraints", "placementStrategy"):
            if service[field].in_use:
                yield failed(
                    service[field],
                    f"launchType FARGATE with {field}: placement is not supported with FARGATE launch type",
                    drop(service[field]),
                )
    elif platform.in_use:
        yield failed(
            platform,
            f"launchType {node.text()} with platformVersion {platform.text()}: The platform version must "
            f"be null when specifying an {node.text()} launch type",
            drop(platform),
        )


def _compatible(service: Service, node: Node) -> Iterator[Verdict]:
    known = service.task_definition["requiresCompatibilities"].texts()
    if known and node.text() not in known:
        yield failed(
            node,
            f"launchType {node.text()}, but {service.task_definition.label} requires "
            f"{', '.join(known)}: Task definition does not support launch_type {node.text()}",
        )
