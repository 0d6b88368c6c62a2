from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_CONDITION = f"{_APP}.dependsOn[0].condition"
_ROUTER = (
    (TaskDefinition, f"{_AGENT}.firelensConfiguration", {"type": "fluentbit"}),
    (TaskDefinition, f"{_APP}.logConfiguration", {"logDriver": "awsfirelens"}),
)


def _tmpfs(path: str) -> list[dict[str, object]]:
    return [{"containerPath": path, "size": 64}]


CASES = [
    Case(
        "SDC-03",
        ((TaskDefinition, _CONDITION, "START"),),
        at=_CONDITION,
        says="app waits for START of agent: its process has begun then, but does not listen on 9000 yet",
        severity="MEDIUM",
    ),
    Case(
        "SDC-03",
        ((TaskDefinition, _CONDITION, "START"),),
        given=(
            (TaskDefinition, f"{_AGENT}.healthCheck", REMOVED),
            (TaskDefinition, _CONDITION, "HEALTHY"),
        ),
        at=_CONDITION,
        says="only HEALTHY waits for that",
        severity="LOW",
    ),
    Case(
        "SDC-04",
        ((TaskDefinition, f"{_AGENT}.essential", REMOVED),),
        at=f"{_AGENT}.essential",
        says="essential of agent is not given, which means true: when this agent dies, all 2 containers",
    ),
    Case(
        "SDC-06",
        ((TaskDefinition, f"{_AGENT}.linuxParameters.tmpfs[0].containerPath", "/var/log/app/"),),
        given=(
            (
                TaskDefinition,
                f"{_APP}.linuxParameters.tmpfs",
                [*_tmpfs("/var/log/app"), *_tmpfs("/tmp")],
            ),
            (TaskDefinition, f"{_AGENT}.linuxParameters.tmpfs", _tmpfs("/tmp")),
        ),
        at=f"{_AGENT}.linuxParameters.tmpfs[0].containerPath",
        says="app and agent both have a tmpfs at /var/log/app: each has its own",
    ),
    Case(
        "SDC-08",
        ((TaskDefinition, f"{_AGENT}.memory", REMOVED),),
        given=_ROUTER,
        at=f"{_AGENT}.memoryReservation",
        says="agent reserves no memory: when the others take it all, the logs go first",
    ),
    Case(
        "SDC-08",
        ((TaskDefinition, f"{_APP}.dependsOn", []),),
        given=_ROUTER,
        at=f"{_APP}.dependsOn",
        says="app logs through agent, which has a healthCheck, and does not wait for it",
    ),
    Case(
        "SDC-09",
        ((TaskDefinition, f"{_APP}.dependsOn", []),),
        given=(
            (TaskDefinition, f"{_AGENT}.name", "db-migrate"),
            (TaskDefinition, f"{_AGENT}.portMappings", []),
            (TaskDefinition, f"{_APP}.dependsOn[0].containerName", "db-migrate"),
            (TaskDefinition, _CONDITION, "SUCCESS"),
        ),
        at=f"{_AGENT}.name",
        says="nobody waits for db-migrate, which by its name prepares something",
    ),
]
