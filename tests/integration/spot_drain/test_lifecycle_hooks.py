"""Lifecycle hooks through the shipped rules, queue, function and role (4b6)."""

from __future__ import annotations

import json

import pytest

from sandbox.ecs import App
from sandbox.events.resource_policy import ServiceRequest, allows
from sandbox.faults import CallFault, EventFault
from tests.integration.spot_drain.ec2 import MIN_50, TAGGED, OnInstances

TOPIC = "arn:aws:sns:eu-west-1:123456789012:hooks"


@pytest.fixture
def on(operate) -> OnInstances:
    return OnInstances(operate(world=False))


def completed_at(on: OnInstances) -> float:
    (call,) = on.world.calls("CompleteLifecycleAction", outcome="ok")
    return call["started"]


def last_stopped(on: OnInstances, *tasks: dict) -> float:
    return max(on.task(task["taskArn"])["stoppedAt"].timestamp() for task in tasks)


def test_4b6_a_hook_is_completed_when_the_last_task_has_stopped_and_not_before(on):
    one, _ = on.group()
    on.account.ecs.behave("web", App(stops_in_s=25))
    on.service(deploymentConfiguration=MIN_50)
    tasks = on.on(one)

    on.scale_in(one)
    on.account.run_for(300)

    assert 0 <= completed_at(on) - last_stopped(on, *tasks) <= 20
    assert on.account.groups.results == [(one, "CONTINUE")]
    assert on.account.fleet.instances[one].state == "terminated"
    assert on.lost() == 0


def test_4b6_tasks_that_shut_down_are_waited_for_though_they_are_in_no_count(on):
    one, _ = on.group()
    on.account.ecs.behave("web", App(stops_in_s=100))
    on.service(deploymentConfiguration=MIN_50, container={"stopTimeout": 110})
    tasks = on.on(one)
    on.ecs.update_container_instances_state(
        cluster="prod",
        containerInstances=[on.instance(one)["containerInstanceArn"]],
        status="DRAINING",
    )
    on.account.run_for(50)  # they are STOPPED by desire, and running
    assert on.instance(one)["runningTasksCount"] == 0

    on.scale_in(one)
    on.account.run_for(300)

    assert completed_at(on) >= last_stopped(on, *tasks)


def test_4b6_heartbeats_hold_an_instance_longer_than_its_timeout(on):
    one, _ = on.group()
    task = on.run_task()  # not ours to stop
    holder = on.task(task)["containerInstanceArn"]
    busy = next(i for i in (one, _) if on.instance(i)["containerInstanceArn"] == holder)

    on.scale_in(busy)
    on.account.run_for(1_500)
    assert on.account.fleet.instances[busy].state == "running"
    assert len(on.world.calls("RecordLifecycleActionHeartbeat", outcome="ok")) >= 4
    on.ecs.stop_task(cluster="prod", task=task)
    on.account.run_for(120)

    assert on.account.fleet.instances[busy].state == "terminated"


def test_4b6_what_does_not_stop_for_hours_is_held_no_longer_and_somebody_is_told(on):
    one, two = on.group()
    task = on.run_task()
    holder = on.task(task)["containerInstanceArn"]
    busy = next(i for i in (one, two) if on.instance(i)["containerInstanceArn"] == holder)

    on.scale_in(busy)
    on.account.run_for(7_300)

    assert on.world.calls("CompleteLifecycleAction") == []
    assert any("still runs tasks" in mail["Subject"] for mail in on.world.mails())
    beats = len(on.world.calls("RecordLifecycleActionHeartbeat"))
    on.account.run_for(900)
    assert len(on.world.calls("RecordLifecycleActionHeartbeat")) == beats


def test_4b6_an_opted_in_standalone_task_does_not_hold_an_instance_for_ever(on):
    one, two = on.group()
    task = on.run_task(tags=[{"key": "ecs-ops:spot-drain", "value": "on"}])
    holder = on.task(task)["containerInstanceArn"]
    busy = next(i for i in (one, two) if on.instance(i)["containerInstanceArn"] == holder)

    on.scale_in(busy)
    on.account.run_for(7_200)

    assert on.account.groups.results == [(busy, "CONTINUE")]


