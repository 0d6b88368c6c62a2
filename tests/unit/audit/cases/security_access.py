from audit.model.load_balancing import Listener
from audit.model.service import Cluster, Service
from audit.model.surroundings import Role
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case
from tests.unit.audit.clean import ACCOUNT

_EVERYTHING = [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
_DEPLOY = ["ecs:*", "iam:PassRole"]
_VOLUME = {"name": "shared", "efsVolumeConfiguration": {"transitEncryption": "ENABLED"}}
_ENCRYPTION = "volumes[1].efsVolumeConfiguration.transitEncryption"
_SHELL = {"executeCommandConfiguration": {"logging": "NONE"}}

CASES = [
    Case(
        "SEC-02",
        ((TaskDefinition, "containerDefinitions[0].secrets[0].valueFrom", "db-url"),),
        at="containerDefinitions[0].secrets[0].valueFrom",
        says="the secret DATABASE_URL comes from db-url",
    ),
    Case(
        "SEC-06",
        ((TaskDefinition, "taskRoleArn", f"arn:aws:iam::{ACCOUNT}:role/web-execution"),),
        at="taskRoleArn",
        says="taskRoleArn and executionRoleArn are both",
    ),
    Case(
        "SEC-07",
        ((Role, "AttachedPolicies", [{"PolicyName": "AdministratorAccess"}]),),
        at="AttachedPolicies[0]",
        says="web-task (taskRoleArn) may do everything",
        also=("SEC-08",),
    ),
    Case(
        "SEC-07",
        ((Role, "#1.Policies", _EVERYTHING),),
        at="Policies[0].Statement",
        says="web-execution (executionRoleArn) may do everything",
    ),
    Case(
        "SEC-08",
        ((Role, "Policies[0].Statement[0].Action", _DEPLOY),),
        at="taskRoleArn",
        says="web-task allows ecs:RegisterTaskDefinition, ecs:UpdateService, iam:PassRole",
    ),
    Case(
        "SEC-10",
        ((TaskDefinition, _ENCRYPTION, "DISABLED"),),
        given=((TaskDefinition, "volumes[1]", _VOLUME),),
        at=_ENCRYPTION,
        says="volume shared reaches EFS in plain text",
    ),
    Case(
        "SEC-12",
        ((Service, "enableExecuteCommand", True),),
        at="enableExecuteCommand",
        says="enableExecuteCommand is true in production",
        severity="LOW",
    ),
    Case(
        "SEC-12",
        ((Service, "enableExecuteCommand", True),),
        given=((Cluster, "configuration", _SHELL),),
        at="enableExecuteCommand",
        says="prod logs no session",
        severity="MEDIUM",
    ),
    Case(
        "SEC-13",
        ((Listener, "Protocol", "HTTP"),),
        at="Protocol",
        says="port 443 of web serves the internet over HTTP",
    ),
]
