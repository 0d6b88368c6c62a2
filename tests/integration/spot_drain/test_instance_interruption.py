"""EC2 Spot warnings through the shipped rules, queue, function and role.

The numbers in the names are those of the algorithm for instances (4b) and its failure modes (4d).
"""

from __future__ import annotations

import pytest

from sandbox.ec2 import Machine
from sandbox.ecs import App
from sandbox.faults import CallFault, EventFault
from tests.integration.spot_drain.ec2 import MIN_50, OnInstances


@pytest.fixture
def on(operate) -> OnInstances:
    return OnInstances(operate(world=False))


def crowded(on: OnInstances, **service) -> tuple[str, str]:
    """Two instances that are full: nothing has room elsewhere."""
    one, two = on.launch(cpu=512)
    on.service(count=2, **service)
    return one, two


def test_4b2_a_warning_sets_the_instance_to_draining(on):
    one, two = on.launch()
    on.service()

    on.account.fleet.interrupt([one])
    on.account.run_for(2)

    assert on.instance(one)["status"] == "DRAINING"
    assert on.instance(two)["status"] == "ACTIVE"


def test_4b1_the_look_up_costs_nothing_where_an_event_has_told_the_instance(on):
    one, _ = on.launch()
    on.account.run_for(30)  # the events are read twenty seconds later

    on.account.fleet.interrupt([one])
    on.account.run_for(2)

    assert on.world.calls("ListClusters") == on.world.calls("ListContainerInstances") == []
    assert on.instance(one)["status"] == "DRAINING"


def test_4b1_without_a_memory_all_clusters_are_searched_and_the_instance_is_found(on):
    on.ecs.create_cluster(clusterName="other")
    rule = on.world.stack.ref("ContainerInstanceRule")
    on.account.client("events").disable_rule(Name=rule)
    one, _ = on.launch()

    on.account.fleet.interrupt([one])
    on.account.run_for(2)

    assert len(on.world.calls("ListContainerInstances")) == 2
    assert on.instance(one)["status"] == "DRAINING"


def test_a_busy_cluster_delays_no_warning(operate):
    """ECS sends an event for each task that is placed or stops on an instance."""
    on = OnInstances(operate(world=False, latency_s=0.03))
    one, two, busy = on.launch("eu-west-1a", "eu-west-1b", "eu-west-1c")
    quiet = drained_after(on, one)
    (event,) = [
        entry["event"]
        for entry in on.world.trace.select("event")
        if entry["event"]["detail"].get("ec2InstanceId") == busy
    ]
    for number in range(200):
        detail = {**event["detail"], "version": number + 2}
        on.account.put_event({**event, "id": f"task-{number}", "detail": detail})

    assert drained_after(on, two) == pytest.approx(quiet, abs=0.02)
    on.account.run_for(30)
    assert on.world.account.pending() == {}


def drained_after(on: OnInstances, instance: str) -> float:
    began = on.world.now
    on.account.fleet.interrupt([instance])
    on.account.run_for(3)
    drained = on.world.calls("UpdateContainerInstancesState", outcome="ok")[-1]
    return drained["ended"] - began


def test_4b1_an_instance_of_no_cluster_ends_quietly(on):
    on.launch(cluster="prod")
    # Interrupted before its agent has registered it.
    alien = on.account.fleet.launch(Machine(), "eu-west-1a")

    on.account.fleet.interrupt([alien])
    on.account.run_for(40)

    assert on.world.metric("InstancesOfNoCluster") == 1
    assert on.world.calls("UpdateContainerInstancesState") == []
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_4b4_what_ecs_cannot_move_is_taken_out_and_stopped_in_time(on):
    on.account.ecs.behave("web", App(stops_in_s=20))
    one, _ = crowded(on)
    (task,) = on.on(one)
    target = on.target(task, one)

    on.account.fleet.interrupt([one])
    on.account.run_for(26)
    assert on.world.health("web")[target] == "draining"
    on.account.run_for(92)

    after = on.task(task["taskArn"])
    assert after["containers"][0]["exitCode"] == 0  # it had SIGTERM, and the time to heed it
    on.account.run_for(60)
    assert on.lost() == 0
    assert on.world.metric("BackstopDeregistered") == 1


