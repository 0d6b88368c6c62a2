"""Commands to copy, and links into the console."""

from __future__ import annotations

import shlex
from urllib.parse import quote

from botocore import xform_name

from deploy_guard.actions import Call
from deploy_guard.evidence.log_lines import Place
from deploy_guard.story import Story
from deploy_guard.wording.names import place
from ecsops.arns import parse_arn

_CONSOLES = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_COPY = "the copy"


def aws(service: str, operation: str, /, **options: str | None) -> str:
    """``aws ecs describe-services --cluster prod``; an option of None is a flag."""
    words = ["aws", service, operation]
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}")
        if value is not None:
            words.append(shlex.quote(value))
    return " ".join(words)


def command_of(call: Call, region: str) -> str | None:
    """The command line of a call that the executor would make; None if it takes more than one."""
    given = {xform_name(name): value for name, value in call.parameters}
    if _COPY in given.values() or call.operation in ("RegisterTaskDefinition", "CreateDeployment"):
        return None
    operation = xform_name(call.operation, "-")
    if call.service == "codedeploy":
        options = {"deployment_id": given["deployment_id"], "auto_rollback_enabled": None}
        return aws("deploy", operation, **options, region=region)
    return aws(call.service, operation, **given, region=region)


def region_of(story: Story) -> str:
    """The service's Region."""
    return parse_arn(story.reality.service).region


def console(story: Story) -> str:
    """The service's deployments in the console."""
    cluster, service = place(story)
    arn = parse_arn(story.reality.service)
    return (
        f"{_console(arn.partition, arn.region)}/ecs/v2/clusters/{quote(cluster)}/services/"
        f"{quote(service)}/deployments?region={arn.region}"
    )


def log_stream(story: Story, where: Place) -> str:
    """A log stream in the console, which wants its names encoded twice."""
    group, stream = (quote(quote(name, safe=""), safe="") for name in (where.group, where.stream))
    partition = parse_arn(story.reality.service).partition
    base = f"{_console(partition, where.region)}/cloudwatch/home?region={where.region}"
    path = f"#logsV2:log-groups/log-group/{group}/log-events/{stream}"
    return base + path.replace("%25", "$25")


def _console(partition: str, region: str) -> str:
    return f"https://{region}.{_CONSOLES.get(partition, 'console.aws.amazon.com')}"
