from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_PORT, _OTHER_PORT = f"{_APP}.portMappings[0]", f"{_AGENT}.portMappings[0]"
_BRIDGE = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "networkMode", "bridge"),
)
_TWINS = (
    (TaskDefinition, f"{_AGENT}.image", "nginx:1.27"),
    (TaskDefinition, f"{_APP}.image", "nginx:1.27"),
    (TaskDefinition, f"{_APP}.secrets", REMOVED),
    (TaskDefinition, f"{_APP}.mountPoints", REMOVED),
)

CASES = [
    Case(
        "SDC-01",
        ((TaskDefinition, f"{_OTHER_PORT}.containerPort", 8080),),
        at=_OTHER_PORT,
        says="app and agent both claim port 8080: TCP host port '8080' is mapped multiple times in task",
    ),
    Case(
        "SDC-01",
        ((TaskDefinition, f"{_OTHER_PORT}.protocol", "tcp"),),
        given=(
            (TaskDefinition, f"{_OTHER_PORT}.containerPort", REMOVED),
            (TaskDefinition, f"{_OTHER_PORT}.containerPortRange", "8000-8090"),
            (TaskDefinition, f"{_OTHER_PORT}.protocol", "udp"),
        ),
        at=_OTHER_PORT,
        says="app and agent both claim port 8080: TCP host port",
    ),
    Case(
        "SDC-01",
        ((TaskDefinition, f"{_OTHER_PORT}.hostPort", 80),),
        given=(
            *_BRIDGE,
            (TaskDefinition, f"{_PORT}.hostPort", 80),
            (TaskDefinition, f"{_OTHER_PORT}.hostPort", 0),
        ),
        at=_OTHER_PORT,
        says="app and agent both claim port 80",
    ),
    Case(
        "SDC-02",
        ((TaskDefinition, f"{_APP}.environment", []),),
        given=_TWINS,
        at=f"{_AGENT}.image",
        says="app and agent run nginx:1.27 with the same command and environment",
    ),
    Case(
        "SDC-05",
        ((TaskDefinition, f"{_APP}.essential", False),),
        given=((TaskDefinition, f"{_AGENT}.essential", True),),
        at=f"{_APP}.essential",
        says="app gets the requests of web and is not essential",
    ),
    Case(
        "SDC-07",
        ((TaskDefinition, f"{_APP}.image", "web:1"),),
        given=(
            (TaskDefinition, f"{_APP}.image", "envoyproxy/envoy:v1.31"),
            (TaskDefinition, f"{_AGENT}.image", "public.ecr.aws/nginx/nginx:1.27"),
        ),
        at="loadBalancers",
        says="the load balancer talks to app itself, past the proxy agent",
    ),
]
