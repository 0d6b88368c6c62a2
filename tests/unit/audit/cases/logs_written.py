from audit.model.surroundings import AccountSetting
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_LOG, _MODE = f"{_APP}.logConfiguration", f"{_APP}.logConfiguration.options.mode"
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)

CASES = [
    Case(
        "LOG-01",
        ((TaskDefinition, _LOG, REMOVED),),
        at=_LOG,
        says="app has no logConfiguration: on Fargate nothing keeps what it prints",
        severity="HIGH",
    ),
    Case(
        "LOG-01",
        ((TaskDefinition, _LOG, REMOVED),),
        given=_ON_EC2,
        at=_LOG,
        says="what it prints stays on the instance and goes with it",
        severity="MEDIUM",
    ),
    Case(
        "LOG-01",
        ((TaskDefinition, f"{_LOG}.logDriver", "awsfirelens"),),
        given=((TaskDefinition, f"{_APP}.firelensConfiguration", {"type": "fluentbit"}),),
        at=f"{_LOG}.logDriver",
        says="app is the log router and logs to itself",
    ),
    Case(
        "LOG-02",
        ((TaskDefinition, f"{_AGENT}.logConfiguration", REMOVED),),
        at=f"{_AGENT}.logConfiguration",
        says="agent has no logConfiguration: on Fargate nothing keeps what it prints",
        severity="MEDIUM",
    ),
    Case(
        "LOG-06",
        ((TaskDefinition, _MODE, "blocking"),),
        at=_MODE,
        says="mode of app is blocking: when the logs cannot be delivered, the application stops",
    ),
    Case(
        "LOG-06",
        ((AccountSetting, "value", "blocking"),),
        given=((TaskDefinition, _MODE, REMOVED),),
        at=_MODE,
        says="mode of app is not given, and the account setting defaultLogDriverMode is blocking",
    ),
]
