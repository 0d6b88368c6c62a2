from audit.model.service import Service
from audit.model.surroundings import SecurityGroup, Subnet
from tests.unit.audit.case import Case
from tests.unit.audit.clean import ECS

_SUBNETS = "networkConfiguration.awsvpcConfiguration.subnets"
_GROUPS = "networkConfiguration.awsvpcConfiguration.securityGroups"


def _deployment(revision: int) -> dict[str, object]:
    name = f"{ECS}:task-definition/web:{revision}"
    return {"taskDefinition": name, "runningCount": 4, "rolloutState": "COMPLETED"}


CASES = [
    Case(
        "X-13",
        ((Service, "deployments[1]", _deployment(6)),),
        given=((Service, "deployments", [_deployment(7)]),),
        at="deployments",
        says="web:6 and web:7 run side by side",
    ),
    Case(
        "X-14",
        (
            (Subnet, "#0.AvailableIpAddressCount", 11),
            (Subnet, "#1.AvailableIpAddressCount", 12),
            (Subnet, "#2.AvailableIpAddressCount", 12),
        ),
        given=(
            (Subnet, "#0.AvailableIpAddressCount", 12),
            (Subnet, "#1.AvailableIpAddressCount", 12),
            (Subnet, "#2.AvailableIpAddressCount", 12),
        ),
        at=_SUBNETS,
        says="1 services may need 36 more addresses, 35 are free",
    ),
    Case(
        "X-16",
        ((SecurityGroup, "#1.IpPermissions[0].FromPort", 8081),),
        at=_GROUPS,
        says="no security group of web admits web on port 8080",
    ),
]
