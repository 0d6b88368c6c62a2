"""Orders come to one rollback, the right one, or to a reason why not."""

from __future__ import annotations

import pytest

from tests.integration.deploy_guard.guarded import Guard, guarded


@pytest.fixture
def guard(operate):
    return Guard(operate([guarded()]))


def test_s02_a_missing_image_is_rolled_back_once(guard):
    row = guard.fail()
    guard.carry_out()
    assert guard.rollbacks == [
        ("StopServiceDeployment", {"serviceDeploymentArn": row.id, "stopType": "ROLLBACK"})
    ]
    assert guard.states == ["ATTEMPT", "REQUESTED"]
    assert guard.stages == ["acted-REQUESTED"]
    guard.account.run_for(120)
    assert guard.status == "ROLLBACK_SUCCESSFUL"


def test_whoever_writes_the_tag_in_capitals_is_understood_by_iam_too(guard):
    guard.fail()
    guard.tag(rollback="Auto")
    guard.carry_out()
    assert [operation for operation, _ in guard.rollbacks] == ["StopServiceDeployment"]
    assert guard.states == ["ATTEMPT", "REQUESTED"]


def test_the_stacks_mode_off_stops_every_rollback_whatever_the_tags_say(operate):
    guard = Guard(operate([guarded()], parameters={"DeployGuardMode": "off"}))
    guard.fail()
    guard.carry_out()
    assert guard.tried == []
    assert guard.states == ["REFUSED"]


def test_s02_the_tag_means_the_same_to_iam_however_it_is_written(guard):
    guard.tag(rollback="Auto")
    guard.fail()
    guard.carry_out()
    assert [operation for operation, _ in guard.rollbacks] == ["StopServiceDeployment"]
    assert guard.states == ["ATTEMPT", "REQUESTED"]


@pytest.mark.parametrize(
    ("mode", "state"), [("notify", "REFUSED"), ("dry-run", "DRY_RUN"), ("off", "REFUSED")]
)
def test_s03_without_the_tag_nothing_is_called_and_the_audit_says_so(guard, mode, state):
    guard.fail()
    guard.tag(rollback=mode)
    guard.carry_out(guard.order(kind="dry-run" if mode == "dry-run" else "act", mode=mode))
    assert guard.tried == []
    (row,) = guard.audit
    assert (row.state, row.executed, row.mode) == (state, False, mode)
    assert "StopServiceDeployment" in row.calls[0]
    (alert,) = guard.alerts
    assert alert["stage"].startswith(f"acted-{state}")


def test_s03_an_order_of_a_dry_run_never_acts_even_if_the_tag_has_changed(guard):
    guard.fail()
    guard.carry_out(guard.order(kind="dry-run", mode="dry-run"))
    assert guard.tried == []
    assert guard.states == ["DRY_RUN"]


def test_s07_a_newer_deployment_is_left_alone(guard):
    guard.fail()
    given = guard.order()
    guard.account.run_for(300)
    guard.release(seconds=10)
    guard.carry_out(given)
    assert guard.tried == []
    assert guard.states == ["SUPERSEDED"]
    (alert,) = guard.alerts
    assert "somebody else was faster" in alert["title"]


def test_s09_five_copies_on_five_workers_come_to_one_call(guard):
    guard.fail()
    guard.carry_out(*[guard.order()] * 5, seconds=200)
    assert [operation for operation, _ in guard.rollbacks] == ["StopServiceDeployment"]
    assert guard.states == ["ATTEMPT", "REQUESTED"]
    assert guard.stages == ["acted-REQUESTED"]
    assert guard.world.dead_letters("DeployGuardOrdersDeadLetterQueue") == []


def test_a_copy_that_comes_later_costs_one_call(guard):
    guard.fail()
    guard.carry_out()
    guard.world.trace.clear()
    guard.carry_out()
    assert [call["operation"] for call in guard.world.calls()] == ["BatchGetItem"]
