"""The demo's scene of the deployment guard: a release that cannot start, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sandbox.cli.guard_query import explanation
from sandbox.cli.guard_report import explanation_lines
from sandbox.cli.stage import Stage
from sandbox.cli.timeline import Timeline
from sandbox.ecs import App

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.trace import Entry

_WATCH_S = 100
_MISSING = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments-AbCdEf"
_CALLS = frozenset({"StopServiceDeployment", "Publish"})
_FUNCTIONS = ("DeployGuardExecutorFunction", "AlertsFunction")
_COPIED = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities", "executionRoleArn")


def rolled_back_by_the_guard(console: Console, stage: Stage, cluster: str, service: str) -> bool:
    """Scene: a release names a secret that does not exist. Whether what ran before serves again."""
    account, ecs = stage.account, stage.account.client("ecs")
    described = _described(ecs, cluster, service)
    console.print()
    title = f"Scene: a release of {cluster}/{service} names a secret that does not exist"
    console.print(Text(title, style="bold"))
    console.print(Text("    ecs-ops:rollback=auto", style="dim"))
    tags = [{"key": "ecs-ops:rollback", "value": "auto"}]
    ecs.tag_resource(resourceArn=described["serviceArn"], tags=tags)
    timeline = Timeline(console, account.clock.now(), stage.logical_id)
    account.trace.listen(lambda entry: timeline.show(entry) if _shown(entry) else None)
    _release(stage, cluster, service, described["taskDefinition"])
    deployment = _described(ecs, cluster, service)["currentServiceDeployment"]
    account.run_for(_WATCH_S)
    timeline.end()
    _explain(console, stage, described["serviceArn"], deployment)
    serving = _described(ecs, cluster, service)["taskDefinition"]
    return bool(serving == described["taskDefinition"])


def _release(stage: Stage, cluster: str, service: str, before: str) -> None:
    ecs = stage.account.client("ecs")
    shape = ecs.describe_task_definition(taskDefinition=before)["taskDefinition"]
    given = {name: shape[name] for name in _COPIED if name in shape}
    new = ecs.register_task_definition(containerDefinitions=shape["containerDefinitions"], **given)[
        "taskDefinition"
    ]
    name = f"{new['family']}:{new['revision']}"
    stage.account.ecs.behave(name, App.without_secret(_MISSING))
    ecs.update_service(cluster=cluster, service=service, taskDefinition=name)


def _described(ecs: Any, cluster: str, service: str) -> dict[str, Any]:
    found: dict[str, Any] = ecs.describe_services(cluster=cluster, services=[service])["services"][
        0
    ]
    return found


def _shown(entry: Entry) -> bool:
    if entry.kind == "event":
        return bool(entry["event"]["detail-type"] == "ECS Deployment State Change")
    if entry.kind == "call":
        return bool(entry.get("function")) and entry["operation"] in _CALLS
    return entry.kind == "invocation" and any(one in entry["function"] for one in _FUNCTIONS)


def _explain(console: Console, stage: Stage, service: str, deployment: str) -> None:
    table = stage.stack.ref("DeployGuardTable")
    found = explanation(stage.account.client("dynamodb"), table, service, deployment)
    console.print(Text(f"  $ ecs-ops guard explain {deployment}", style="dim"), soft_wrap=True)
    for line in explanation_lines(found):
        console.print(Text(f"  {line}", style="green"), soft_wrap=True)
