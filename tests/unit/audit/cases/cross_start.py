from audit.model.load_balancing import TargetGroup
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_GRACE = "healthCheckGracePeriodSeconds"
_BREAKER = "deploymentConfiguration.deploymentCircuitBreaker"
_START = "containerDefinitions[0].healthCheck.startPeriod"

CASES = [
    Case(
        "X-03",
        ((Service, _GRACE, 59),),
        given=((Service, _GRACE, 60),),
        at=_GRACE,
        says="59 < 60 s (start agent then app: 20 + startPeriod 30 + one check of web 10 = 60 s)",
    ),
    Case(
        "X-15",
        ((TaskDefinition, _START, 121),),
        given=((TaskDefinition, _START, 120),),
        at=_GRACE,
        says="app may take 121 s to start, but web gives up after 40 s and the grace period after 120 s",
        also=("X-03",),
    ),
    Case(
        "X-10",
        ((Service, "desiredCount", 400),),
        given=((Service, "deploymentConfiguration.maximumPercent", 103),),
        at=_BREAKER,
        says="200 failed tasks, 12 at a time, each after 120 + 40 s: 2720 s",
    ),
    Case(
        "X-10",
        ((TargetGroup, "HealthCheckIntervalSeconds", 300),),
        given=((Service, f"{_BREAKER}.thresholdConfiguration", {"type": "COUNT", "value": 5}),),
        at=_BREAKER,
        says="5 failed tasks, 4 at a time, each after 120 + 1200 s: 2640 s",
        also=("X-03",),
    ),
]
