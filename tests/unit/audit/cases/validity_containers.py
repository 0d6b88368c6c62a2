from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_ON_EC2 = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "memory", REMOVED),
    (TaskDefinition, "cpu", REMOVED),
)


def _sidecar(number: int) -> dict[str, object]:
    return {"name": f"side-{number}", "image": "sidecar:1", "essential": False}


def _sidecars(count: int) -> tuple[tuple[type[TaskDefinition], str, object], ...]:
    return tuple(
        (TaskDefinition, f"containerDefinitions[{number}]", _sidecar(number))
        for number in range(2, 2 + count)
    )


CASES = [
    Case(
        "VAL-07",
        ((TaskDefinition, f"{_APP}.essential", False),),
        given=((TaskDefinition, f"{_APP}.essential", REMOVED),),
        at=f"{_APP}.essential",
        says="none of 2 containers is essential: Task definition doesn't have any essential container",
    ),
    Case(
        "VAL-07",
        ((TaskDefinition, "containerDefinitions", []),),
        at="containerDefinitions",
        says="there is no container: Container list cannot be empty",
        also=("VAL-16",),
    ),
    Case(
        "VAL-07",
        ((TaskDefinition, "containerDefinitions[10]", _sidecar(10)),),
        given=_sidecars(8),
        at="containerDefinitions",
        says="11 containers > 10: Too many containers",
    ),
    Case(
        "VAL-07",
        ((TaskDefinition, "containerDefinitions[2].name", "agent"),),
        given=_sidecars(1),
        at="containerDefinitions[2].name",
        says="name agent is given twice: Container names must be unique within a task definition",
    ),
    Case(
        "VAL-07",
        ((TaskDefinition, f"{_AGENT}.portMappings[0].name", "http"),),
        given=((TaskDefinition, f"{_APP}.portMappings[0].name", "http"),),
        at=f"{_AGENT}.portMappings[0].name",
        says="agent: port mapping name http is already used",
    ),
    Case(
        "VAL-07",
        ((TaskDefinition, f"{_APP}.image", ""),),
        at=f"{_APP}.image",
        says="app has no image: Container.image should not be null or empty",
    ),
    Case(
        "VAL-17",
        ((TaskDefinition, f"{_APP}.memory", REMOVED),),
        given=_ON_EC2,
        at=f"{_APP}.memory",
        says="app has no memory and neither has the task: At least one of 'memory' or",
    ),
    Case(
        "VAL-17",
        ((TaskDefinition, f"{_APP}.memoryReservation", 513),),
        given=(
            (TaskDefinition, f"{_APP}.memory", 512),
            (TaskDefinition, f"{_APP}.memoryReservation", 512),
        ),
        at=f"{_APP}.memoryReservation",
        says="app: memory 512 < memoryReservation 513: 'memory' must be greater than or equal to",
    ),
    Case(
        "VAL-17",
        ((TaskDefinition, f"{_AGENT}.cpu", 129),),
        at="cpu",
        says="896 + 129 = 1025 CPU units of the containers > 1024 of the task",
    ),
    Case(
        "VAL-17",
        ((TaskDefinition, f"{_AGENT}.memory", 257),),
        at="memory",
        says="1792 + 257 = 2049 MiB that the containers reserve > 2048 MiB of the task",
    ),
    Case(
        "VAL-17",
        ((TaskDefinition, f"{_APP}.memory", 2049),),
        given=(
            (TaskDefinition, f"{_APP}.memory", 2048),
            (TaskDefinition, f"{_APP}.memoryReservation", 512),
        ),
        at=f"{_APP}.memory",
        says="memory 2049 of app > 2048 MiB of the task: The 'memory' setting for container 'app' is",
    ),
]
