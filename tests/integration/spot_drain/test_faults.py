"""Every AWS call may throttle, time out, fail, or succeed and then the process dies."""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from sandbox.faults import CallFault, EventFault
from tests.integration.conftest import web
from tests.integration.spot_drain.ec2 import OnInstances

told = OnInstances.told

OPERATIONS = [
    ("ecs", "DescribeServices"),
    ("elbv2", "DescribeTargetHealth"),
    ("elbv2", "DeregisterTargets"),
    ("sqs", "SendMessageBatch"),
    ("dynamodb", "UpdateItem"),
    ("dynamodb", "BatchGetItem"),
    ("dynamodb", "PutItem"),
    ("dynamodb", "DeleteItem"),
    ("events", "PutEvents"),
    ("sns", "Publish"),
]


@pytest.mark.parametrize(
    "kind", ["throttle", "error", "timeout-before", "timeout-after", "crash-after"]
)
@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_one_fault_anywhere_changes_nothing_in_the_end(operate, service, operation, kind):
    world = operate(
        native="broken", faults=[CallFault(kind, service=service, operation=operation, nth=1)]
    )
    victim, survivor = world.tasks("web")
    addresses = world.address(victim), world.address(survivor)

    world.account.ecs.interrupt([victim])
    world.account.run_for(400)

    assert world.deregistered() == {(addresses[0], 8080)}
    assert world.health("web")[addresses[1], 8080] == "healthy"
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []
    assert world.dead_letters("AlertsDeadLetterQueue") == []
    assert len({mail["Message"].rpartition("|")[2] for mail in world.mails()}) >= 1


def test_a_throttled_deregistration_is_retried_while_the_task_lives(operate):
    faults = [
        CallFault("throttle", service="elbv2", operation="DeregisterTargets", nth=n)
        for n in range(1, 6)
    ]
    world = operate(native="broken", faults=faults)
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(25)

    assert world.health("web").get((address, 8080), "gone") in {"draining", "gone"}


def test_a_deregistration_that_always_fails_ends_in_a_critical_alert_with_the_command(operate):
    world = operate(
        native="broken", faults=[CallFault("error", service="elbv2", operation="DeregisterTargets")]
    )
    world.account.ecs.behave("web", App(stops_in_s=100, accepts_until="exit"))
    world.account.client("ecs").update_service(
        cluster="prod", service="web", forceNewDeployment=True
    )
    world.account.run_for(600)
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(60)

    critical = [mail for mail in world.mails() if mail["Subject"].startswith("[CRITICAL]")]
    assert len(critical) == 1
    assert "1 dying target still in rotation" in critical[0]["Subject"]
    assert (
        f"--target-group-arn {world.group('web')} --targets Id={address},Port=8080"
        in critical[0]["Message"]
    )
    assert world.metric("StillRegistered") == 1

    world.account.run_for(600)
    assert [
        mail["Subject"] for mail in world.mails() if "no target of a dead task" in mail["Subject"]
    ]
    states = [state for incident, state in told(world, "spot_drain/arn:")]
    assert states[-1] == "resolved"


def test_a_target_that_left_without_us_is_not_claimed_as_ours(operate):
    # The application dies at SIGTERM, ECS cleans up when the task has stopped: before the last try.
    world = operate(
        native="broken", faults=[CallFault("error", service="elbv2", operation="DeregisterTargets")]
    )

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(150)

    assert world.metric("BackstopDeregistered") == 0
    (mail,) = world.mails()
    assert mail["Subject"].startswith("[warning]")
    assert "in time" not in mail["Subject"]


@pytest.mark.parametrize("seed", range(4))
def test_duplicates_delays_and_shuffles_of_a_storm_touch_nobody_else(operate, seed):
    world = operate(
        [web(count=8), web("api", count=4)],
        seed=seed,
        faults=[EventFault(source="aws.ecs", duplicates=2, shuffle_s=200, probability=0.7)],
    )
    victims = [*world.tasks("web")[:5], *world.tasks("api")[:2]]
    doomed = {(world.address(arn), 8080) for arn in victims}

    world.account.ecs.interrupt(victims)
    world.account.run_for(1200)

    assert world.deregistered() <= doomed
    for service, count in (("web", 8), ("api", 4)):
        states = list(world.health(service).values())
        assert states.count("healthy") == count
