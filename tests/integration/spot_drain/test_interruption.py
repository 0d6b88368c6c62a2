"""A Fargate Spot interruption through the shipped rule, queue, function and role.

The numbers in the names are the steps of the algorithm in docs/spot-drain.md and, behind it, AWS's own
documentation of task events and target groups.
"""

from __future__ import annotations

import json

from sandbox.faults import EventFault
from tests.integration.conftest import web


def test_4a_an_interrupted_task_leaves_its_target_group_at_once(operate):
    world = operate()
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(1)

    assert world.deregistered() == {(address, 8080)}
    assert world.health("web")[address, 8080] == "draining"


def test_4a_the_other_tasks_stay_in_service(operate):
    world = operate()
    victim, survivor = world.tasks("web")

    world.account.ecs.interrupt([victim])
    world.account.run_for(60)

    assert world.health("web")[world.address(survivor), 8080] == "healthy"


def test_4a2_a_standalone_task_is_counted_and_nothing_is_touched(operate):
    world = operate(tasks=[{"family": "nightly"}])
    world.account.ecs.interrupt(service="nightly") or world.account.ecs.interrupt()
    world.account.run_for(1)

    assert world.metric("StandaloneInterrupted") >= 1


def test_4a3_every_target_group_of_the_service_is_left(operate):
    service = web(
        containers=[{"name": "app", "port": 8080}, {"name": "envoy", "port": 8443}],
        target_groups=[{"name": "web", "container": "app"}, {"name": "mesh", "container": "envoy"}],
    )
    world = operate([service])
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(1)

    assert world.deregistered() == {(address, 8080), (address, 8443)}


def test_4a3_the_alternate_group_of_a_blue_green_deployment_is_left_too(operate):
    service = web(target_groups=[{"name": "blue", "alternate": "green"}])
    world = operate([service])

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(1)

    left = {call["parameters"]["TargetGroupArn"] for call in world.calls("DeregisterTargets")}
    assert left == {world.group("blue"), world.group("green")}


def test_4a4_the_port_is_always_given(operate):
    world = operate()

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(20)

    targets = [t for c in world.calls("DeregisterTargets") for t in c["parameters"]["Targets"]]
    assert targets
    assert all(target["Port"] == 8080 for target in targets)


def test_4a6_what_ecs_had_done_itself_counts_as_native(operate):
    # ECS deregisters two seconds after the notice; the event takes five to arrive.
    world = operate(native="works", faults=[EventFault(delay_s=5)])

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(20)

    assert world.metric("NativeDeregistered") == 1
    assert world.metric("BackstopDeregistered") == 0


def test_4a6_broken_native_draining_is_caught_by_the_backstop(operate):
    world = operate(native="broken")
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(12)

    assert world.metric("BackstopDeregistered") == 1
    assert world.metric("NativeDeregistered") == 0
    assert world.health("web").get((address, 8080), "gone") in {"draining", "gone"}


def test_4a7_an_hour_late_copy_never_touches_the_task_that_got_the_address(operate):
    world = operate()
    victim = world.tasks("web")[0]
    address = world.address(victim)
    event = world.interruption_of(victim)
    world.account.run_for(1800)
    world.account.client("ecs").update_service(cluster="prod", service="web", desiredCount=4)
    world.account.run_for(1800)
    heirs = [arn for arn in world.tasks("web") if world.address(arn) == address]
    assert heirs, "the twin reuses the lowest free address: otherwise this test proves nothing"
    world.trace.clear()
    world.account.recycle()

    world.account.put_event(event)
    world.account.run_for(60)

    assert world.deregistered() == set()
    assert world.metric("StaleEvents") == 1
    assert world.health("web")[address, 8080] == "healthy"


def test_4a8_duplicates_cost_no_second_round(operate):
    world = operate()
    event = world.interruption_of(world.tasks("web")[0])
    world.account.put_event(event)
    world.account.run_for(1)
    before = len(world.calls("DeregisterTargets"))

    for _ in range(5):
        world.account.put_event(event)
    world.account.run_for(5)

    assert len(world.calls("DeregisterTargets")) == before == 1


def test_one_alert_per_service_and_storm_not_one_per_task(operate):
    world = operate([web(count=12), web("api", count=7)])

    world.account.ecs.interrupt()
    world.account.run_for(150)

    subjects = sorted(mail["Subject"] for mail in world.mails())
    assert [subject.partition(":")[0] for subject in subjects] == [
        "[info] prod/api",
        "[info] prod/web",
    ]
    assert "Spot took 7 tasks" in subjects[0]
    assert "Spot took 12 tasks" in subjects[1]


def test_the_old_stop_code_and_no_stop_code_at_all_are_interruptions_too(operate):
    world = operate([web(count=3)])
    for victim, codes in zip(
        world.tasks("web"), ({"stopCode": "TerminationNotice"}, {}), strict=False
    ):
        event = world.interruption_of(victim)
        world.account.recycle()
        world.trace.clear()
        detail = {k: v for k, v in event["detail"].items() if k != "stopCode"} | codes
        world.account.put_event(event | {"detail": detail})
        world.account.run_for(1)
        assert world.calls("DeregisterTargets"), codes


def test_an_ordinary_stop_wakes_nobody(operate):
    world = operate()

    world.account.client("ecs").stop_task(
        cluster="prod", task=world.tasks("web")[0], reason="deploy"
    )
    world.account.run_for(120)

    assert world.trace.select("invocation") == []


def test_the_published_alert_follows_its_documented_schema(operate):
    import jsonschema

    from build_tools.schemas import SCHEMAS

    world = operate()
    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(150)

    schema = json.loads((SCHEMAS / "alert-v1.json").read_text(encoding="utf-8"))
    entries = [e for c in world.calls("PutEvents") for e in c["parameters"]["Entries"]]
    assert len(entries) == 1
    jsonschema.validate(json.loads(entries[0]["Detail"]), schema)
