from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_VALUE = "containerDefinitions[0].environment[0].value"
_BRIDGE = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "networkMode", "bridge"),
)

CASES = [
    Case(
        "NET-05",
        ((TaskDefinition, _VALUE, "http://agent:9000/"),),
        given=((TaskDefinition, _VALUE, "http://localhost:9000/"),),
        at=_VALUE,
        says="PORT names the neighbour agent, but containers of one task have no names",
    ),
    Case(
        "NET-05",
        ((TaskDefinition, _VALUE, "http://localhost:9000/"),),
        given=(*_BRIDGE, (TaskDefinition, _VALUE, "http://localhost:8080/")),
        at=_VALUE,
        says="PORT looks for agent at localhost:9000",
        also=("NET-01",),
    ),
    Case(
        "NET-05",
        ((TaskDefinition, "containerDefinitions[0].links", REMOVED),),
        given=(
            *_BRIDGE,
            (TaskDefinition, "containerDefinitions[0].links", ["agent"]),
            (TaskDefinition, _VALUE, "http://agent:9000/"),
        ),
        at=_VALUE,
        says="PORT names the neighbour agent, but in networkMode bridge only links",
        also=("NET-01",),
    ),
    Case(
        "NET-07",
        ((TaskDefinition, "containerDefinitions[0].portMappings[0].hostPort", 80),),
        given=_BRIDGE,
        at="containerDefinitions[0].portMappings[0].hostPort",
        says="hostPort 80 is fixed: no instance can run two tasks",
        also=("NET-01",),
    ),
]
