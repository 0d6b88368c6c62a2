from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_CONFIGURATION = "deploymentConfiguration"
_BREAKER = f"{_CONFIGURATION}.deploymentCircuitBreaker"
_MINIMUM = f"{_CONFIGURATION}.minimumHealthyPercent"
_DONE = {"id": "ecs-svc/1", "rolloutState": "COMPLETED", "failedTasks": 0}

CASES = [
    Case(
        "DEP-01",
        ((Service, _BREAKER, REMOVED),),
        at=f"{_BREAKER}.enable",
        says="the deployment circuit breaker is off",
        severity="HIGH",
    ),
    Case(
        "DEP-01",
        ((Service, f"{_BREAKER}.rollback", False),),
        at=f"{_BREAKER}.rollback",
        says="only stops",
        severity="MEDIUM",
    ),
    Case(
        "DEP-02",
        ((Service, _MINIMUM, 50),),
        given=((Service, "desiredCount", 2),),
        at=_MINIMUM,
        says="minimumHealthyPercent 50 keeps 1 of 2 tasks",
        severity="HIGH",
    ),
    Case(
        "DEP-02",
        ((Service, _MINIMUM, 49),),
        given=((Service, _MINIMUM, 50),),
        at=_MINIMUM,
        says="minimumHealthyPercent 49 keeps 2 of 4 tasks",
        severity="MEDIUM",
    ),
    Case(
        "DEP-03",
        ((Service, f"{_CONFIGURATION}.alarms.enable", False),),
        at=f"{_CONFIGURATION}.alarms",
        says="no alarm watches the deployment",
    ),
    Case(
        "DEP-04",
        ((Service, "deployments[0].rolloutState", "FAILED"),),
        given=((Service, "deployments", [_DONE]),),
        at="deployments[0]",
        says="deployment ecs-svc/1 is FAILED, 0 of its tasks failed",
    ),
    Case(
        "DEP-05",
        ((TaskDefinition, "status", "INACTIVE"),),
        at="taskDefinition",
        says="web:7 is INACTIVE",
        severity="LOW",
    ),
    Case(
        "DEP-06",
        ((Service, f"{_CONFIGURATION}.alarms.enable", False),),
        given=(
            (Service, f"{_CONFIGURATION}.strategy", "BLUE_GREEN"),
            (Service, f"{_CONFIGURATION}.bakeTimeInMinutes", 0),
        ),
        at=f"{_CONFIGURATION}.bakeTimeInMinutes",
        says="BLUE_GREEN with a bake time of 0 minutes",
        also=("DEP-03",),
    ),
]