def test_4b6_an_instance_that_somebody_set_to_active_again_is_not_let_go_with_its_new_tasks(on):
    one, two = on.group()
    task = on.run_task()
    holder = on.task(task)["containerInstanceArn"]
    busy, other = (one, two) if on.instance(one)["containerInstanceArn"] == holder else (two, one)
    on.scale_in(busy)
    on.account.run_for(60)
    on.account.ecs.drain_instance(other)
    on.ecs.update_container_instances_state(
        cluster="prod", containerInstances=[holder], status="ACTIVE"
    )
    newcomer = on.run_task()
    assert on.task(newcomer)["containerInstanceArn"] == holder

    on.ecs.stop_task(cluster="prod", task=task)
    on.account.run_for(300)
    assert on.task(newcomer)["lastStatus"] == "RUNNING"
    assert on.world.calls("CompleteLifecycleAction") == []
    on.ecs.stop_task(cluster="prod", task=newcomer)
    on.account.run_for(120)

    assert on.account.groups.results == [(busy, "CONTINUE")]


def test_4b6_tasks_that_had_stopped_before_the_warning_are_no_interrupted_ones(on):
    one, _ = on.group()
    on.service()
    for task in on.world.tasks(
        "web"
    ):  # an ordinary deployment, a crash: ECS lists them for an hour
        on.ecs.stop_task(cluster="prod", task=task)
    on.account.run_for(600)
    alive = on.on(one)

    on.account.fleet.interrupt([one])
    on.account.groups.terminate(one)
    on.account.run_for(400)

    assert on.world.metric("InterruptedTasks") == len(alive)


def test_4b6_a_hook_of_an_instance_without_tasks_is_completed_at_once(on):
    one, _ = on.group()

    on.scale_in(one)
    on.account.run_for(5)

    assert on.account.groups.results == [(one, "CONTINUE")]


def queue_arn(on):
    return on.account.client("sqs").get_queue_attributes(
        QueueUrl=on.world.stack.queue_url("SpotDrainQueue"), AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]


def understood_from(on, one, target):
    """The hook tells ``target`` of itself and of the instance, and both are understood."""
    on.account.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName="spot",
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        NotificationTargetARN=target,
        RoleARN="arn:aws:iam::123456789012:role/notify",
    )
    on.account.run_for(5)

    on.scale_in(one)
    on.account.run_for(10)

    assert on.account.groups.results == [(one, "CONTINUE")]
    assert on.world.metric("RejectedMessages") == 0


def test_4b6_a_hook_that_is_told_straight_to_the_queue_and_its_test_are_understood(on):
    one, _ = on.group()
    on.account.groups.groups["spot"].hooks.clear()
    understood_from(on, one, queue_arn(on))


@pytest.fixture
def through_a_topic(operate) -> OnInstances:
    return OnInstances(operate(world=False, parameters={"LifecycleHookTopicArns": TOPIC}))


