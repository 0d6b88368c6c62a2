"""Events arrive in any order, late and more than once, orders as well: what is done stays the same."""

from __future__ import annotations

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.faults import CallFault, EventFault
from tests.integration.conftest import web
from tests.integration.deploy_guard.guarded import EXECUTOR, NO_IMAGE, Guard, guarded
from tests.integration.deploy_guard.observed import SECRET, Observed

SEEDS = (1, 2)
CHAOS = EventFault(source="aws.ecs", duplicates=2, shuffle_s=60)


def whole(operate, seed, **service):
    """Both halves of the guard, and events in any order."""
    world = operate([web(**service)], seed=seed, faults=[CHAOS])
    guard = Observed(world)
    guard.tag(rollback="auto")
    return guard


def states(guard):
    return [row.state for row in reversed(guard.audit())]


@pytest.mark.parametrize("seed", SEEDS)
def test_s08_a_conflict_with_a_success_leads_to_no_other_call_in_any_order(operate, seed):
    guard = whole(operate, seed)

    def succeed():
        # Its tasks run from now on: one that dies on after COMPLETED is rolled back for that.
        guard.account.ecs.behave("web:2", App())
        guard.account.ecs.succeed("web")

    guard.account.ecs.just_before("StopServiceDeployment", succeed)
    guard.release(app=App.without_secret(SECRET), seconds=600)
    assert guard.writes() == ["StopServiceDeployment"]
    assert states(guard) == ["ATTEMPT", "REFUSED"]
    assert not any(row.executed for row in guard.audit() if row.state != "ATTEMPT")


@pytest.mark.parametrize("copies", [1, 3])
def test_s08_a_conflict_with_a_rollback_counts_as_done_however_often_it_is_ordered(operate, copies):
    guard = Guard(operate([guarded()]))
    row = guard.fail()

    def roll_back():
        guard.client("ecs").stop_service_deployment(
            serviceDeploymentArn=row.id, stopType="ROLLBACK"
        )

    guard.account.ecs.just_before("DescribeTaskDefinition", roll_back)
    guard.account.faults.add(
        CallFault("error", operation="StopServiceDeployment", code="ConflictException", status=400)
    )
    guard.carry_out(*[guard.order()] * copies, seconds=120)
    assert guard.rollbacks == []
    assert guard.states[-1] == "CONFIRMED"
    assert guard.stages == ["acted-CONFIRMED"]


@pytest.mark.parametrize("seed", SEEDS)
def test_s10_a_rollback_that_fails_is_not_rolled_back_in_any_order(operate, seed):
    guard = whole(operate, seed)
    # What ran before does not start any more either.
    guard.account.ecs.behave("web:1", NO_IMAGE)
    guard.release(app=App.crash(after_s=3), seconds=200)
    guard.account.ecs.interrupt(guard.world.tasks("web"))
    guard.account.run_for(1500)
    assert guard.writes() == ["StopServiceDeployment"]
    assert [row.state for row in guard.audit() if row.executed].count("ATTEMPT") == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_s19_ecs_rolls_back_first_in_any_order(operate, seed):
    guard = whole(operate, seed, breaker={})
    guard.release(app=App.without_secret(SECRET), seconds=900)
    assert guard.writes() == []
    assert guard.ledger().deployments[0].outcome is Outcome.ROLLED_BACK
    assert not any(row.executed for row in guard.audit())
    assert len(guard.stages()) == len(set(guard.stages()))


@pytest.mark.parametrize("seed", SEEDS)
def test_s19_after_fifteen_minutes_it_acts_once_in_any_order(operate, seed):
    guard = whole(operate, seed, breaker={"threshold": 50})
    guard.release(app=App.without_secret(SECRET), seconds=1500)
    assert guard.writes() == ["StopServiceDeployment"]
    assert states(guard) == ["ATTEMPT", "REQUESTED"]


@pytest.mark.parametrize("operation", ["PutEvents", "Publish"])
def test_s22_what_cannot_be_sent_is_sent_later_and_arrives_once(operate, operation):
    guard = Observed(operate([web()]))
    function = (
        None if operation == "Publish" else guard.world.stack.function("DeployGuardFunction").name
    )
    for nth in (1, 2):
        guard.account.faults.add(
            CallFault("throttle", operation=operation, function=function, nth=nth)
        )
    guard.release(app=App.without_secret(SECRET), seconds=600)
    assert len([mail for mail in guard.mails() if "failed" in mail["Subject"]]) == 1
    assert guard.world.dead_letters("DeployGuardDeadLetterQueue") == []


def test_s22_the_rollback_does_not_wait_for_the_alert(operate):
    guard = Observed(operate([web()]))
    guard.tag(rollback="auto")
    name = guard.world.stack.function(EXECUTOR).name
    guard.account.faults.add(CallFault("throttle", operation="PutEvents", function=name))
    guard.release(app=App.without_secret(SECRET), seconds=120)
    assert guard.writes() == ["StopServiceDeployment"]
    assert "REQUESTED" in states(guard)
