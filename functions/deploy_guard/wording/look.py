"""The command that shows the thing at fault."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from deploy_guard.causes import Diagnosis
from deploy_guard.evidence.registry import ImageName, parse
from deploy_guard.story import Story
from deploy_guard.wording.commands import aws, region_of
from deploy_guard.wording.names import place
from deploy_guard.wording.why import diagnosis_of
from ecsops.arns import parse_arn
from ecsops.errors import InvalidMessage


def look(story: Story) -> str | None:
    """The command for the cause of this story; None where no command would tell more."""
    diagnosis = diagnosis_of(story)
    command = _COMMANDS.get(diagnosis.cause_id)
    return command(story, diagnosis) if command else None


def _image(_: Story, diagnosis: Diagnosis) -> str | None:
    image = parse(diagnosis.subject or "")
    if not isinstance(image, ImageName):
        return None
    which = f"imageDigest={image.digest}" if image.digest else f"imageTag={image.wanted}"
    return aws(
        "ecr",
        "describe-images",
        registry_id=image.account,
        repository_name=image.repository,
        image_ids=which,
        region=image.region,
    )


def _secret(_: Story, diagnosis: Diagnosis) -> str | None:
    try:
        arn = parse_arn(diagnosis.subject or "")
    except InvalidMessage:
        return None
    if arn.service == "ssm":
        name = arn.resource.removeprefix("parameter")
        return aws(
            "ssm",
            "describe-parameters",
            parameter_filters=f"Key=Name,Values={name}",
            region=arn.region,
        )
    # Without the JSON key, version stage and version id that a task definition may add.
    whole = ":".join((diagnosis.subject or "").split(":")[:7])
    return aws("secretsmanager", "describe-secret", secret_id=whole, region=arn.region)


def _target_group(story: Story, diagnosis: Diagnosis) -> str | None:
    group = diagnosis.subject or ""
    if not group.startswith("arn:"):
        return None
    return aws("elbv2", "describe-target-health", target_group_arn=group, region=region_of(story))


def _definition(story: Story, _: Diagnosis) -> str:
    return aws(
        "ecs",
        "describe-task-definition",
        task_definition=story.row.target.name,
        region=region_of(story),
    )


def service_events(story: Story, _: Diagnosis | None = None) -> str:
    """The command that shows what ECS wrote about the service."""
    cluster, service = place(story)
    return aws(
        "ecs",
        "describe-services",
        cluster=cluster,
        services=service,
        query="services[0].events[:10].message",
        region=region_of(story),
    )


def _alarm(story: Story, diagnosis: Diagnosis) -> str | None:
    if not diagnosis.subject:
        return None
    names = " ".join(shlex.quote(name) for name in diagnosis.alarm_names)
    return f"aws cloudwatch describe-alarms --alarm-names {names} --region {region_of(story)}"


def _hook(_: Story, diagnosis: Diagnosis) -> str | None:
    found = (diagnosis.subject or "").partition(":function:")
    if not found[2]:
        return None
    region = parse_arn(diagnosis.subject or "").region
    name = found[2].partition(":")[0]
    return f"aws logs tail /aws/lambda/{name} --since 1h --region {region}"


def _role(_: Story, diagnosis: Diagnosis) -> str | None:
    if not diagnosis.subject:
        return None
    return aws("iam", "get-role", role_name=diagnosis.subject.rpartition("/")[2])


_COMMANDS: dict[str, Callable[[Story, Diagnosis], str | None]] = {
    **dict.fromkeys(("IMAGE_NOT_FOUND", "IMAGE_STABILITY", "IMAGE_PULL", "IMAGE_AUTH"), _image),
    **dict.fromkeys(("SECRET_MISSING", "SECRET_DENIED"), _secret),
    "ELB_HEALTH": _target_group,
    **dict.fromkeys(
        ("OOM", "KILLED", "CONTAINER_HEALTH", "LOG_GROUP", "EFS", "EFS_NETWORK", "PORT_TAKEN"),
        _definition,
    ),
    **dict.fromkeys(
        ("CLEAN_EXIT", "ENTRYPOINT_NOT_EXEC", "ENTRYPOINT_NOT_FOUND", "IMAGE_ARCH"), _definition
    ),
    **dict.fromkeys(
        ("PLACEMENT", "CAPACITY_FARGATE", "ENI_IP", "LIMITS", "UNKNOWN", "SIGTERM"), service_events
    ),
    "ALARM": _alarm,
    **dict.fromkeys(("HOOK_FAILED", "HOOK_BAD_RESPONSE"), _hook),
    **dict.fromkeys(("HOOK_PERMISSION", "ROLE_ASSUME"), _role),
}