def test_4b4_what_ecs_moves_by_itself_is_left_to_it(on):
    one, _ = on.launch()
    on.service(deploymentConfiguration=MIN_50)
    assert on.on(one)

    on.account.fleet.interrupt([one])
    on.account.run_for(150)

    assert on.world.calls("StopTask") == []
    assert on.world.metric("BackstopDeregistered") == 0
    assert on.lost() == 0


@pytest.mark.parametrize("earlier_s", [0, 2])
def test_4b3_what_ecs_moves_before_the_toolkit_looks_is_an_interruption_too(on, earlier_s):
    """Managed draining and the agent's own flag set an instance to DRAINING as the warning comes."""
    one, _ = on.launch()
    on.service(deploymentConfiguration=MIN_50)
    (task,) = on.on(one)
    if earlier_s:
        on.drain(one)
        on.account.run_for(earlier_s)
        assert on.task(task["taskArn"])["desiredStatus"] == "STOPPED"

    on.account.fleet.interrupt([one])
    on.account.run_for(4)
    assert on.world.health("web").get(on.target(task, one)) != "healthy"
    on.account.run_for(200)

    assert on.world.metric("InterruptedTasks") == 1
    assert on.world.metric("NativeDeregistered") == 1
    assert on.world.metric("BackstopDeregistered") == 0
    (mail,) = on.world.mails()
    assert "Spot took 1 task; it left its load balancers in time" in mail["Subject"]
    assert on.lost() == 0


def test_4b3_what_was_stopped_before_the_warning_is_none_that_spot_took(on):
    one, _ = on.launch()
    on.service(deploymentConfiguration=MIN_50)
    (task,) = on.on(one)
    on.account.ecs.behave("web", App(stops_in_s=25))
    on.ecs.update_service(cluster="prod", service="web", desiredCount=0)
    on.account.run_for(10)
    assert on.task(task["taskArn"])["lastStatus"] != "STOPPED"

    on.account.fleet.interrupt([one])
    on.account.run_for(200)

    assert on.world.metric("InterruptedTasks") == 0
    assert on.lost() == 0


def test_4b4_each_task_is_stopped_as_early_as_its_own_timeout_asks(on):
    one, _ = on.launch()
    on.service("slow", 2, behind=False, container={"stopTimeout": 90})
    on.service("quick", 2, behind=False, container={"stopTimeout": 10})
    began = on.account.clock.now()
    before = {on.on(one, name)[0]["taskArn"]: name for name in ("slow", "quick")}
    for other in on.account.fleet.instances:
        if other != one:
            on.account.ecs.drain_instance(other)  # no room anywhere

    on.account.fleet.interrupt([one])
    on.account.run_for(125)

    stops = {
        before[call["parameters"]["task"]]: call["started"] - began
        for call in on.world.calls("StopTask", outcome="ok")
    }
    assert 15 <= stops["slow"] <= 20
    assert 92 <= stops["quick"] <= 100


def alone_with_nowhere_to_go(on: OnInstances) -> str:
    """An instance with a task that ECS cannot move, behind nothing."""
    one, two = on.launch(cpu=512)
    on.service(count=2, behind=False)
    on.account.ecs.drain_instance(two)
    on.world.trace.clear()
    return one


def test_4b4_a_task_that_could_not_be_stopped_is_tried_again_seconds_later(on):
    one = alone_with_nowhere_to_go(on)
    for nth in range(1, 6):  # with the client's own retries
        on.account.faults.add(CallFault("error", operation="StopTask", nth=nth))

    on.account.fleet.interrupt([one])
    on.account.run_for(120)

    refused, *_, stopped = on.world.calls("StopTask")
    assert stopped["outcome"] == "ok"
    assert 4 <= stopped["started"] - refused["started"] <= 12


def test_4b4_a_process_that_dies_at_a_stop_has_planned_the_next_look_before(on):
    one = alone_with_nowhere_to_go(on)
    on.account.faults.add(CallFault("crash-after", operation="StopTask", nth=1))

    on.account.fleet.interrupt([one])
    on.account.run_for(120)

    died_at = on.world.calls("StopTask")[0]["started"]
    looks = [c["started"] - died_at for c in on.world.calls("DescribeTasks")]
    assert min(after for after in looks if after > 0) <= 12


def test_4b4_a_standalone_task_is_stopped_only_if_its_own_tag_says_so(on):
    one, *_ = on.launch("eu-west-1a")
    tagged = on.run_task(tags=[{"key": "ecs-ops:spot-drain", "value": "on"}])
    plain = on.run_task()

    on.account.fleet.interrupt([one])
    on.account.run_for(110)

    assert on.task(tagged)["stopCode"] == "UserInitiated"
    assert on.task(plain)["desiredStatus"] == "RUNNING"


def test_4b4_daemons_go_last(on):
    one, *_ = on.launch("eu-west-1a")
    on.service("agent", behind=False, schedulingStrategy="DAEMON")
    on.service("web", 1, behind=False)
    (agent,) = on.on(one, "agent")

    on.account.fleet.interrupt([one])
    on.account.run_for(85)
    assert on.task(agent["taskArn"])["desiredStatus"] == "RUNNING"
    on.account.run_for(34)

    (stopped,) = (call["parameters"]["task"] for call in on.world.calls("StopTask", outcome="ok"))
    assert on.task(stopped)["group"] == "service:web"
    assert (
        on.task(agent["taskArn"])["desiredStatus"] == "STOPPED"
    )  # ECS itself, when the last was gone


def test_4b4_hibernation_leaves_no_time_so_everything_is_due_at_once(on):
    one, _ = crowded(on)
    (task,) = on.on(one)

    on.account.fleet.interrupt([one], "hibernate")
    on.account.run_for(2)

    assert on.target(task, one) in on.world.deregistered()


def test_4a4_host_mode_is_known_by_its_own_port(on):
    one, _ = on.launch()
    on.definition("edge", "host")
    on.service("edge", 2, taskDefinition="edge")

    on.account.fleet.interrupt([one])
    on.account.run_for(26)

    assert on.world.deregistered() == {(one, 8080)}


def test_4d_a_warning_that_comes_after_the_end_does_nothing_to_an_instance_that_is_back(on):
    one, _ = on.launch()
    on.service()
    on.account.faults.add(EventFault(source="aws.ec2", delay_s=170))
    on.account.fleet.interrupt([one], "stop")
    on.account.run_for(140)
    on.account.fleet.start_again(one)
    on.account.run_for(120)

    assert on.world.metric("StaleEvents") == 1
    assert on.instance(one)["status"] == "ACTIVE"


def test_4d_duplicates_and_another_order_change_nothing(on):
    one, _ = crowded(on)
    on.account.faults.add(EventFault(source="aws.ec2", duplicates=3, shuffle_s=20))

    on.account.fleet.interrupt([one])
    on.account.run_for(180)

    assert on.world.metric("BackstopDeregistered") == 1
    assert on.lost() == 0
    assert [mail["Subject"].partition(":")[0] for mail in on.world.mails()] == ["[info] prod/web"]


@pytest.mark.parametrize(
    "operation",
    [
        "UpdateContainerInstancesState",
        "ListTasks",
        "DescribeTasks",
        "DescribeServices",
        "DescribeTaskDefinition",
        "DeregisterTargets",
        "DescribeTargetHealth",
        "SendMessageBatch",
        "StopTask",
        "BatchGetItem",
        "UpdateItem",
    ],
)
@pytest.mark.parametrize("kind", ["throttle", "crash-after", "timeout-after"])
def test_4d_one_call_that_fails_or_kills_the_process_costs_no_request(on, operation, kind):
    on.account.ecs.behave("web", App(stops_in_s=20))
    one, _ = crowded(on)
    on.account.faults.add(CallFault(kind, operation=operation, nth=1))

    on.account.fleet.interrupt([one])
    on.account.run_for(200)

    assert on.lost() == 0
    assert on.instance(one)["status"] == "INACTIVE"
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_a_task_that_carries_no_tag_is_not_stopped_and_somebody_is_told(on):
    one, _ = crowded(on, enableECSManagedTags=False)

    on.account.fleet.interrupt([one])
    on.account.run_for(240)

    assert {call["outcome"] for call in on.world.calls("StopTask")} == {"denied"}
    (told,) = [mail for mail in on.world.mails() if "could not be stopped" in mail["Subject"]]
    assert "enableECSManagedTags" in told["Message"]


