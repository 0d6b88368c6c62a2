from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"

CASES = [
    Case(
        "VAL-20",
        ((TaskDefinition, f"{_APP}.environments", []),),
        at=f"{_APP}.environments",
        says="environments is no field of the API; environment is probably meant",
        severity="ERROR",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, f"{_APP}.comment", "our web server"),),
        at=f"{_APP}.comment",
        says="comment is no field of the API (botocore ",
        severity="MEDIUM",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, f"{_APP}.portMappings[0].containerPort", "8080"),),
        at=f"{_APP}.portMappings[0].containerPort",
        says="Invalid type for parameter containerDefinitions[0].portMappings[0].containerPort: it is a "
        "text, not a whole number",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, f"{_APP}.logConfiguration.options.awslogs-create-group", True),),
        given=((TaskDefinition, f"{_APP}.logConfiguration.options.awslogs-create-group", "true"),),
        at=f"{_APP}.logConfiguration.options.awslogs-create-group",
        says="it is a flag, not a text",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, "cpu", 1024),),
        at="cpu",
        says="Invalid type for parameter cpu: it is a number, not a text",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, f"{_APP}.cpu", True),),
        at=f"{_APP}.cpu",
        says="it is a flag, not a whole number",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, "tags", {"team": "shop"}),),
        at="tags",
        says="it is an object, not a list",
    ),
    Case(
        "VAL-20",
        ((TaskDefinition, "family", REMOVED),),
        at="family",
        says='Missing required parameter: "family"',
    ),
    Case(
        "VAL-33",
        ((TaskDefinition, "requiresCompatibilities", ["fargate"]),),
        at="requiresCompatibilities[0]",
        says="requiresCompatibilities[0] is 'fargate': Member must satisfy enum value set: [EC2, EXTERNAL, "
        "FARGATE, MANAGED_INSTANCES]; FARGATE is probably meant",
        severity="ERROR",
    ),
    Case(
        "VAL-33",
        ((TaskDefinition, f"{_APP}.portMappings[0].protocol", "http"),),
        at=f"{_APP}.portMappings[0].protocol",
        says="protocol is 'http': Member must satisfy enum value set: [tcp, udp]",
        severity="ERROR",
    ),
    Case(
        "VAL-33",
        ((TaskDefinition, "runtimePlatform.operatingSystemFamily", "BEOS"),),
        at="runtimePlatform.operatingSystemFamily",
        says="operatingSystemFamily is 'BEOS': Member must satisfy enum value set: [LINUX, ",
        severity="MEDIUM",
    ),
    Case(
        "VAL-34",
        ((Service, "propagateTags", "task-definition"),),
        at="propagateTags",
        says="TASK_DEFINITION is probably meant",
        severity="ERROR",
    ),
    Case(
        "VAL-34",
        ((Service, "capacityProviderStrategy[0].weight", 1001),),
        at="capacityProviderStrategy[0].weight",
        says="capacityProviderStrategy[0].weight is 1001: it must be from 0 to 1000",
    ),
    Case(
        "VAL-27",
        ((Service, "loadBalancer", []),),
        at="loadBalancer",
        says="loadBalancer is no field of the API; loadBalancers is probably meant",
    ),
]