def test_4b6_a_hook_that_is_told_through_a_topic_is_understood(through_a_topic):
    on = through_a_topic
    one, _ = on.group()
    on.account.groups.groups["spot"].hooks.clear()
    sns = on.account.client("sns")
    topic = sns.create_topic(Name=TOPIC.rpartition(":")[2])["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn(on))
    understood_from(on, one, topic)


@pytest.mark.parametrize(
    ("topic", "lets_in"),
    [
        (TOPIC, True),
        (f"{TOPIC}-2", False),
        ("arn:aws:sns:eu-west-1:123456789012:others", False),
        ("arn:aws:sns:eu-west-1:999999999999:hooks", False),
    ],
)
def test_the_queue_takes_messages_of_the_named_topics_only(through_a_topic, topic, lets_in):
    assert takes_messages_of(through_a_topic, topic) is lets_in


def test_where_no_topic_is_named_none_may_send(on):
    assert not takes_messages_of(on, TOPIC)


def takes_messages_of(on, topic: str) -> bool:
    url = on.world.stack.queue_url("SpotDrainQueue")
    attributes = on.account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    queue = attributes["Attributes"]["QueueArn"]
    request = ServiceRequest(
        "sns.amazonaws.com", "sqs:SendMessage", queue, topic, topic.split(":")[4]
    )
    return allows(json.loads(attributes["Attributes"]["Policy"]), request)


def test_a_hook_that_is_not_meant_for_the_toolkit_is_left_to_whose_it_is(on):
    one, _ = on.group()
    group = on.account.groups.groups["spot"]
    group.hooks = {"other": next(iter(group.hooks.values())).__class__("other")}

    on.scale_in(one)
    on.account.run_for(60)

    assert on.account.groups.results == []


def test_a_group_that_is_not_tagged_is_held_back_by_iam_and_somebody_is_told(on):
    one, _ = on.group(tags={})

    on.scale_in(one)
    on.account.run_for(120)

    assert {c["outcome"] for c in on.world.calls("CompleteLifecycleAction")} == {"denied"}
    assert len(on.world.calls("CompleteLifecycleAction")) == 1
    assert any("create-or-update-tags" in mail["Message"] for mail in on.world.mails())


def test_a_token_that_is_no_longer_active_is_an_end_and_no_fault(on):
    one, _ = on.group()
    on.account.faults.add(EventFault(source="aws.autoscaling", duplicates=2, shuffle_s=300))

    on.scale_in(one)
    on.account.run_for(900)

    assert on.account.groups.results == [(one, "CONTINUE")]
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


@pytest.mark.parametrize("kind", ["throttle", "crash-after", "timeout-after"])
@pytest.mark.parametrize(
    "operation",
    ["UpdateContainerInstancesState", "ListTasks", "DescribeTasks", "CompleteLifecycleAction"],
)
def test_4d_whatever_call_fails_a_hook_is_completed_and_never_early(on, kind, operation):
    one, _ = on.group()
    on.service(deploymentConfiguration=MIN_50)
    tasks = on.on(one)
    on.account.faults.add(CallFault(kind, operation=operation, nth=1))

    on.scale_in(one)
    on.account.run_for(400)

    assert on.account.groups.results == [(one, "CONTINUE")]
    done = min(call["started"] for call in on.world.calls("CompleteLifecycleAction"))
    assert done >= last_stopped(on, *tasks)


@pytest.mark.parametrize(
    "operation", ["UpdateContainerInstancesState", "ListTasks", "DescribeTasks"]
)
def test_4d_what_cannot_be_asked_for_minutes_is_not_taken_for_gone(on, operation):
    """One refusal is tried again by the SDK; these outlast its tries and the next receives."""
    one, _ = on.group()
    on.service(deploymentConfiguration=MIN_50)
    tasks = on.on(one)
    on.account.faults.add(CallFault("throttle", operation=operation))

    on.scale_in(one)
    on.account.run_for(100)
    assert on.world.calls("CompleteLifecycleAction") == []

    on.account.faults.clear()
    on.account.run_for(400)
    assert on.account.groups.results == [(one, "CONTINUE")]
    assert completed_at(on) >= last_stopped(on, *tasks)


def test_an_instance_that_its_owner_wants_left_alone_is_not_let_go_with_its_tasks(on):
    one, _ = on.group()
    on.service(deploymentConfiguration=MIN_50)
    (task,) = on.on(one)
    on.ecs.tag_resource(
        resourceArn=on.instance(one)["containerInstanceArn"],
        tags=[{"key": "ecs-ops:spot-drain", "value": "off"}],
    )

    on.scale_in(one)
    on.account.run_for(300)

    assert on.world.calls("CompleteLifecycleAction") == []
    assert on.task(task["taskArn"])["lastStatus"] == "RUNNING"


def test_spot_takes_an_instance_whose_hook_waits(on):
    one, _ = on.group()
    on.service(deploymentConfiguration=MIN_50)

    on.account.fleet.interrupt([one])
    on.account.run_for(400)

    assert on.account.fleet.instances[one].state == "terminated"
    assert on.lost() == 0
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_another_process_knows_for_an_hour_or_two_that_spot_took_an_instance(on):
    """Its hook ends with it, whatever still runs there as far as ECS knows: nobody is woken for it."""
    one, _ = on.group()

    on.account.fleet.interrupt([one])
    on.account.run_for(400)
    assert noted(on) == [("ADD", one)]
    assert on.incidents("spot_drain/held/") == []

    on.account.run_for(2 * 3_600)
    assert noted(on) == [("ADD", one), ("DELETE", one)]


def noted(on: OnInstances) -> list[tuple[str, str]]:
    calls = [call["parameters"] for call in on.world.calls("UpdateItem", outcome="ok")]
    return [
        (asked["UpdateExpression"].split()[0], entry.partition("|")[0])
        for asked in calls
        if asked["Key"] == {"pk": {"S": "taken"}}
        for entry in asked["ExpressionAttributeValues"][":entries"]["SS"]
    ]


def test_a_message_that_is_no_hook_ends_in_the_dead_letter_queue(on):
    on.account.client("sqs").send_message(
        QueueUrl=on.world.stack.queue_url("SpotDrainQueue"),
        MessageBody=json.dumps({"AutoScalingGroupName": "spot"}),
    )
    on.account.run_for(200)

    assert len(on.world.dead_letters("SpotDrainDeadLetterQueue")) == 1


@pytest.mark.parametrize("timeout_s", [30, 60, 90])
def test_4b6_heartbeats_come_in_time_for_hooks_with_short_timeouts(on, timeout_s):
    """Also after the first minutes, when the looks come less often."""
    one, two = on.group(timeout_s=timeout_s)
    task = on.run_task()
    holder = on.task(task)["containerInstanceArn"]
    busy = next(i for i in (one, two) if on.instance(i)["containerInstanceArn"] == holder)

    on.scale_in(busy)
    on.account.run_for(900)
    assert on.account.fleet.instances[busy].state == "running"
    on.ecs.stop_task(cluster="prod", task=task)
    on.account.run_for(120)

    assert on.account.groups.results == [(busy, "CONTINUE")]


@pytest.mark.parametrize("tagged", [True, False])
def test_4b6_before_a_hundred_timeouts_are_over_tasks_are_stopped_or_somebody_is_told(on, tagged):
    one, two = on.group(timeout_s=30)
    given = [{"key": "ecs-ops:spot-drain", "value": "on"}] if tagged else []
    task = on.run_task(tags=given)
    holder = on.task(task)["containerInstanceArn"]
    busy = next(i for i in (one, two) if on.instance(i)["containerInstanceArn"] == holder)
    ends_at = on.world.now + 100 * 30

    on.scale_in(busy)
    on.account.run_for(3_100)

    told_at = [c["started"] for c in on.world.calls("Publish", outcome="ok")]
    if tagged:
        assert on.account.groups.results == [(busy, "CONTINUE")]
        assert told_at == []
    else:
        assert on.world.calls("CompleteLifecycleAction", outcome="ok") == []
        assert "still runs tasks" in on.world.mails()[0]["Subject"]
        assert told_at[0] < ends_at


def test_a_group_that_is_tagged_at_last_is_answered_and_its_incident_closed(on):
    one, _ = on.group(tags={})
    on.scale_in(one)
    on.account.run_for(120)
    assert on.incidents("spot_drain/hook/") == [("spot_drain/hook/spot", "open")]

    on.account.groups.groups["spot"].tags.update(TAGGED)
    on.account.run_for(400)

    assert on.account.groups.results == [(one, "CONTINUE")]
    assert on.incidents("spot_drain/hook/")[1:] == [("spot_drain/hook/spot", "resolved")]


def test_a_group_that_is_never_tagged_is_told_as_over_when_its_last_instance_is_gone(on):
    one, two = on.group(tags={})
    on.scale_in(one)
    on.account.run_for(1_200)
    on.scale_in(two)
    on.account.run_for(6_400)  # the first one's two hours are over, the second one's are not
    assert {state for _, state in on.incidents("spot_drain/hook/")} == {"open"}

    on.account.run_for(1_200)

    assert on.incidents("spot_drain/hook/")[-1] == ("spot_drain/hook/spot", "resolved")
    assert len([state for _, state in on.incidents("spot_drain/hook/") if state == "resolved"]) == 1


def test_an_instance_that_was_held_for_hours_is_told_as_over_when_it_is_gone(on):
    one, two = on.group()
    task = on.run_task()
    holder = on.task(task)["containerInstanceArn"]
    busy = next(i for i in (one, two) if on.instance(i)["containerInstanceArn"] == holder)

    on.scale_in(busy)
    on.account.run_for(7_300)
    assert [state for _, state in on.incidents("spot_drain/held/")] == ["open"]
    on.account.run_for(1_200)

    assert on.account.fleet.instances[busy].state == "terminated"
    told = on.incidents("spot_drain/held/")
    assert [state for _, state in told] == ["open", "resolved"]
    assert len({incident for incident, _ in told}) == 1
