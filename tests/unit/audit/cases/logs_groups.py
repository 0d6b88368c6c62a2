from audit.model.service import Service
from audit.model.surroundings import LogGroup, Role
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case
from tests.unit.audit.clean import ECS

_OPTIONS = "containerDefinitions[0].logConfiguration.options"
_CREATE = f"{_OPTIONS}.awslogs-create-group"
_STATEMENT = "#1.Policies[0].Statement[0]"
_MAY_CREATE = ((Role, f"{_STATEMENT}.Action", ["logs:Create*", "logs:PutLogEvents"]),)
_OTHER = {
    "family": "api",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "web-execution",
    "containerDefinitions": [
        {
            "name": "api",
            "image": "api:1",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/api",
                    "awslogs-region": "eu-west-1",
                    "awslogs-stream-prefix": "api",
                },
            },
        }
    ],
}
_API = {
    "serviceName": "api",
    "serviceArn": f"{ECS}:service/prod/api",
    "clusterArn": f"{ECS}:cluster/prod",
    "status": "ACTIVE",
    "taskDefinition": "api",
    "launchType": "FARGATE",
}

CASES = [
    Case(
        "LOG-03",
        (
            (LogGroup, "retentionInDays", REMOVED),
            (TaskDefinition, "containerDefinitions[1].logConfiguration", {"logDriver": "splunk"}),
        ),
        at="retentionInDays",
        says="log group /ecs/web of app has no retentionInDays: it keeps everything for ever",
        severity="MEDIUM",
    ),
    Case(
        "LOG-03",
        ((TaskDefinition, f"{_OPTIONS}.awslogs-group", "/ecs/none"),),
        at=f"{_OPTIONS}.awslogs-group",
        says="log group /ecs/none of app does not exist and awslogs-create-group is not set: no task",
        severity="ERROR",
    ),
    Case(
        "LOG-03",
        ((TaskDefinition, f"{_OPTIONS}.awslogs-group", "/ecs/none"),),
        given=(*_MAY_CREATE, (TaskDefinition, _CREATE, "true")),
        at=_CREATE,
        says="log group /ecs/none of app does not exist: awslogs-create-group makes it",
        severity="MEDIUM",
    ),
    Case(
        "LOG-04",
        ((Role, f"{_STATEMENT}.Action", ["logs:CreateLogStream", "logs:PutLogEvents"]),),
        given=(*_MAY_CREATE, (TaskDefinition, _CREATE, "true")),
        at=_CREATE,
        says="app creates its log group with role web-execution, which may not logs:CreateLogGroup",
        severity="ERROR",
    ),
    Case(
        "LOG-05",
        (
            (TaskDefinition, f"{_OPTIONS}.awslogs-region", "us-east-1"),
            (TaskDefinition, "containerDefinitions[1].logConfiguration", {"logDriver": "splunk"}),
        ),
        at=f"{_OPTIONS}.awslogs-region",
        says="app logs to us-east-1, but web runs in eu-west-1",
    ),
    Case(
        "LOG-05",
        ((TaskDefinition, f"#1.{_OPTIONS}.awslogs-group", "/ecs/web"),),
        given=(
            (TaskDefinition, "#1", _OTHER),
            (Service, "#1", _API),
            (LogGroup, "#1", {"logGroupName": "/ecs/api", "retentionInDays": 7}),
        ),
        at=f"{_OPTIONS}.awslogs-group",
        says="api and web share log group /ecs/web: neither has a retention or an access of its own",
    ),
]
