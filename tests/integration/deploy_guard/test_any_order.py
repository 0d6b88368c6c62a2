"""Events arrive in any order, late and more than once, orders as well: what is done stays the same.

Each test plays its scenario in a wrong order and in others that hypothesis draws; ``ORDERS=50`` draws more.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.faults import CallFault, EventFault
from tests.integration.conftest import operations, web
from tests.integration.deploy_guard.guarded import EXECUTOR, Guard, guarded
from tests.integration.deploy_guard.observed import SECRET, Observed

# How late one event after the other arrives. The simplest permutation is a wrong order already.
LATE = (180.0, 90.0, 40.0, 240.0, 15.0, 4.0, 120.0, 0.0)
TICKING = frozenset({"DeployGuardSweepRule"})


def in_any_order(test):
    orders = int(os.environ.get("ORDERS", "4"))
    drawn = settings(max_examples=orders, phases=[Phase.generate], deadline=None)
    return drawn(given(order=st.permutations(LATE))(test))


@contextmanager
def whole(order, *, mode="auto", copies=3, delay_s=0.0, **service):
    """Both halves of the guard, and ``copies`` of each event of ECS, in this order."""
    late = EventFault(source="aws.ecs", duplicates=copies - 1, delay_s=delay_s, delays=tuple(order))
    with operations(TICKING) as operate:
        guard = Observed(operate([web(**service)]))
        guard.account.faults.add(late)
        guard.tag(rollback=mode)
        yield guard


def states(guard):
    return [row.state for row in reversed(guard.audit())]


def told_once(guard):
    """The stages that were told: at most one message each, all of them in one thread."""
    told = {(one["incident"], one["stage"]) for one in guard.alerts()}
    assert len({incident for incident, _ in told}) == 1
    assert 1 <= len(guard.mails()) <= len(told)
    return {stage for _, stage in told}


@in_any_order
def test_s01_a_rollback_that_ecs_calls_completed_is_no_success(order):
    with whole(order, mode="notify", breaker={}) as guard:
        guard.tag(deployment_news="all")
        guard.release(app=App.without_secret(SECRET), seconds=700)
        stages = told_once(guard)
        assert "rolled-back" in stages
        assert stages <= {"started", "failed", "rolling-back", "rolled-back"}
        last = guard.alerts()[-1]
        assert last["title"].startswith("prod/web: rolled back, serving web:1")
        assert (last["severity"], last["state"]) == ("warning", "update")
        row = guard.ledger().deployments[0]
        assert (row.outcome, row.serving.name) == (Outcome.ROLLED_BACK, "web:1")
        assert guard.ledger().bad(row.target)
        assert not guard.ledger().bad(row.serving)
        assert guard.writes() == []


@in_any_order
def test_s07_a_failure_that_is_known_too_late_is_told_as_that(order):
    with whole(order, delay_s=300, copies=2, breaker={"rollback": False}) as guard:
        guard.release(app=App.without_secret(SECRET), seconds=250)
        guard.release(seconds=900)
        assert guard.writes() == []
        assert told_once(guard) == {"superseded"}
        assert "a newer deployment has replaced it" in guard.alerts()[0]["title"]
        assert states(guard) == ["SUPERSEDED"]
        newer, row = guard.ledger().deployments[:2]
        assert (newer.outcome, row.outcome) == (Outcome.SUCCEEDED, Outcome.SUPERSEDED)


@in_any_order
def test_s08_a_conflict_with_a_success_leads_to_no_other_call(order):
    with whole(order) as guard:

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


@in_any_order
def test_s09_five_copies_of_every_event_are_one_claim_one_call_and_one_alert(order):
    with whole(order, copies=5) as guard:
        guard.release(app=App.without_secret(SECRET), seconds=600)
        assert guard.writes() == ["StopServiceDeployment"]
        assert states(guard) == ["ATTEMPT", "REQUESTED"]
        assert "failed" in told_once(guard)
        for queue in ("DeployGuardDeadLetterQueue", "DeployGuardOrdersDeadLetterQueue"):
            assert guard.world.dead_letters(queue) == []


@in_any_order
def test_s10_a_rollback_that_fails_is_not_rolled_back(order):
    with whole(order, copies=2) as guard:
        no_rollback = {"enable": True, "rollback": False}
        fail_both_ways(guard, seconds=800, deploymentCircuitBreaker=no_rollback)
        assert len(guard.writes()) == 1
        told_once(guard)
        assert_a_person_is_called(guard, "failed")


def test_s10_without_a_breaker_a_rollback_that_gets_nowhere_is_told_as_well(operate):
    guard = Observed(operate([web()]))
    guard.tag(rollback="auto")
    # Three tasks of the older version have failed by then: nobody waits for a quarter of an hour.
    fail_both_ways(guard, seconds=600)
    assert guard.writes() == ["StopServiceDeployment"]
    assert_a_person_is_called(guard, "got nowhere")
    assert "3 tasks of the version gone back to failed" in str(newest(guard).rules)
    # ECS still tries, and in the end it works.
    guard.account.ecs.behave("web:1", App())
    guard.account.run_for(1200)
    assert newest(guard).outcome is Outcome.ROLLED_BACK
    assert guard.stages()[-1] == "rolled-back"
    assert guard.writes() == ["StopServiceDeployment"]


def fail_both_ways(guard, *, seconds=1500, **configured):
    """A version fails, and what ran before it, and made way for it, does not start any more either."""
    room = {"minimumHealthyPercent": 0, "maximumPercent": 100}
    guard.ecs.update_service(
        cluster="prod", service="web", deploymentConfiguration=room | configured
    )
    guard.account.ecs.behave("web:1", App.without_secret(SECRET))
    guard.release(app=App.without_secret(SECRET), seconds=seconds)


def assert_a_person_is_called(guard, end):
    row = newest(guard)
    assert row.outcome is Outcome.ROLLBACK_FAILED
    (alert,) = [one for one in guard.alerts() if one["stage"] == "rollback-failed"]
    assert alert["title"].startswith(f"prod/web: rollback {end}, a person is needed")
    assert alert["severity"] == "critical"
    assert "The toolkit tries no second time." in alert["summary"]
    assert [one.state for one in guard.audit() if one.executed].count("ATTEMPT") == 1


def newest(guard):
    return next(row for row in guard.ledger().deployments if not row.rolls_back)


@in_any_order
def test_s19_ecs_rolls_back_first(order):
    with whole(order, breaker={}) as guard:
        guard.release(app=App.without_secret(SECRET), seconds=900)
        assert guard.writes() == []
        assert newest(guard).outcome is Outcome.ROLLED_BACK
        assert not any(row.executed for row in guard.audit())
        told_once(guard)


@in_any_order
def test_s19_after_fifteen_minutes_it_acts_once(order):
    with whole(order, copies=2, breaker={"threshold": 50}) as guard:
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