def test_a_stop_that_was_denied_is_told_as_over_when_all_tasks_carry_a_tag(on):
    one, _ = crowded(on, enableECSManagedTags=False)
    on.account.fleet.interrupt([one])
    on.account.run_for(240)
    on.launch()
    on.account.run_for(3_600)
    arns = on.ecs.list_services(cluster="prod")["serviceArns"]
    incident = f"spot_drain/stop/{arns[0]}"
    assert set(on.incidents("spot_drain/stop/")) == {(incident, "open")}

    on.ecs.update_service(
        cluster="prod", service="web", enableECSManagedTags=True, forceNewDeployment=True
    )
    on.account.run_for(3_600)

    assert on.incidents("spot_drain/stop/")[-1] == (incident, "resolved")
    on.account.run_for(3_600)
    assert len([state for _, state in on.incidents("spot_drain/stop/") if state != "open"]) == 1


def test_an_instance_whose_owner_wants_it_left_alone_keeps_nine_others_from_nothing(on):
    tagged, *others = on.launch(*["eu-west-1a"] * 4)
    on.ecs.tag_resource(
        resourceArn=on.instance(tagged)["containerInstanceArn"],
        tags=[{"key": "ecs-ops:spot-drain", "value": "off"}],
    )

    on.account.fleet.interrupt([tagged, *others])
    on.account.run_for(30)

    assert on.instance(tagged)["status"] == "ACTIVE"
    assert {on.instance(each)["status"] for each in others} == {"DRAINING"}
    assert on.world.metric("InstancesHeldBack") == 1


@pytest.mark.parametrize("mode", ["dry-run", "off"])
def test_without_the_stacks_consent_no_instance_is_touched(operate, mode):
    on = OnInstances(operate(world=False, parameters={"SpotDrainMode": mode}))
    one, _ = crowded(on)

    on.account.fleet.interrupt([one])
    on.account.run_for(119)

    assert on.instance(one)["status"] == "ACTIVE"
    assert on.world.calls("StopTask") == on.world.calls("DeregisterTargets") == []


def test_a_storm_of_one_service_costs_a_handful_of_calls(on):
    ids = on.launch(*["eu-west-1a", "eu-west-1b"] * 10)
    on.service(count=20)

    on.account.fleet.interrupt(ids)
    on.account.run_for(30)

    assert len(on.world.calls("UpdateContainerInstancesState")) == 2
    assert len(on.world.calls("ListTasks")) == 2  # those meant to run, and those that ECS moves
    assert len(on.world.calls("DeregisterTargets")) == 1


def test_4b5_a_rebalance_recommendation_is_only_counted_unless_the_stack_says_more(on):
    one, _ = on.launch()

    on.account.fleet.recommend_rebalance([one])
    on.account.run_for(5)

    assert on.world.metric("RebalanceRecommendations") == 1
    assert on.instance(one)["status"] == "ACTIVE"


def test_4b5_with_the_stacks_consent_what_has_room_elsewhere_is_drained_early(operate):
    on = OnInstances(operate(world=False, parameters={"SpotRebalance": "drain"}))
    one, two = on.launch()
    on.service(count=2)

    on.account.fleet.recommend_rebalance([one, two])
    on.account.run_for(200)

    assert [on.instance(each)["status"] for each in (one, two)].count("DRAINING") == 0
    on.account.fleet.recommend_rebalance([one])
    on.account.run_for(200)

    assert on.instance(one)["status"] == "DRAINING"
    assert on.on(one) == []
    assert on.lost() == 0
