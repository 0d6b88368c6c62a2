from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP, _AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
_NO_ROLE = ((TaskDefinition, "executionRoleArn", REMOVED),)
# Nothing in these containers needs the role.
_BARE = (
    (TaskDefinition, f"{_APP}.image", "nginx:1.27"),
    (TaskDefinition, f"{_AGENT}.image", "fluent-bit:3"),
    (TaskDefinition, f"{_APP}.secrets", REMOVED),
    (TaskDefinition, f"{_APP}.logConfiguration", REMOVED),
    (TaskDefinition, f"{_AGENT}.logConfiguration", REMOVED),
)
_SECRET = [{"name": "KEY", "valueFrom": "/web/key"}]


def _case(path: str, value: object, says: str) -> Case:
    return Case(
        "VAL-05",
        _NO_ROLE,
        given=(*_BARE, (TaskDefinition, path, value)),
        at="executionRoleArn",
        says=says,
    )


CASES = [
    _case(f"{_APP}.secrets", _SECRET, "app needs it: When you are specifying container secrets"),
    _case(
        f"{_AGENT}.logConfiguration",
        {"logDriver": "splunk", "options": {}, "secretOptions": _SECRET},
        "agent needs it: When you are specifying container secrets",
    ),
    _case(
        f"{_AGENT}.logConfiguration",
        {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/ecs/web",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "web",
            },
        },
        "Fargate requires task definition to have execution role ARN to support log driver awslogs",
    ),
    _case(
        f"{_APP}.image",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1",
        "Fargate requires task definition to have execution role ARN to support ECR images",
    ),
    _case(
        f"{_APP}.repositoryCredentials",
        {"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hub"},
        "the credentials of a private registry are read with it",
    ),
    _case(
        f"{_APP}.environmentFiles",
        [{"type": "s3", "value": "arn:aws:s3:::web/production.env"}],
        "environment files are read from Amazon S3 with it",
    ),
]
