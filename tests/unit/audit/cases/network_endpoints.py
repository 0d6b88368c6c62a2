from audit.model.service import Service
from audit.model.surroundings import Endpoint, Subnet
from tests.unit.audit.case import REMOVED, Case

_NAMES = ("ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager")
_ENDPOINTS = tuple(
    (Endpoint, f"#{n}", {"ServiceName": f"com.amazonaws.eu-west-1.{name}", "VpcId": "vpc-1"})
    for n, name in enumerate(_NAMES)
)
_CLOSED = (Subnet, "#0.Routes", [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}])
_SUBNETS = "networkConfiguration.awsvpcConfiguration.subnets"

CASES = [
    Case(
        "NET-06",
        (_CLOSED,),
        at=_SUBNETS,
        says="no endpoint for ecr.api, ecr.dkr, logs, s3, secretsmanager",
    ),
    Case(
        "NET-06",
        ((Endpoint, "#3", REMOVED),),
        given=(_CLOSED, *_ENDPOINTS),
        at=_SUBNETS,
        says="subnet-a has no way out, and vpc-1 has no endpoint for s3",
    ),
    Case(
        "NET-06",
        ((Service, "enableExecuteCommand", True),),
        given=(_CLOSED, *_ENDPOINTS),
        at=_SUBNETS,
        says="no endpoint for ssmmessages",
    ),
]
