"""VAL: who pulls images, writes logs and reads secrets before the task starts?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.model import images
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule


@rule(
    "VAL-05",
    "There is an execution role for whatever ECS does before the task starts",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
    remedy='set "executionRoleArn" to a role with AmazonECSTaskExecutionRolePolicy and with what the '
    "secrets need",
    anchors=(),
)
def execution_role(task: TaskDefinition) -> Verdicts:
    node, containers = task["executionRoleArn"], task.containers
    if not node.missing:
        yield passed(node)
        return
    for container in containers:
        for answer in _needs(container):
            yield failed(
                node, f"executionRoleArn is not given, {container.label} needs it: {answer}"
            )


def _needs(container: Container) -> Iterator[str]:
    if container["secrets"].items() or container["logConfiguration"]["secretOptions"].items():
        yield (
            "When you are specifying container secrets, you must also specify a value for "
            "'executionRoleArn'"
        )
    if container["repositoryCredentials"]["credentialsParameter"].given:
        yield "the credentials of a private registry are read with it"
    if container["environmentFiles"].items():
        yield "environment files are read from Amazon S3 with it"
    if container.task_definition.fargate:
        require = "Fargate requires task definition to have execution role ARN to support"
        if container.log_driver == "awslogs":
            yield f"{require} log driver awslogs"
        if images.is_private_ecr(container.image):
            yield f"{require} ECR images"
