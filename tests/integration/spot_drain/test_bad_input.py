"""Bad input: a clear error that names the field, a metric, the dead-letter queue, and no harm to others."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

EVENTS = Path(__file__).resolve().parents[3] / "events"
# Five receives, 30 s apart, and then the dead-letter queue.
UNTIL_DEAD_S = 200


def _send(world, body: str) -> None:
    world.account.client("sqs").send_message(
        QueueUrl=world.stack.queue_url("SpotDrainQueue"), MessageBody=body
    )


def _reasons(world) -> list[str]:
    return [
        f"{entry['record'].get('path')}: {entry['record'].get('reason')}"
        for entry in world.trace.select("log")
        if entry["record"] and entry["record"].get("message") == "message rejected"
    ]


def _without(event: dict, *path: str) -> dict:
    changed = copy.deepcopy(event)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return changed


def _with(event: dict, value: object, *path: str) -> dict:
    changed = copy.deepcopy(event)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


BAD = {
    "malformed JSON": (lambda e: json.dumps(e)[:-20], "$"),
    "no detail": (lambda e: json.dumps(_without(e, "detail")), "$.detail"),
    "detail of the wrong type": (lambda e: json.dumps(_with(e, [], "detail")), "$.detail"),
    "no task ARN": (lambda e: json.dumps(_without(e, "detail", "taskArn")), "$.detail.taskArn"),
    "task ARN of the wrong type": (
        lambda e: json.dumps(_with(e, 7, "detail", "taskArn")),
        "$.detail.taskArn",
    ),
    "another kind of event": (
        lambda e: json.dumps(_with(e, "EC2 Something", "detail-type")),
        "$.detail-type",
    ),
    "a megabyte of nonsense": (lambda _: "x" * 1_000_000, "$"),
    "deep nesting": (lambda _: "[" * 100_000, "$"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_message_is_named_counted_and_kept_and_the_good_one_is_handled(operate, case):
    make, path = BAD[case]
    world = operate()
    good = world.interruption_of(world.tasks("web")[0])
    world.trace.clear()
    world.account.recycle()

    _send(world, make(good))
    world.account.put_event(good)
    world.account.run_for(UNTIL_DEAD_S)

    assert len(world.deregistered()) == 1
    assert world.metric("RejectedMessages") >= 1
    assert any(reason.startswith(path) for reason in _reasons(world)), _reasons(world)
    assert len(world.dead_letters("SpotDrainDeadLetterQueue")) == 1


def test_a_task_without_attachments_is_looked_up(operate):
    world = operate()
    event = world.interruption_of(world.tasks("web")[0])
    bare = _with(_with(event, [], "detail", "attachments"), [], "detail", "containers")
    world.trace.clear()
    world.account.recycle()

    world.account.put_event(bare)
    world.account.run_for(1)

    assert len(world.calls("DescribeTasks")) == 1
    assert len(world.deregistered()) == 1


def test_an_unknown_cluster_fails_only_its_own_messages(operate):
    world = operate()
    good = world.interruption_of(world.tasks("web")[0])
    elsewhere = copy.deepcopy(good)
    detail = elsewhere["detail"]
    detail["clusterArn"] = detail["clusterArn"].replace("/prod", "/nowhere")
    detail["taskArn"] = detail["taskArn"].replace("/prod/", "/nowhere/")
    world.trace.clear()
    world.account.recycle()

    world.account.put_event(elsewhere)
    world.account.put_event(good)
    world.account.run_for(UNTIL_DEAD_S)

    assert len(world.deregistered()) == 1
    assert len(world.dead_letters("SpotDrainDeadLetterQueue")) == 1
    logged = [e["line"] for e in world.trace.select("log") if "task not drained" in e["line"]]
    assert "ClusterNotFoundException" in logged[0]


def test_a_deleted_target_group_does_not_hold_up_the_others(operate):
    service = {
        "name": "web",
        "count": 1,
        "containers": [{"name": "app", "port": 8080}],
        "target_groups": [{"name": "kept"}, {"name": "deleted"}],
    }
    world = operate([service])
    elbv2 = world.account.client("elbv2")
    gone = world.group("deleted")
    for listener in _listeners_of(elbv2, "deleted"):
        elbv2.delete_listener(ListenerArn=listener)
    elbv2.delete_target_group(TargetGroupArn=gone)

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(120)

    assert world.metric("TargetGroupGone") == 1
    assert {
        c["parameters"]["TargetGroupArn"] for c in world.calls("DeregisterTargets", outcome="ok")
    } == {world.group("kept")}
    logged = [e["record"] for e in world.trace.select("log") if "does not exist" in e["line"]]
    assert logged[0]["path"] == "loadBalancers[].targetGroupArn"
    assert logged[0]["target_group"] == gone
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []


def _listeners_of(elbv2, name: str) -> list[str]:
    balancer = elbv2.describe_load_balancers(Names=[name])["LoadBalancers"][0]["LoadBalancerArn"]
    answer = elbv2.describe_listeners(LoadBalancerArn=balancer)
    return [listener["ListenerArn"] for listener in answer["Listeners"]]


def test_a_service_that_was_deleted_meanwhile_is_nobodys_problem(operate):
    world = operate()
    event = world.interruption_of(world.tasks("web")[0])
    world.trace.clear()
    world.account.recycle()
    world.account.client("ecs").delete_service(cluster="prod", service="web", force=True)
    event["detail"]["group"] = "service:forgotten"

    world.account.put_event(event)
    world.account.run_for(60)

    assert world.metric("ServiceGone") == 1
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []


@pytest.mark.parametrize(
    ("ours", "theirs"), [("123456789012", "999999999999"), ("eu-west-1", "us-east-1")]
)
def test_a_task_of_another_account_or_region_is_none_of_this_ones_business(operate, ours, theirs):
    """4d: two Regions and accounts; buses forward events of both."""
    world = operate(world=False)
    text = (EVENTS / "ecs-task-spot-interruption.json").read_text(encoding="utf-8")

    world.account.put_event(json.loads(text.replace(ours, theirs)))
    world.account.run_for(UNTIL_DEAD_S)

    assert world.metric("ForeignEvents") == 1
    assert world.calls("DescribeServices") == world.calls("DescribeTasks") == []
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []
