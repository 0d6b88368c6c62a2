from audit.model.load_balancing import TargetGroup
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_TRACKING = "TargetTrackingScalingPolicyConfiguration"

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
    Case(
        "VAL-33",
        ((TaskDefinition, f"{_APP}.resourceRequirements[0].sharingStrategy.nvidiaMps.memory", 0),),
        given=(
            (TaskDefinition, "requiresCompatibilities", ["EC2"]),
            (
                TaskDefinition,
                f"{_APP}.resourceRequirements",
                [{"type": "GPU", "value": "1", "sharingStrategy": {"nvidiaMps": {"memory": 1}}}],
            ),
        ),
        at=f"{_APP}.resourceRequirements[0].sharingStrategy.nvidiaMps.memory",
        says="memory is 0: it must be at least 1",
    ),
    Case(
        "VAL-34",
        ((Service, "tags[0].key", ""),),
        at="tags[0].key",
        says="tags[0].key has 0 characters: it must have 1 to 128",
    ),
    Case(
        "VAL-34",
        ((Service, "serviceConnectConfiguration.services[0].clientAliases[0].port", 65536),),
        given=(
            (
                Service,
                "serviceConnectConfiguration",
                {
                    "enabled": True,
                    "services": [{"portName": "web", "clientAliases": [{"port": 65535}]}],
                },
            ),
            (TaskDefinition, f"{_APP}.portMappings[0].name", "web"),
        ),
        at="serviceConnectConfiguration.services[0].clientAliases[0].port",
        says="port is 65536: it must be from 0 to 65535",
    ),
    Case(
        "VAL-42",
        ((ScalingPolicy, f"{_TRACKING}.TargetValues", 50),),
        at=f"{_TRACKING}.TargetValues",
        says="TargetValues is no field of the API; TargetValue is probably meant",
    ),
    Case(
        "VAL-42",
        ((ScalingPolicy, "PolicyName", REMOVED),),
        at="PolicyName",
        says='Missing required parameter: "PolicyName"',
    ),
    Case(
        "VAL-42",
        ((ScalingPolicy, f"{_TRACKING}.TargetValue", "60"),),
        at=f"{_TRACKING}.TargetValue",
        says="it is a text, not a number",
    ),
    Case(
        "VAL-43",
        (
            (
                ScalingPolicy,
                f"{_TRACKING}.PredefinedMetricSpecification.PredefinedMetricType",
                "ECSServiceAverageCpuUtilization",
            ),
        ),
        at=f"{_TRACKING}.PredefinedMetricSpecification.PredefinedMetricType",
        says="ECSServiceAverageCPUUtilization is probably meant",
        severity="ERROR",
    ),
    Case(
        "VAL-43",
        ((ScalingPolicy, "PolicyName", "p" * 257),),
        at="PolicyName",
        says="PolicyName has 257 characters: it must have 1 to 256",
    ),
    Case(
        "VAL-44",
        ((ScalableTarget, "MinimumCapacity", 3),),
        at="MinimumCapacity",
        says="MinimumCapacity is no field of the API; MinCapacity is probably meant",
    ),
    Case(
        "VAL-45",
        ((ScalableTarget, "ScalableDimension", "ecs:service:desiredCount"),),
        at="ScalableDimension",
        says="ecs:service:DesiredCount is probably meant",
        severity="ERROR",
    ),
    Case(
        "VAL-46",
        ((TargetGroup, "HealthCheckIntervalSecond", 10),),
        at="HealthCheckIntervalSecond",
        says="HealthCheckIntervalSecond is no field of the API; HealthCheckIntervalSeconds is probably meant",
    ),
    Case(
        "VAL-47",
        ((TargetGroup, "HealthCheckIntervalSeconds", 4),),
        at="HealthCheckIntervalSeconds",
        says="HealthCheckIntervalSeconds is 4: it must be from 5 to 300",
    ),
    Case(
        "VAL-47",
        ((TargetGroup, "UnhealthyThresholdCount", 1),),
        at="UnhealthyThresholdCount",
        says="UnhealthyThresholdCount is 1: it must be from 2 to 10",
    ),
]
