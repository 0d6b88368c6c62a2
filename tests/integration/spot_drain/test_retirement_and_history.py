"""AWS Health's retirement notices, the history, and ECS's own draining over time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.ec2 import Machine
from tests.integration.conftest import web
from tests.integration.spot_drain.ec2 import MIN_50, OnInstances

EVENTS = Path(__file__).resolve().parents[3] / "events"


def retirement(world, *entities: str, in_s: float = 7 * 86_400) -> dict:
    from email.utils import formatdate

    event = json.loads((EVENTS / "health-task-retirement.json").read_text())
    event["detail"]["startTime"] = formatdate(world.now + in_s, usegmt=True)
    event["detail"]["affectedEntities"] = [{"entityValue": each} for each in entities]
    return event


def test_the_date_is_told_and_what_nobody_restarts(operate):
    world = operate([web()], tasks=[{"family": "nightly"}])
    (task,) = (
        arn
        for arn in world.account.client("ecs").list_tasks(cluster="prod")["taskArns"]
        if arn not in world.tasks("web")
    )

    world.account.put_event(retirement(world, "prod|web", task))
    world.account.run_for(60)

    (mail,) = world.mails()
    assert "2026-01-12" in mail["Subject"]
    assert "1 standalone task will not come back" in mail["Message"]
    assert "prod/web" in mail["Message"]


def test_an_opted_in_standalone_task_is_stopped_in_order_at_least_an_hour_before(operate):
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    tagged = on.run_task(tags=[{"key": "ecs-ops:spot-drain", "value": "on"}])
    plain = on.run_task()

    on.account.put_event(retirement(on.world, tagged, plain, in_s=4 * 3_600))
    on.account.run_for(1.5 * 3_600)
    assert on.task(tagged)["desiredStatus"] == "RUNNING"
    on.account.run_for(1.6 * 3_600)  # an hour before, whenever in the hour the tick comes

    calls = on.world.calls("StopTask", outcome="ok")
    assert [call["parameters"]["task"] for call in calls] == [tagged]


def test_a_task_that_is_tagged_after_the_notice_is_stopped_in_order_all_the_same(operate):
    """That is what the alert advises."""
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    task = on.run_task()
    on.account.put_event(retirement(on.world, task, in_s=4 * 3_600))
    on.account.run_for(3_600)

    on.ecs.tag_resource(resourceArn=task, tags=[{"key": "ecs-ops:spot-drain", "value": "on"}])
    on.account.run_for(3 * 3_600)

    # ECS forgets a stopped task after an hour.
    stops = on.world.calls("StopTask", outcome="ok")
    assert [call["parameters"]["task"] for call in stops] == [task]


def test_a_retirement_that_is_closed_stops_nothing_and_one_that_is_postponed_later(operate):
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    tagged = {"tags": [{"key": "ecs-ops:spot-drain", "value": "on"}]}
    closed, postponed = on.run_task(**tagged), on.run_task(**tagged)
    on.account.put_event(retirement(on.world, closed, postponed, in_s=4 * 3_600))
    on.account.run_for(60)

    over = retirement(on.world, closed, in_s=4 * 3_600)
    over["detail"]["statusCode"] = "closed"
    on.account.put_event(over)
    on.account.put_event(retirement(on.world, postponed, in_s=5.5 * 3_600))
    on.account.run_for(3.4 * 3_600)
    assert on.world.calls("StopTask") == []
    on.account.run_for(1.2 * 3_600)

    assert [c["parameters"]["task"] for c in on.world.calls("StopTask")] == [postponed]


def test_a_planned_stop_in_a_cluster_that_is_gone_keeps_no_other_from_its_own(operate):
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    tagged = [{"key": "ecs-ops:spot-drain", "value": "on"}]
    task = on.run_task(tags=tagged)
    on.ecs.create_cluster(clusterName="gone")
    on.definition("other")
    on.account.fleet.launch(Machine(cluster="gone"), "eu-west-1a")
    on.account.run_for(60)
    lost = on.ecs.run_task(cluster="gone", taskDefinition="other", launchType="EC2", tags=tagged)
    on.account.run_for(60)
    arn = lost["tasks"][0]["taskArn"]
    on.account.put_event(retirement(on.world, arn, task, in_s=3 * 3_600))
    on.account.run_for(60)
    on.ecs.stop_task(cluster="gone", task=arn)
    on.account.run_for(120)
    for each in on.ecs.list_container_instances(cluster="gone")["containerInstanceArns"]:
        on.ecs.deregister_container_instance(cluster="gone", containerInstance=each, force=True)
    on.ecs.delete_cluster(cluster="gone")

    on.account.run_for(3 * 3_600)

    assert [c["parameters"]["task"] for c in on.world.calls("StopTask", outcome="ok")] == [task]
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_a_retirement_that_aws_never_closes_ends_when_its_task_has_stopped(operate):
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    task = on.run_task()
    on.account.put_event(retirement(on.world, task, in_s=3_600))
    on.account.run_for(3_600)
    assert [state for _, state in on.incidents("spot_drain/retirement/")] == ["open"]

    on.ecs.stop_task(cluster="prod", task=task)  # as AWS does on the day
    on.account.run_for(2 * 3_600)

    assert [state for _, state in on.incidents("spot_drain/retirement/")] == ["open", "resolved"]


@pytest.mark.parametrize("apart_s", [0, 60])
@pytest.mark.parametrize("turned", [False, True])
def test_a_notice_of_several_pages_loses_none_of_them(operate, turned, apart_s):
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    task = on.run_task()
    on.service()
    pages = [retirement(on.world, task), retirement(on.world, "prod|web")]

    for number, page in enumerate(reversed(pages) if turned else pages):
        page["id"] = f"5f0c001d-7a1b-4c2d-9e3f-a1b2c3d4000{number}"
        page["detail"] |= {"page": str(number + 1), "totalPages": "2"}
        on.account.put_event(page)
        on.account.run_for(apart_s)
    on.account.run_for(400)

    assert on.incidents("spot_drain/retirement/")[-1][1] == "open"
    told = "".join(mail["Message"] for mail in on.world.mails())
    assert f"--resource-arn {task}" in told
    assert "prod/web" in told
    assert "1 standalone task will not come back" in on.world.mails()[-1]["Message"]


def of_instances(world, *ids: str, in_s: float, **detail) -> dict:
    event = retirement(world, *ids, in_s=in_s)
    sample = json.loads((EVENTS / "health-instance-retirement.json").read_text())
    keep = {name: event["detail"][name] for name in ("startTime", "affectedEntities")}
    return sample | {"detail": sample["detail"] | keep | detail}


def test_an_instance_that_aws_retires_is_drained_before_and_told_with_its_date(operate):
    on = OnInstances(operate(world=False))
    one, two, foreign = [*on.launch(cpu=2048), "i-0123456789abcdef0"]
    on.service(deploymentConfiguration=MIN_50)
    tagged = on.run_task(tags=[{"key": "ecs-ops:spot-drain", "value": "on"}])
    arn = on.task(tagged)["containerInstanceArn"]
    going = next(i for i in (one, two) if on.instance(i)["containerInstanceArn"] == arn)

    on.account.put_event(of_instances(on.world, going, foreign, in_s=4 * 3_600))
    on.account.run_for(1.5 * 3_600)
    assert on.instance(going)["status"] == "ACTIVE"
    (mail,) = on.world.mails()
    assert "retires 1 container instance on" in mail["Subject"]
    assert going in mail["Message"]
    assert foreign not in mail["Message"]
    on.account.run_for(1.6 * 3_600)

    assert on.instance(going)["status"] == "DRAINING"
    assert on.task(tagged)["lastStatus"] == "STOPPED"
    assert on.on(going) == []
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


@pytest.mark.parametrize(
    "detail",
    [
        {"eventTypeCode": "AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED"},
        {"eventTypeCode": "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED", "statusCode": "closed"},
    ],
)
def test_an_instance_that_stays_is_told_of_and_not_drained(operate, detail):
    """Nobody would set it back to ACTIVE after a reboot."""
    on = OnInstances(operate(world=False))
    (one,) = on.launch("eu-west-1a")
    on.account.put_event(of_instances(on.world, one, in_s=4 * 3_600))
    on.account.run_for(60)
    assert len(on.world.mails()) == 1

    on.account.put_event(of_instances(on.world, one, in_s=4 * 3_600, **detail))
    on.account.run_for(3 * 3_600)

    assert on.instance(one)["status"] == "ACTIVE"
    assert len(on.world.mails()) == 2


def test_a_retirement_without_entities_is_rejected_by_name(operate):
    world = operate(world=False)

    world.account.put_event(retirement(world))
    world.account.run_for(200)

    assert world.metric("RejectedMessages") >= 1
    assert len(world.dead_letters("SpotDrainDeadLetterQueue")) == 1


@pytest.mark.parametrize("elsewhere", [{"account": "999999999999"}, {"region": "us-east-1"}])
def test_an_event_of_another_account_or_region_is_none_of_this_ones_business(operate, elsewhere):
    world = operate(world=False)
    event = json.loads((EVENTS / "ec2-spot-interruption-warning.json").read_text())

    world.account.put_event(event | elsewhere)
    world.account.run_for(5)

    assert world.metric("ForeignEvents") == 1
    assert world.calls("ListClusters") == []


def episodes(world) -> list[dict]:
    items = world.account.client("dynamodb").scan(TableName=world.stack.ref("SpotDrainTable"))
    return [json.loads(each["episode"]["S"]) for each in items["Items"] if "episode" in each]


def test_what_became_of_a_storm_is_kept_by_zone_provider_and_size(operate):
    world = operate([web(count=4)], native="broken")

    world.account.ecs.interrupt()
    world.account.run_for(120)

    (episode,) = episodes(world)
    assert episode["service_arn"].endswith("service/prod/web")
    assert sum(row["tasks"] for row in episode["rows"]) == 4
    assert sum(row["backstop"] for row in episode["rows"]) == 4
    assert {(row["provider"], row["size"]) for row in episode["rows"]} == {
        ("FARGATE_SPOT", "256/512")
    }
    assert all(100 <= row["left_s"] <= 120 for row in episode["rows"])
    assert all(row["in_flight"] == row["tasks"] for row in episode["rows"])


def test_instances_are_in_the_history_with_their_type(operate):
    on = OnInstances(operate(world=False))
    one, _ = on.launch(cpu=512)
    on.service()

    on.account.fleet.interrupt([one])
    on.account.run_for(200)

    (episode,) = episodes(on.world)
    assert [(row["zone"], row["size"]) for row in episode["rows"]] == [("eu-west-1a", "m7g.large")]


def test_ecs_that_stops_draining_by_itself_is_noticed(operate):
    from sandbox.ecs import EcsSettings
    from sandbox.faults import EventFault

    world = operate([web(count=8)], native="works", faults=[EventFault(delay_s=4)])
    for _ in range(4):
        world.account.ecs.interrupt()
        world.account.run_for(8 * 3_600)
    world.account.ecs._interruption._settings = EcsSettings(native_spot_deregistration="broken")
    for _ in range(4):
        world.account.ecs.interrupt()
        world.account.run_for(8 * 3_600)

    told = [mail for mail in world.mails() if "by itself" in mail["Subject"]]
    assert told
    assert "containers-roadmap#2673" in told[0]["Message"]
    assert len({incident for incident, _ in OnInstances.told(world, "spot_drain/native/")}) == 1
