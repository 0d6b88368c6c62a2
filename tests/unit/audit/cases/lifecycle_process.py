from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_INIT = f"{_APP}.linuxParameters.initProcessEnabled"
_RESTART = "containerDefinitions[1].restartPolicy.enabled"


def _init(severity: str, says: str, *given: tuple[str, object]) -> Case:
    return Case(
        "LIF-03",
        ((TaskDefinition, _INIT, False),),
        given=tuple((TaskDefinition, f"{_APP}.{field}", value) for field, value in given),
        at=_INIT,
        says=says,
        severity=severity,
    )


CASES = [
    _init("LOW", "as process 1 it must handle SIGTERM"),
    _init("INFO", "as process 1 it must handle SIGTERM", ("image", "nginx:1.27")),
    _init(
        "MEDIUM",
        "process 1 of app is /bin/sh -c, which passes no SIGTERM on: the application is killed after 60 s",
        ("entryPoint", ["/bin/sh", "-c"]),
        ("command", ["migrate && serve"]),
    ),
    _init(
        "LOW",
        "process 1 of app, unless its image has an entry point, is sh -c",
        ("command", ["sh", "-c", "exec migrate; serve"]),
    ),
    _init("LOW", "as process 1 it must handle", ("command", ["sh", "-c", "migrate && exec serve"])),
    _init("LOW", "as process 1 it must handle", ("command", ["bash", "serve.sh", "--fast"])),
    _init("LOW", "as process 1 it must handle", ("entryPoint", ["sh", "-c", "serve --fast;"])),
    Case(
        "LIF-04",
        ((TaskDefinition, _RESTART, False),),
        at=_RESTART,
        says="agent is not essential and has no restartPolicy: when it dies, the task goes on without it",
    ),
    Case(
        "LIF-04",
        ((TaskDefinition, "containerDefinitions[1].restartPolicy", REMOVED),),
        at=_RESTART,
        says="agent is not essential and has no restartPolicy",
    ),
]
