"""AVL: does the service survive the loss of a task, or of a zone?"""

from __future__ import annotations

from audit.model.service import Service
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_ZONES = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html"
_PLACEMENT = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html"
)
_AZ_ATTRIBUTE = "attribute:ecs.availability-zone"


@rule(
    "AVL-01",
    "A service has more than one task",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-options.html",
    remedy='set "desiredCount" to at least 2',
    anchors=(),
)
def more_than_one(service: Service) -> Verdicts:
    if service.daemon:
        return
    node = service["desiredCount"]
    desired = service.desired_count
    if desired == 0:
        return
    if desired > 1:
        yield passed(node)
    else:
        severity = Severity.HIGH if service.production else Severity.MEDIUM
        said = f"desiredCount is 1: when the only task of {service.label} stops, there is none"
        yield failed(node, said, severity=severity)


@rule(
    "AVL-02",
    "Tasks are spread over Availability Zones",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source=_PLACEMENT,
    remedy='name subnets of at least two zones in "awsvpcConfiguration.subnets"; three are better',
    anchors=(),
)
def several_zones(service: Service) -> Verdicts:
    node = service.network["subnets"]
    if not node.texts():
        return
    if len(node.texts()) == 1:
        yield failed(node, f"{node.texts()[0]} is the only subnet: one zone carries the service")
        return
    zones = sorted({subnet["AvailabilityZone"].text() or "" for subnet in service.subnets})
    if len(zones) < 2:
        said = (
            f"{len(node.texts())} subnets, all of them in {zones[0]}: one zone carries the service"
        )
        yield failed(node, said)
    else:
        yield passed(node, ", ".join(zones))


@rule(
    "AVL-03",
    "Tasks come back to a zone that came back",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_ZONES,
    remedy='set "availabilityZoneRebalancing" to "ENABLED", and on EC2 spread by '
    '"attribute:ecs.availability-zone" first',
    anchors=(),
)
def rebalances(service: Service) -> Verdicts:
    if service.daemon or service.controller != "ECS":
        return
    node = service["availabilityZoneRebalancing"]
    placement = service["placementStrategy"].items()
    if node.text() == "DISABLED":
        yield failed(
            node,
            "availabilityZoneRebalancing is DISABLED: after an outage of a zone the tasks stay where they "
            "fled to",
            put(node, "ENABLED"),
        )
    elif placement and not any(
        _by_zone(each["type"].text(), each["field"].text()) for each in placement
    ):
        said = "no placement strategy spreads over zones: all tasks may land in one"
        yield failed(service["placementStrategy"], said)
    else:
        yield passed(node)


def _by_zone(kind: str | None, field: str | None) -> bool:
    return (kind or "").lower() == "spread" and field == _AZ_ATTRIBUTE
