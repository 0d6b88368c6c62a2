from audit.model.load_balancing import TargetGroup
from audit.model.service import Service
from audit.model.surroundings import CapacityProvider
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_STOP = "containerDefinitions[0].stopTimeout"
_ON_EC2 = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (Service, "capacityProviderStrategy", [{"capacityProvider": "fleet", "weight": 1}]),
)
_MANAGED = {
    "name": "fleet",
    "managedInstancesProvider": {"instanceLaunchTemplate": {"capacityOptionType": "SPOT"}},
}
_GROUP = {"name": "fleet", "tags": [{"key": "market", "value": "Spot"}]}
_DELAY = "Attributes[0].Value"


def _delay(given: str, value: str, says: str, severity: str) -> Case:
    return Case(
        "LIF-05",
        ((TargetGroup, _DELAY, value),),
        given=((TargetGroup, _DELAY, given),),
        at=_DELAY,
        says=says,
        severity=severity,
    )


CASES = [
    Case(
        "LIF-02",
        ((TaskDefinition, _STOP, 300),),
        given=(*_ON_EC2, (CapacityProvider, "#0", _MANAGED), (TaskDefinition, _STOP, 120)),
        at=_STOP,
        says="stopTimeout 300 s of app > 120 s, which is all that a Spot interruption of fleet leaves: "
        "180 s too many",
    ),
    Case(
        "LIF-02",
        ((TaskDefinition, _STOP, 121),),
        given=(*_ON_EC2, (CapacityProvider, "#0", _GROUP), (TaskDefinition, _STOP, 120)),
        at=_STOP,
        says="1 s too many",
    ),
    _delay("299", "300", "is 300 s: no error, but each step of a deployment", "INFO"),
    _delay("1", "0", "is 0 s: every deployment cuts the requests", "MEDIUM"),
    _delay("299", "301", "is 301 s: so long every stopping task waits", "LOW"),
    Case(
        "LIF-05",
        ((TargetGroup, "Attributes", []),),
        at="Attributes.deregistration_delay.timeout_seconds",
        says="is 300 s (the default): no error",
        severity="INFO",
    ),
    Case(
        "LIF-05",
        ((TargetGroup, "Observed.TargetResponseTimeP99", 75.5),),
        given=((TargetGroup, "Observed.TargetResponseTimeP99", 60.0),),
        at=_DELAY,
        says="is 60 s < 75.5 s, which 1 % of its requests take: every deployment cuts them",
        severity="HIGH",
    ),
]
