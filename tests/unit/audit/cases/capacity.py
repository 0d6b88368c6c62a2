from audit.model.scaling import ScalableTarget
from audit.model.service import Service
from audit.model.surroundings import CapacityProvider
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_STRATEGY = "capacityProviderStrategy"
_NEW = ((Service, "status", REMOVED),)
_GROUP = "autoScalingGroupProvider"
_PROVIDER = (
    CapacityProvider,
    "#0",
    {
        "name": "instances",
        _GROUP: {
            "managedDraining": "ENABLED",
            "managedTerminationProtection": "ENABLED",
            "managedScaling": {"status": "ENABLED", "targetCapacity": 90},
        },
    },
)

CASES = [
    Case(
        "CAP-01",
        ((Service, f"{_STRATEGY}[0].weight", 0), (Service, f"{_STRATEGY}[1].weight", 0)),
        given=_NEW,
        at=_STRATEGY,
        says="every weight is 0",
    ),
    Case(
        "CAP-01",
        ((Service, f"{_STRATEGY}[1].base", 1),),
        given=_NEW,
        at=_STRATEGY,
        says="FARGATE and FARGATE_SPOT have a base",
    ),
    Case(
        "CAP-01",
        ((Service, f"{_STRATEGY}[0].capacityProvider", "instances"),),
        given=_NEW,
        at=f"{_STRATEGY}[0].capacityProvider",
        says="instances is not associated with prod",
        also=("CAP-02",),
    ),
    Case(
        "CAP-02",
        ((Service, f"{_STRATEGY}[0]", REMOVED),),
        at=_STRATEGY,
        says="all of web is on Fargate Spot in production",
        severity="MEDIUM",
    ),
    Case(
        "CAP-02",
        ((Service, f"{_STRATEGY}[0]", REMOVED),),
        given=((Service, "desiredCount", 1),),
        at=_STRATEGY,
        says="the only task of web is on Fargate Spot",
        severity="HIGH",
    ),
    Case(
        "CAP-03",
        ((Service, "platformVersion", "1.3.0"),),
        given=((Service, "platformVersion", "1.4.0"),),
        at="platformVersion",
        says="platformVersion 1.3.0 on FARGATE_SPOT, which needs 1.4.0 or later",
    ),
    Case(
        "CAP-03",
        (
            (
                TaskDefinition,
                "runtimePlatform.operatingSystemFamily",
                "WINDOWS_SERVER_2022_CORE",
            ),
        ),
        at=_STRATEGY,
        says="Windows tasks on FARGATE_SPOT",
    ),
    Case(
        "CAP-04",
        ((ScalableTarget, "MaxCapacity", 2),),
        given=((ScalableTarget, "MinCapacity", 2),),
        at=f"{_STRATEGY}[0].base",
        says="base 2 covers all of at most 2 tasks",
    ),
    Case(
        "CAP-05",
        ((CapacityProvider, f"{_GROUP}.managedDraining", "DISABLED"),),
        given=(_PROVIDER,),
        at=f"{_GROUP}.managedDraining",
        says="managedDraining is DISABLED: an instance goes",
    ),
    Case(
        "CAP-05",
        ((CapacityProvider, f"{_GROUP}.managedTerminationProtection", REMOVED),),
        given=(_PROVIDER,),
        at=f"{_GROUP}.managedTerminationProtection",
        says="managedTerminationProtection is DISABLED (the default)",
    ),
    Case(
        "CAP-05",
        ((CapacityProvider, f"{_GROUP}.managedScaling.status", "DISABLED"),),
        given=(_PROVIDER,),
        at=f"{_GROUP}.managedScaling.status",
        says="managedScaling is DISABLED",
    ),
    Case(
        "CAP-05",
        ((CapacityProvider, f"{_GROUP}.managedScaling.targetCapacity", 100),),
        given=(_PROVIDER,),
        at=f"{_GROUP}.managedScaling.targetCapacity",
        says="targetCapacity is 100",
        severity="LOW",
    ),
]
