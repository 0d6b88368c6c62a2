from audit.model.load_balancing import TargetGroup
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_ENTRY = "loadBalancers[0]"
_BRIDGE = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "networkMode", "bridge"),
)
_CONNECT = "serviceConnectConfiguration.services[0]"
_PORT_NAME = (
    (TaskDefinition, "containerDefinitions[0].portMappings[0].name", "http"),
    (Service, "serviceConnectConfiguration", {"enabled": True, "services": [{"portName": "http"}]}),
)
_EBS = (
    (TaskDefinition, "volumes[0].configuredAtLaunch", True),
    (Service, "volumeConfigurations", [{"name": "scratch"}]),
)

CASES = [
    Case(
        "VAL-16",
        ((Service, f"{_ENTRY}.containerName", "web"),),
        at=f"{_ENTRY}.containerName",
        says="points at container web: The container web does not exist in the task definition",
    ),
    Case(
        "VAL-16",
        ((Service, f"{_ENTRY}.containerPort", 80),),
        at=f"{_ENTRY}.containerPort",
        says="port 80 of app, which maps 8080: The container app did not have a container port 80 defined",
    ),
    Case(
        "VAL-16",
        ((TargetGroup, "TargetType", REMOVED),),
        at="TargetType",
        says="The provided target group web has target type instance, which is incompatible with the "
        "awsvpc network mode specified in the task definition",
    ),
    Case(
        "VAL-16",
        ((TargetGroup, "TargetType", "ip"),),
        given=(*_BRIDGE, (TargetGroup, "TargetType", "instance")),
        at="TargetType",
        says="has target type ip, which is incompatible with the bridge network mode",
    ),
    Case(
        "VAL-16",
        (
            (Service, f"{_ENTRY}.targetGroupArn", REMOVED),
            (Service, f"{_ENTRY}.loadBalancerName", "web"),
        ),
        at=f"{_ENTRY}.loadBalancerName",
        says="a Classic Load Balancer (web) with network mode awsvpc",
    ),
    Case(
        "VAL-26",
        ((Service, f"{_CONNECT}.portName", "web"),),
        given=_PORT_NAME,
        at=f"{_CONNECT}.portName",
        says="portName(web) does not refer to any named PortMapping in the container definitions",
    ),
    Case(
        "VAL-26",
        ((Service, "volumeConfigurations[0].name", "data"),),
        given=_EBS,
        at="volumeConfigurations[0].name",
        says="The volume name 'data' in your request does not have a matching volume",
    ),
]
