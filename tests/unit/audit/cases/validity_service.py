from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_MINIMUM = "deploymentConfiguration.minimumHealthyPercent"
_MAXIMUM = "deploymentConfiguration.maximumPercent"
# What a file says that is to create the service.
_NEW = ((Service, "status", REMOVED),)
_DAEMON = (
    *_NEW,
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (Service, "schedulingStrategy", "DAEMON"),
    (Service, "launchType", "EC2"),
    (Service, "platformVersion", REMOVED),
    (Service, "capacityProviderStrategy", REMOVED),
    (Service, "desiredCount", REMOVED),
    (Service, "availabilityZoneRebalancing", "DISABLED"),
    (Service, _MAXIMUM, 100),
    (Service, _MINIMUM, 0),
)
_FARGATE = (
    *_NEW,
    (Service, "capacityProviderStrategy", REMOVED),
    (Service, "launchType", "FARGATE"),
)


def _daemon(path: str, value: object, says: str) -> Case:
    return Case("VAL-23", ((Service, path, value),), given=_DAEMON, at=path, says=says)


CASES = [
    Case(
        "VAL-21",
        ((Service, "launchType", "FARGATE"),),
        given=_NEW,
        at="launchType",
        says="Specifying both a launch type and capacity provider strategy is not supported",
    ),
    Case(
        "VAL-22",
        ((Service, "networkConfiguration", REMOVED),),
        given=_NEW,
        at="networkConfiguration.awsvpcConfiguration.subnets",
        says="Network Configuration must be provided when networkMode 'awsvpc' is specified",
    ),
    Case(
        "VAL-22",
        ((TaskDefinition, "networkMode", "bridge"),),
        given=(*_NEW, (TaskDefinition, "requiresCompatibilities", ["EC2"])),
        at="networkConfiguration",
        says="Network Configuration is not valid for the given networkMode of this task definition",
        also=("VAL-16",),
    ),
    Case(
        "VAL-23",
        ((Service, "launchType", "FARGATE"),),
        given=(*_DAEMON, (TaskDefinition, "requiresCompatibilities", ["EC2", "FARGATE"])),
        at="schedulingStrategy",
        says="Fargate does not support the DAEMON scheduling strategy",
    ),
    _daemon("desiredCount", 0, "does not support a desired count for services"),
    _daemon("placementStrategy", [{"type": "random"}], "does not support placement strategies"),
    _daemon(_MAXIMUM, 200, "does not support values above 100 for maximumPercent"),
    _daemon(
        "availabilityZoneRebalancing", "ENABLED", "Rebalancing does not support DAEMON services"
    ),
    Case(
        "VAL-23",
        ((Service, "capacityProviderStrategy", [{"capacityProvider": "asg", "weight": 1}]),),
        given=(*_DAEMON, (Service, "launchType", REMOVED)),
        at="capacityProviderStrategy",
        says="Specifying a capacity provider strategy is not supported when you create a service using",
    ),
    Case(
        "VAL-23",
        ((Service, "deploymentController.type", "CODE_DEPLOY"),),
        given=_DAEMON,
        at="schedulingStrategy",
        says="DAEMON with deployment controller CODE_DEPLOY",
        also=("VAL-48",),
    ),
    Case(
        "VAL-24",
        ((Service, _MINIMUM, 101),),
        given=_NEW,
        at=_MINIMUM,
        says="minimumHealthyPercent is 101: it must be at most 100",
    ),
    Case(
        "VAL-24",
        ((Service, _MAXIMUM, 99),),
        given=_NEW,
        at=_MAXIMUM,
        says="maximumPercent is 99: it must be at least 100",
    ),
    Case(
        "VAL-24",
        ((Service, _MAXIMUM, 100),),
        given=_NEW,
        at=_MAXIMUM,
        says="Both maximumPercent and minimumHealthyPercent cannot be 100",
    ),
    Case(
        "VAL-25",
        ((TaskDefinition, "requiresCompatibilities", ["EC2"]),),
        given=_FARGATE,
        at="launchType",
        says="web:7 requires EC2: Task definition does not support launch_type FARGATE",
    ),
    Case(
        "VAL-25",
        ((Service, "placementStrategy", [{"type": "random"}]),),
        given=_FARGATE,
        at="placementStrategy",
        says="launchType FARGATE with placementStrategy",
    ),
    Case(
        "VAL-25",
        ((Service, "platformVersion", "LATEST"),),
        given=(
            *_FARGATE,
            (TaskDefinition, "requiresCompatibilities", ["EC2"]),
            (Service, "launchType", "EC2"),
            (Service, "platformVersion", REMOVED),
        ),
        at="platformVersion",
        says="The platform version must be null when specifying an EC2 launch type",
    ),
]
