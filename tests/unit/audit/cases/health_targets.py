from audit.model.load_balancing import TargetGroup
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_GRACE = "healthCheckGracePeriodSeconds"
_CHECK = "containerDefinitions[0].healthCheck.command"
_BRIDGE = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "networkMode", "bridge"),
    (TaskDefinition, "containerDefinitions[0].portMappings[0].hostPort", 8080),
    (TargetGroup, "HealthCheckPort", "8080"),
)

CASES = [
    Case(
        "HLT-04",
        ((Service, _GRACE, REMOVED),),
        at=_GRACE,
        says="is not given, which means 0: a task that does not answer within 10 x 4 = 40 s is replaced",
    ),
    Case(
        "HLT-04",
        ((Service, _GRACE, 0),),
        given=(
            (Service, "loadBalancers", REMOVED),
            (Service, "vpcLatticeConfigurations", [{"portName": "http"}]),
        ),
        at=_GRACE,
        says="is 0: a task that does not answer the first health checks is replaced",
    ),
    Case(
        "HLT-05",
        ((TargetGroup, "HealthCheckTimeoutSeconds", 10),),
        given=((TargetGroup, "HealthCheckTimeoutSeconds", 9),),
        at="HealthCheckTimeoutSeconds",
        says="timeout 10 s >= interval 10 s of web: the interval must be greater than the timeout",
    ),
    Case(
        "HLT-05",
        ((TargetGroup, "HealthCheckIntervalSeconds", 31),),
        given=((TargetGroup, "HealthCheckIntervalSeconds", 30),),
        at="UnhealthyThresholdCount",
        says="31 x 4 = 124 s > 120 s: so long web sends requests to a task that is dead",
    ),
    Case(
        "HLT-05",
        ((TargetGroup, "Matcher.HttpCode", "200-499"),),
        given=((TargetGroup, "Matcher.HttpCode", "200-399"),),
        at="Matcher.HttpCode",
        says="web takes 200-499 of /healthy for healthy: an error counts as an answer",
    ),
    Case(
        "HLT-05",
        ((TaskDefinition, "containerDefinitions[0].portMappings[0].hostPort", 0),),
        given=_BRIDGE,
        at="HealthCheckPort",
        says="web checks port 8080, but the tasks of web get a host port of their own each",
        severity="HIGH",
    ),
    Case(
        "HLT-07",
        ((TaskDefinition, _CHECK, ["CMD", "/app/get", "http://localhost:8080/healthy"]),),
        given=(
            (TaskDefinition, _CHECK, ["CMD", "/app/get", "http://localhost:8080/healthy/live"]),
        ),
        at=_CHECK,
        says="app and its load balancer both check /healthy",
    ),
]
