from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_CHECK = f"{_APP}.healthCheck"
_ALONE = (
    (TaskDefinition, f"{_APP}.dependsOn", REMOVED),
    (TaskDefinition, f"{_AGENT}.healthCheck", REMOVED),
)
_CURL = ["CMD-SHELL", "curl -f http://localhost:8080/live || exit 1"]
_NO_CURL = [(TaskDefinition, f"{_APP}.image", "node:22-alpine")]

CASES = [
    Case(
        "HLT-01",
        ((TaskDefinition, _CHECK, REMOVED),),
        at=_CHECK,
        says="app has no healthCheck: ECS only sees that its process lives",
        severity="LOW",
    ),
    Case(
        "HLT-01",
        ((TaskDefinition, _CHECK, REMOVED),),
        given=(*_ALONE, (Service, "loadBalancers", REMOVED)),
        at=_CHECK,
        says="and no load balancer watches web: a task that hangs stays for ever",
        severity="HIGH",
    ),
    Case(
        "HLT-01",
        ((TaskDefinition, _CHECK, REMOVED),),
        given=_ALONE,
        at=_CHECK,
        says="app has no healthCheck",
        severity="LOW",
    ),
    Case(
        "HLT-01",
        ((TaskDefinition, _CHECK, REMOVED),),
        given=(
            *_ALONE,
            (Service, "loadBalancers", REMOVED),
            (Service, "schedulingStrategy", "DAEMON"),
        ),
        at=_CHECK,
        says="app has no healthCheck",
        severity="LOW",
    ),
    Case(
        "HLT-02",
        ((TaskDefinition, f"{_CHECK}.startPeriod", REMOVED),),
        at=f"{_CHECK}.startPeriod",
        says="startPeriod of app is not given (off): failures count from the first second, after "
        "10 x 3 = 30 s",
    ),
    Case(
        "HLT-02",
        ((TaskDefinition, f"{_CHECK}.startPeriod", 0),),
        at=f"{_CHECK}.startPeriod",
        says="startPeriod of app is 0",
    ),
    Case(
        "HLT-03",
        ((TaskDefinition, f"{_CHECK}.interval", 28),),
        given=(
            (TaskDefinition, f"{_CHECK}.interval", 27),
            (TaskDefinition, f"{_CHECK}.retries", 10),
        ),
        at=_CHECK,
        says="28 x 10 + 30 = 310 s > 300 s until app is replaced",
    ),
    Case(
        "HLT-03",
        ((TaskDefinition, f"{_CHECK}.retries", 1),),
        given=((TaskDefinition, f"{_CHECK}.retries", 2),),
        at=_CHECK,
        says="10 x 1 = 10 s < 15 s",
    ),
    Case(
        "HLT-06",
        ((TaskDefinition, f"{_CHECK}.command", _CURL),),
        given=(
            *_NO_CURL,
            (TaskDefinition, f"{_CHECK}.command", ["CMD-SHELL", "wget -q -O- localhost"]),
        ),
        at=f"{_CHECK}.command",
        says="the health check of app calls curl, which node:22-alpine does not contain by itself",
    ),
    Case(
        "HLT-06",
        ((TaskDefinition, f"{_CHECK}.command", ["CMD", "/usr/bin/wget", "-q", "localhost"]),),
        given=((TaskDefinition, f"{_APP}.image", "gcr.io/distroless/static:nonroot"),),
        at=f"{_CHECK}.command",
        says="the health check of app calls wget, which gcr.io/distroless/static:nonroot does not",
    ),
]
