"""The task cannot start: its secrets, logs, volumes, network, role, or a place to run are missing.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
"""

from __future__ import annotations

from deploy_guard.catalogue.cause import Cause

_FETCHING = r"(?:pull secrets|fetching secret data|retrieve secrets?\b|secrets? from (?:asm|ssm)|invalid ssm)"
_KEPT_AT = (
    r"(arn:[\w\-]+:(?:secretsmanager|ssm):[\w\-]*:\d*:(?:secret:|parameter/)[\w/+=.@\-]*[\w])"
)
# Cut as short as messages have been seen to be cut.
_NO_ANSWER = r"i/o timeout|context deadli|dial tcp|requesterror|request ?canceled|connection issue"

CAUSES = (
    Cause(
        id="SECRET_NETWORK",
        blame="infra",
        says="Secrets Manager or Parameter Store cannot be reached",
        fix="Check the way out of the subnet: NAT gateway, or the VPC endpoints secretsmanager and ssm.",
        task=(rf"{_FETCHING}.*(?:{_NO_ANSWER})",),
        subject=_KEPT_AT,
    ),
    Cause(
        id="SECRET_MISSING",
        blame="config",
        says="a secret does not exist",
        fix=(
            "Compare valueFrom in the task definition with what exists: the Region, the six characters "
            "at the end of the ARN, the JSON key; it may have been deleted."
        ),
        deterministic=True,
        task=(
            rf"{_FETCHING}.*(?:resourcenotfound|can't find the specified secret|awscurrent)",
            rf"{_FETCHING}.*(?:parameternotfound|invalid parameters)",
            r"invalid ssm parameters|did not contain json key",
        ),
        subject=_KEPT_AT,
    ),
    Cause(
        id="SECRET_DENIED",
        blame="config",
        says="a secret may not be read",
        fix=(
            "Let the execution role read it: secretsmanager:GetSecretValue or ssm:GetParameters, and "
            "kms:Decrypt for a key of your own."
        ),
        deterministic=True,
        task=(rf"{_FETCHING}.*(?:access ?denied|not authorized)",),
        subject=_KEPT_AT,
    ),
    Cause(
        id="LOG_NETWORK",
        blame="infra",
        says="CloudWatch Logs cannot be reached",
        fix="Check the way out of the subnet: NAT gateway, or the VPC endpoint logs.",
        task=(
            rf"logging driver.*(?:lookup logs\.|{_NO_ANSWER})",
            rf"(?:validate logger args|amazon cloudwatch log group).*(?:{_NO_ANSWER}|signal: killed)",
        ),
    ),
    Cause(
        id="LOG_GROUP",
        blame="config",
        says="the log group cannot be written",
        fix="Create the log group, or let the execution role: logs:CreateLogGroup, CreateLogStream.",
        deterministic=True,
        task=(
            r"failed to initialize logging driver|failed to validate logger args",
            r"cannot find the amazon cloudwatch log group|log group does not exist",
        ),
        subject=r"log group:?\s+['\"]?([\w/.#\-]+[\w])",
    ),
    Cause(
        id="EFS_NETWORK",
        blame="config",
        says="the EFS file system cannot be reached",
        fix="Check that the file system has a mount target in the task's zone, its security group and DNS.",
        task=(r"efs utils.*(?:failed to resolve|timed out|timeout|connection)",),
        subject=r"\b(fs-\w+)",
    ),
    Cause(
        id="EFS",
        blame="config",
        says="the EFS volume cannot be mounted",
        fix="Check the access point, the path and the file system's policy for the task role.",
        deterministic=True,
        task=(r"failed to invoke efs utils",),
        subject=r"\b(fs-\w+)",
    ),
    Cause(
        id="ENI_IP",
        blame="capacity",
        says="a subnet has no free IP address",
        fix="Free addresses in the subnet, or give the service another one.",
        task=(r"insufficientfreeaddresses",),
        service=(r"insufficientfreeaddresses",),
        subject=r"\b(subnet-\w+)",
    ),
    Cause(
        id="ENI_TIMEOUT",
        blame="infra",
        says="AWS did not provide a network interface in time",
        fix="ECS tries again by itself; look at the AWS Health Dashboard if it lasts.",
        task=(
            r"network interface provisioning|waiting for network interface|\beni\b.*timed out",
            r"internalerror",
        ),
    ),
    Cause(
        id="ROLE_ASSUME",
        blame="config",
        says="ECS cannot assume a role",
        fix="Check that the role exists and that its trust policy names ecs-tasks.amazonaws.com.",
        deterministic=True,
        task=(r"unable to assume (?:the |service linked )*role",),
        service=(
            r"(?<!hook\(s\) failed\. ECS was )unable to assume (?:the |service linked )*role",
        ),
        subject=r"(arn:[\w\-]+:iam::\d*:role/[\w+=,.@\-/]+)",
    ),
    Cause(
        id="CAPACITY_FARGATE",
        blame="capacity",
        says="Fargate has no capacity",
        fix="Wait, add subnets in other zones, or add FARGATE beside FARGATE_SPOT.",
        task=(r"capacity is unavailable|resource:fargate",),
        service=(r"capacity is unavailable|resource:fargate",),
    ),
    Cause(
        id="PLACEMENT",
        blame="capacity",
        says="no container instance has room",
        fix="Add container instances, or make the task smaller.",
        task=(
            r"no container instances? (?:met|were found)|unable to place a task",
            r"empty capacity provider",
        ),
        service=(
            r"^\s*(?:resource|attribute):\S+|^\s*agent\b",
            r"no container instances? (?:met|were found)",
            r"unable to place (?:a )?tasks?\b|empty capacity provider",
        ),
        subject=r"^\s*((?:resource|attribute):[\w.:\-]+)",
    ),
    Cause(
        id="PORT_TAKEN",
        blame="config",
        says="the host port is taken",
        fix="Use dynamic host ports (hostPort 0) or the placement constraint distinctInstance.",
        deterministic=True,
        task=(r"port is already allocated|cannotstart.*address already in use",),
        subject=r"bind for (\S+:\d+)",
    ),
    Cause(
        id="RUNTIME_TIMEOUT",
        blame="infra",
        says="the container runtime did not answer in time",
        fix="ECS tries again by itself; look at the host's disk and CPU if it lasts.",
        task=(r"containerruntimetimeouterror|dockertimeouterror",),
    ),
)
