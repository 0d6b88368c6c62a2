from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_PORT = "containerDefinitions[0].portMappings[0]"
_RANGE = f"{_PORT}.containerPortRange"
_ON_EC2 = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "containerDefinitions[0].dependsOn", REMOVED),
    (TaskDefinition, "containerDefinitions[1]", REMOVED),
)
_BRIDGE = (*_ON_EC2, (TaskDefinition, "networkMode", "bridge"))
_RANGED = ((TaskDefinition, f"{_PORT}.containerPort", REMOVED), (TaskDefinition, _RANGE, "80-90"))

CASES = [
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_PORT}.hostPort", 80),),
        given=((TaskDefinition, f"{_PORT}.hostPort", 8080),),
        at=f"{_PORT}.hostPort",
        says="app maps hostPort 80 to containerPort 8080: When networkMode=awsvpc, the host ports and",
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_PORT}.hostPort", 0),),
        at=f"{_PORT}.hostPort",
        says="app maps hostPort 0 to containerPort 8080",
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, "networkMode", "host"),),
        given=(*_BRIDGE, (TaskDefinition, f"{_PORT}.hostPort", 80)),
        at=f"{_PORT}.hostPort",
        says="When networkMode=host, the host ports",
        also=("VAL-16",),
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, "networkMode", "none"),),
        given=_BRIDGE,
        at=_PORT,
        says="app maps a port, which network mode none does not allow",
        also=("VAL-16",),
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_PORT}.containerPort", 65536),),
        at=f"{_PORT}.containerPort",
        says="app has containerPort 65536, 1 to 65535 are possible: Invalid 'containerPort' setting",
        also=("VAL-16",),
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_PORT}.hostPort", 65536),),
        given=(*_BRIDGE, (TaskDefinition, f"{_PORT}.hostPort", 65535)),
        at=f"{_PORT}.hostPort",
        says="app has hostPort 65536, 0 to 65535 are possible",
        also=("VAL-16",),
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_PORT}.containerPort", REMOVED),),
        at=f"{_PORT}.containerPort",
        says="app has no containerPort",
        also=("VAL-16",),
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_PORT}.containerPort", 8080),),
        given=(
            (TaskDefinition, f"{_PORT}.containerPort", REMOVED),
            (TaskDefinition, _RANGE, "8080-8090"),
        ),
        at=f"{_PORT}.containerPort",
        says="app gives containerPort beside containerPortRange 8080-8090: cannot specify both",
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, _RANGE, "90-80"),),
        given=(*_RANGED[:1], (TaskDefinition, _RANGE, "80-8090")),
        at=_RANGE,
        says="app has containerPortRange 90-80: the first port must be less than the last",
        also=("VAL-16",),
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, "networkMode", "host"),),
        given=(*_BRIDGE, *_RANGED),
        at=_RANGE,
        says="ranges need awsvpc or bridge",
        also=("VAL-16",),
    ),
]
