from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_EDGE = f"{_APP}.dependsOn[0]"

CASES = [
    Case(
        "VAL-08",
        ((TaskDefinition, f"{_EDGE}.containerName", "router"),),
        at=f"{_EDGE}.containerName",
        says="app depends on router, of which there is no container: Cannot depend on container 'router'",
    ),
    Case(
        "VAL-08",
        (
            (
                TaskDefinition,
                f"{_AGENT}.dependsOn",
                [{"containerName": "app", "condition": "START"}],
            ),
        ),
        at=_EDGE,
        says="app -> agent -> app: Container dependsOn contains a cycle",
    ),
    Case(
        "VAL-08",
        ((TaskDefinition, f"{_EDGE}.containerName", "app"),),
        at=_EDGE,
        says="app -> app: Container dependsOn contains a cycle",
    ),
    Case(
        "VAL-33",
        ((TaskDefinition, f"{_EDGE}.condition", "RUNNING"),),
        at=f"{_EDGE}.condition",
        says="condition is 'RUNNING': Member must satisfy enum value set: [COMPLETE, HEALTHY, ",
        severity="ERROR",
    ),
    Case(
        "VAL-09",
        ((TaskDefinition, f"{_AGENT}.essential", True),),
        given=((TaskDefinition, f"{_EDGE}.condition", "SUCCESS"),),
        at=f"{_EDGE}.condition",
        says="app waits for SUCCESS of agent, which is essential: A dependency container with SUCCESS or",
    ),
    Case(
        "VAL-09",
        ((TaskDefinition, f"{_AGENT}.essential", REMOVED),),
        given=((TaskDefinition, f"{_EDGE}.condition", "COMPLETE"),),
        at=f"{_EDGE}.condition",
        says="app waits for COMPLETE of agent, which is essential",
    ),
    Case(
        "VAL-10",
        ((TaskDefinition, f"{_AGENT}.healthCheck", REMOVED),),
        at=f"{_EDGE}.condition",
        says="app waits for agent to be HEALTHY, which has no healthCheck: A dependency container with",
    ),
]
