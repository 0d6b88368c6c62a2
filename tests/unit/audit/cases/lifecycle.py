from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_STOP = "containerDefinitions[0].stopTimeout"

CASES = [
    Case(
        "LIF-01",
        ((TaskDefinition, _STOP, REMOVED),),
        at=_STOP,
        says="app is killed 30 s after SIGTERM, though a Spot interruption leaves 120 s (90 s unused)",
        severity="MEDIUM",
    ),
    Case(
        "LIF-01",
        ((TaskDefinition, _STOP, REMOVED),),
        given=((Service, "capacityProviderStrategy[1]", REMOVED),),
        at=_STOP,
        says="app is killed 30 s after SIGTERM",
        severity="LOW",
    ),
]
