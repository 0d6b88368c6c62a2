from audit.model.load_balancing import TargetGroup
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

CASES = [
    Case(
        "X-01",
        ((TargetGroup, "Attributes[0].Value", "120"),),
        given=((TargetGroup, "Attributes[0].Value", "119"),),
        at="Attributes[0].Value",
        says="is 120 s, but a Spot interruption leaves 120 s: 0 s too many",
    ),
    Case(
        "X-01",
        ((TargetGroup, "Attributes", []),),
        at="Attributes.deregistration_delay.timeout_seconds",
        says="is 300 s (the default), but a Spot interruption leaves 120 s: 180 s too many",
        also=("X-11",),
    ),
    Case(
        "X-17",
        ((TaskDefinition, "containerDefinitions[0].stopTimeout", 59),),
        at="containerDefinitions[0].stopTimeout",
        says="stopTimeout 59 s of app, but web lets connections end for 60 s",
    ),
    Case(
        "X-17",
        ((TaskDefinition, "containerDefinitions[0].stopTimeout", REMOVED),),
        at="containerDefinitions[0].stopTimeout",
        says="stopTimeout 30 s (the default) of app",
    ),
]
