from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_ON_EC2 = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "cpu", REMOVED),
)
_NOFILE = f"{_APP}.ulimits"
_PROXY = ((TaskDefinition, f"{_APP}.image", "public.ecr.aws/nginx/nginx:1.27"),)

CASES = [
    Case(
        "RES-01",
        ((TaskDefinition, "memory", REMOVED),),
        given=(
            *_ON_EC2,
            (TaskDefinition, f"{_APP}.memory", REMOVED),
            (TaskDefinition, f"{_APP}.memoryReservation", 512),
        ),
        at=f"{_APP}.memory",
        says="app reserves 512 MiB and may take all of the instance's memory",
    ),
    Case(
        "RES-01",
        ((TaskDefinition, "runtimePlatform.operatingSystemFamily", "WINDOWS_SERVER_2022_CORE"),),
        given=(
            *_ON_EC2,
            (TaskDefinition, f"{_APP}.memory", REMOVED),
            (TaskDefinition, f"{_APP}.memoryReservation", 512),
        ),
        at=f"{_APP}.memory",
        says="neither it nor its task has memory",
    ),
    Case(
        "RES-02",
        ((TaskDefinition, f"{_APP}.cpu", 0),),
        given=_ON_EC2,
        at=f"{_APP}.cpu",
        says="it gets 2 shares of 1024, and starves when others are busy",
    ),
    Case(
        "RES-02",
        ((TaskDefinition, "cpu", REMOVED),),
        given=(*_ON_EC2, (TaskDefinition, "cpu", "1024"), (TaskDefinition, f"{_APP}.cpu", REMOVED)),
        at=f"{_APP}.cpu",
        says="cpu of app is not given",
    ),
    Case(
        "RES-03",
        ((TaskDefinition, f"{_AGENT}.memory", REMOVED),),
        given=((TaskDefinition, f"{_APP}.memory", REMOVED),),
        at=f"{_AGENT}.memory",
        says="2 of 2 containers have no memory limit (app, agent): each may take all of the task's 2048 MiB",
    ),
    Case(
        "RES-04",
        ((TaskDefinition, f"{_NOFILE}[0].softLimit", 1024),),
        given=(
            *_PROXY,
            (TaskDefinition, _NOFILE, [{"name": "nofile", "softLimit": 10000, "hardLimit": 10000}]),
        ),
        at=f"{_NOFILE}[0].softLimit",
        says="app may open 1024 files < 10000: a proxy needs two for each connection",
    ),
]
