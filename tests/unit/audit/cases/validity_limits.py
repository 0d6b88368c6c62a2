from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_BRIDGE = (
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (TaskDefinition, "networkMode", "bridge"),
)
_NEW = ((Service, "status", REMOVED),)
_INSTANCES = (
    *_NEW,
    (TaskDefinition, "requiresCompatibilities", ["EC2"]),
    (Service, "capacityProviderStrategy", REMOVED),
    (Service, "launchType", "EC2"),
    (Service, "platformVersion", REMOVED),
)
_FILE = (
    (
        TaskDefinition,
        f"{_APP}.environmentFiles",
        [{"type": "s3", "value": "arn:aws:s3:::shop/web.env"}],
    ),
)
_NETWORK = "networkConfiguration.awsvpcConfiguration"

CASES = [
    Case(
        "VAL-02",
        ((TaskDefinition, "cpu", "1 core"),),
        at="cpu",
        says="cpu of the task is '1 core': Invalid 'cpu' setting for task",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, "volumes[1]", {"name": "scratch"}),),
        at="volumes[1].name",
        says="there are two volumes scratch",
    ),
    Case(
        "VAL-13",
        ((TaskDefinition, f"{_APP}.mountPoints[0].containerPath", REMOVED),),
        at=f"{_APP}.mountPoints[0].containerPath",
        says="app mounts scratch nowhere: containerPath is not given",
    ),
    Case(
        "VAL-28",
        ((TaskDefinition, f"{_APP}.portMappings[0].name", "Web"),),
        given=((TaskDefinition, f"{_APP}.portMappings[0].name", "web_1-a"),),
        at=f"{_APP}.portMappings[0].name",
        says="name is 'Web': up to 64 lowercase letters",
    ),
    Case(
        "VAL-35",
        ((TaskDefinition, f"{_APP}.links[0]", "agnet:helper"),),
        given=(*_BRIDGE, (TaskDefinition, f"{_APP}.links", ["agent:helper"])),
        at=f"{_APP}.links[0]",
        says="names agnet, which is no container of the task",
        also=("VAL-16",),
    ),
    Case(
        "VAL-35",
        ((TaskDefinition, f"{_APP}.links[0]", "app"),),
        given=(*_BRIDGE, (TaskDefinition, f"{_APP}.links", ["agent"])),
        at=f"{_APP}.links[0]",
        says="app links to itself",
        also=("VAL-16",),
    ),
    Case(
        "VAL-35",
        ((TaskDefinition, "proxyConfiguration.containerName", "envoy"),),
        given=(
            (TaskDefinition, "proxyConfiguration", {"type": "APPMESH", "containerName": "agent"}),
        ),
        at="proxyConfiguration.containerName",
        says="proxyConfiguration.containerName names envoy, which is no container of the task",
    ),
    Case(
        "VAL-36",
        ((TaskDefinition, f"{_APP}.ulimits[0].softLimit", 1025),),
        given=(
            (
                TaskDefinition,
                f"{_APP}.ulimits",
                [{"name": "nproc", "softLimit": 1024, "hardLimit": 1024}],
            ),
        ),
        at=f"{_APP}.ulimits[0].softLimit",
        says="app: the soft limit of nproc is 1025, its hard limit 1024",
    ),
    Case(
        "VAL-36",
        ((TaskDefinition, f"{_APP}.memoryReservation", 5),),
        given=((TaskDefinition, f"{_APP}.memoryReservation", 6),),
        at=f"{_APP}.memoryReservation",
        says="app: memoryReservation is 5 MiB, 6 are the least",
    ),
    Case(
        "VAL-36",
        ((TaskDefinition, f"{_APP}.linuxParameters.swappiness", 101),),
        given=(
            (TaskDefinition, "requiresCompatibilities", ["EC2"]),
            (TaskDefinition, f"{_APP}.linuxParameters.swappiness", 100),
        ),
        at=f"{_APP}.linuxParameters.swappiness",
        says="app: swappiness is 101; 0 to 100 are possible",
    ),
    Case(
        "VAL-37",
        ((TaskDefinition, f"{_APP}.environmentFiles[0].value", "arn:aws:s3:::shop/web.txt"),),
        given=_FILE,
        at=f"{_APP}.environmentFiles[0].value",
        says="app: arn:aws:s3:::shop/web.txt is given, the file must end in .env",
    ),
    Case(
        "VAL-37",
        ((TaskDefinition, f"{_APP}.environmentFiles[0].value", "s3://shop/web.env"),),
        given=_FILE,
        at=f"{_APP}.environmentFiles[0].value",
        says="app: s3://shop/web.env is no ARN of an S3 object",
    ),
    Case(
        "VAL-38",
        ((TaskDefinition, "runtimePlatform.cpuArchitecture", "ARM64"),),
        given=(
            (TaskDefinition, "runtimePlatform.operatingSystemFamily", "WINDOWS_SERVER_2022_CORE"),
            (TaskDefinition, "runtimePlatform.cpuArchitecture", "X86_64"),
        ),
        at="runtimePlatform.cpuArchitecture",
        says="Windows containers on ARM64: there are none",
    ),
    Case(
        "VAL-39",
        ((Service, "serviceName", "my web"),),
        given=_NEW,
        at="serviceName",
        says="serviceName is 'my web': up to 255 letters",
    ),
    Case(
        "VAL-39",
        ((Service, "desiredCount", -1),),
        given=_NEW,
        at="desiredCount",
        says="desiredCount is -1: desiredCount cannot be less than 0",
    ),
    Case(
        "VAL-39",
        ((Service, "deploymentConfiguration.bakeTimeInMinutes", 1441),),
        given=(*_NEW, (Service, "deploymentConfiguration.bakeTimeInMinutes", 1440)),
        at="deploymentConfiguration.bakeTimeInMinutes",
        says="bakeTimeInMinutes is 1441: it must be from 0 to 1440",
    ),
    Case(
        "VAL-39",
        ((Service, f"{_NETWORK}.securityGroups", ["sg-tasks"] * 6),),
        given=(*_NEW, (Service, f"{_NETWORK}.securityGroups", ["sg-tasks"] * 5)),
        at=f"{_NETWORK}.securityGroups",
        says="6 securityGroups, 5 are the most",
    ),
    Case(
        "VAL-39",
        ((Service, "placementStrategy[0].field", "attribute:ecs.availability-zone"),),
        given=(*_INSTANCES, (Service, "placementStrategy", [{"type": "binpack", "field": "cpu"}])),
        at="placementStrategy[0].field",
        says="binpack by attribute:ecs.availability-zone: cpu and memory are possible",
    ),
    Case(
        "VAL-39",
        ((Service, "placementConstraints[0].expression", REMOVED),),
        given=(
            *_INSTANCES,
            (
                Service,
                "placementConstraints",
                [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
            ),
        ),
        at="placementConstraints[0].expression",
        says="memberOf needs an expression",
    ),
    Case(
        "VAL-40",
        ((TaskDefinition, "taskRoleArn", REMOVED),),
        given=(*_NEW, (Service, "enableExecuteCommand", True)),
        at="enableExecuteCommand",
        says="web:7 has no task role: The service couldn't be created",
    ),
    Case(
        "VAL-40",
        ((Service, "role", "ecsServiceRole"),),
        given=(*_NEW, (Service, "enableExecuteCommand", True)),
        at="role",
        says="role is given and the tasks use awsvpc",
    ),
    Case(
        "VAL-41",
        ((Service, f"{_NETWORK}.assignPublicIp", "ENABLED"),),
        given=_INSTANCES,
        at=f"{_NETWORK}.assignPublicIp",
        says="assignPublicIp is ENABLED with launchType EC2",
    ),
]
