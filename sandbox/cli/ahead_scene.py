"""The demo's scene of what is known ahead, and afterwards: a hook, a retirement, the history of Spot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sandbox.account import ACCOUNT
from sandbox.cli.spot import name_of, selected
from sandbox.cli.timeline import Timeline
from sandbox.ec2 import Machine
from sandbox.ec2.hooks import Hook
from spot_drain.history import Histories

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.cli.stage import Stage

# The scene before has left its service there, with a task that found no room.
_CLUSTER, _SERVICE, _GROUP = "ec2", "shop", "shop-spot"
_ZONES = ("eu-west-1a", "eu-west-1b")
_TAGS = {"ecs-ops:spot-drain": "on"}
_BOOT_S, _WATCH_S, _SOON_S = 120, 180, 20
_NOTICE = timedelta(days=7)


def known_ahead(console: Console, stage: Stage) -> bool:
    """Scene: an instance is let go when its tasks have stopped; a date is told; what Spot took."""
    account = stage.account
    console.print()
    title = "Scene: a lifecycle hook waits for tasks; AWS announces a retirement"
    console.print(Text(title, style="bold"))
    hook = Hook("ecs-ops-drain", timeout_s=600)
    machine = Machine(cluster=_CLUSTER, cpu=1_024)
    account.groups.create(_GROUP, machine, 2, _ZONES, hooks=[hook], tags=_TAGS)
    account.run_for(_BOOT_S)
    account.trace.clear()
    began = account.clock.now()
    timeline = Timeline(console, began, stage.logical_id)
    let_go = _an_instance_goes(account, timeline)
    told = _a_retirement(account, timeline)
    histories = Histories(account.client("dynamodb"), stage.stack.ref("SpotDrainTable"))
    for line in _the_history(histories):
        timeline.line(account.clock.now(), "HISTORY", line)
    timeline.end()
    return let_go and told


def _an_instance_goes(account: Any, timeline: Timeline) -> bool:
    """Whether its hook was completed, and not before its last task had stopped."""
    going = _instance_of(account, account.client("ecs"))
    account.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=going, ShouldDecrementDesiredCapacity=True
    )
    account.run_for(_WATCH_S)
    for call in _calls(account, "UpdateContainerInstancesState"):
        timeline.line(call["started"], "CALL", f"DRAINING: {going} waits in a lifecycle hook")
    completed = _calls(account, "CompleteLifecycleAction")
    for call in completed:
        timeline.line(call["started"], "CALL", "CompleteLifecycleAction: its last task has stopped")
    return account.groups.results == [(going, "CONTINUE")] and len(completed) == 1


def _a_retirement(account: Any, timeline: Timeline) -> bool:
    """Whether people were told of the date."""
    tags = [{"key": key, "value": value} for key, value in _TAGS.items()]
    job = account.client("ecs").run_task(
        cluster=_CLUSTER, taskDefinition=_SERVICE, launchType="EC2", tags=tags
    )["tasks"][0]["taskArn"]
    account.run_for(_SOON_S)
    now = datetime.fromtimestamp(account.clock.now(), UTC)
    account.put_event(_notice(account.region, [f"{_CLUSTER}|{_SERVICE}", job], now))
    account.run_for(_SOON_S)
    mails = _calls(account, "Publish")
    for call in mails:
        timeline.line(call["started"], "MAIL", f"Subject: {call['parameters'].get('Subject')}")
    return any("retire" in call["parameters"].get("Subject", "") for call in mails)


def _the_history(histories: Histories) -> list[str]:
    """What ``ecs-ops spot history`` has to tell by now."""
    return [
        f"{datetime.fromtimestamp(episode.first_at, UTC):%H:%M} {name_of(episode)} in {row.zone}: "
        f"{row.tasks} taken, {row.native + row.moved} by ECS in time, {row.backstop} by the toolkit"
        for episode in selected(list(histories.since(0.0)), None)
        for row in episode.rows
    ]


def _notice(region: str, entities: list[str], now: datetime) -> dict[str, Any]:
    code = "AWS_ECS_TASK_PATCHING_RETIREMENT"
    return {
        "version": "0",
        "id": "retirement",
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "account": ACCOUNT,
        "region": region,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [],
        "detail": {
            "eventArn": f"arn:aws:health:{region}::event/ECS/{code}/{code}_1",
            "service": "ECS",
            "eventTypeCode": code,
            "eventTypeCategory": "scheduledChange",
            "startTime": (now + _NOTICE).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "affectedEntities": [{"entityValue": each} for each in entities],
        },
    }


def _instance_of(account: Any, ecs: Any) -> str:
    """The instance of the group on which a task of the service runs, or else any."""
    ids = list(account.groups.groups[_GROUP].ids)
    tasks = ecs.list_tasks(cluster=_CLUSTER, serviceName=_SERVICE)["taskArns"]
    described = ecs.describe_tasks(cluster=_CLUSTER, tasks=tasks)["tasks"]
    arns = [task["containerInstanceArn"] for task in described]
    known = ecs.describe_container_instances(cluster=_CLUSTER, containerInstances=arns)
    busy = [each["ec2InstanceId"] for each in known["containerInstances"]]
    return str(next((each for each in ids if each in busy), ids[0]))


def _calls(account: Any, operation: str) -> list[Any]:
    return [
        call
        for call in account.trace.select("call")
        if call.get("function") and call["operation"] == operation and call["outcome"] == "ok"
    ]
