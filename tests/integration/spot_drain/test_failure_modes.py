"""The failure modes of the facts (4d) that no other file is about, through the shipped template."""

from __future__ import annotations

from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.conftest import web
from tests.integration.spot_drain.ec2 import OnInstances


def test_4d_without_its_first_event_an_interruption_is_known_by_the_next(operate):
    world = operate(native="broken")
    victim = world.tasks("web")[0]
    address = world.address(victim)
    world.account.ecs.behave("web", App(stops_in_s=60))
    rule = world.stack.ref("SpotInterruptionRule")
    world.account.client("events").disable_rule(Name=rule)
    world.account.ecs.interrupt([victim])
    world.account.run_for(0)
    world.account.client("events").enable_rule(Name=rule)
    assert world.deregistered() == set()

    world.account.run_for(60)

    assert world.deregistered() == {(address, 8080)}


def test_4d_tasks_of_a_service_that_is_being_deleted_leave_their_groups_too(operate):
    world = operate(native="broken")
    victim = world.tasks("web")[0]
    address = world.address(victim)
    event = world.interruption_of(victim)
    world.account.client("ecs").delete_service(cluster="prod", service="web", force=True)

    world.account.put_event(event)
    world.account.run_for(20)

    assert world.deregistered() == {(address, 8080)}
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_4d_in_a_group_of_two_services_only_the_interrupted_tasks_are_taken_out(operate):
    shared = [{"name": "shared", "deregistration_delay": "30s"}]
    world = operate(
        [web("web", target_groups=shared), web("api", target_groups=shared)], native="broken"
    )
    victims = {(world.address(arn), 8080) for arn in world.tasks("api")}

    world.account.ecs.interrupt(service="api")
    world.account.run_for(15)

    assert world.deregistered() == victims
    for arn in world.tasks("web"):
        assert world.health("shared")[world.address(arn), 8080] == "healthy"


def test_4d_an_instance_that_is_in_another_cluster_than_remembered_is_found_there(operate):
    on = OnInstances(operate(world=False))
    on.ecs.create_cluster(clusterName="other")
    one, _ = on.launch()
    on.account.run_for(30)  # the events are read twenty seconds later
    item = {"pk": {"S": f"instance#{one}"}}
    table = on.world.stack.ref("SpotDrainTable")
    dynamodb = on.account.client("dynamodb")
    known = dynamodb.get_item(TableName=table, Key=item)["Item"]
    moved = {
        "arn": {"S": known["arn"]["S"].replace("/prod/", "/other/")},
        "cluster_arn": {"S": known["cluster_arn"]["S"].replace("/prod", "/other")},
    }
    dynamodb.put_item(TableName=table, Item=known | moved)

    on.account.fleet.interrupt([one])
    on.account.run_for(5)

    assert on.instance(one)["status"] == "DRAINING"


def test_4d_one_refused_instance_of_a_call_does_not_keep_the_others_from_draining(operate):
    """Partial failures[]: an instance that is gone meanwhile, among some that are not."""
    on = OnInstances(operate(world=False))
    gone, *others = on.launch(*["eu-west-1a"] * 3)
    on.account.run_for(30)  # the events are read twenty seconds later
    on.account.fleet.interrupt([gone, *others])
    on.account.ecs.instance_lost(gone)
    on.account.run_for(20)

    (call,) = on.world.calls("UpdateContainerInstancesState")
    assert len(call["parameters"]["containerInstances"]) == 3
    assert {on.instance(each)["status"] for each in others} == {"DRAINING"}
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_4d_a_target_that_its_group_refuses_holds_up_no_other(operate):
    """InvalidTarget of one group; the other is left all the same."""
    groups = [{"name": name, "deregistration_delay": "30s"} for name in ("web", "second")]
    refused = CallFault(
        "error", operation="DeregisterTargets", nth=1, code="InvalidTarget", status=400
    )
    world = operate([web(target_groups=groups)], native="broken", faults=[refused])
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(25)

    first, *_ = world.calls("DeregisterTargets")
    assert first["outcome"] != "ok"
    (other,) = {"web", "second"} - {first["parameters"]["TargetGroupArn"].split("/")[1]}
    assert world.health(other).get((address, 8080), "gone") in {"draining", "gone"}
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []
