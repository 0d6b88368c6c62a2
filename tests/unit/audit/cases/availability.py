from audit.model.service import Cluster, Service
from audit.model.surroundings import Subnet
from tests.unit.audit.case import Case

_SUBNETS = "networkConfiguration.awsvpcConfiguration.subnets"
_TEST_STAGE = (
    (Service, "tags", [{"key": "environment", "value": "test"}]),
    (Cluster, "clusterName", "test"),
)

CASES = [
    Case(
        "AVL-01",
        ((Service, "desiredCount", 1),),
        at="desiredCount",
        says="desiredCount is 1: when the only task of web stops, there is none",
        severity="HIGH",
    ),
    Case(
        "AVL-01",
        ((Service, "desiredCount", 1),),
        given=_TEST_STAGE,
        at="desiredCount",
        says="desiredCount is 1: when",
        severity="MEDIUM",
    ),
    Case(
        "AVL-02",
        ((Service, _SUBNETS, ["subnet-a"]),),
        at=_SUBNETS,
        says="subnet-a is the only subnet",
    ),
    Case(
        "AVL-02",
        ((Subnet, "#1.AvailabilityZone", "eu-west-1a"),),
        given=((Service, _SUBNETS, ["subnet-a", "subnet-b"]),),
        at=_SUBNETS,
        says="2 subnets, all of them in eu-west-1a",
    ),
    Case(
        "AVL-03",
        ((Service, "availabilityZoneRebalancing", "DISABLED"),),
        at="availabilityZoneRebalancing",
        says="availabilityZoneRebalancing is DISABLED",
    ),
    Case(
        "AVL-03",
        ((Service, "placementStrategy", [{"type": "binpack", "field": "memory"}]),),
        at="placementStrategy",
        says="no placement strategy spreads over zones",
    ),
]
