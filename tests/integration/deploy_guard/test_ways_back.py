"""The exact call for each controller and state, and what becomes of it when others act as well."""

from __future__ import annotations

import pytest

from deploy_guard.model import Freeze, Outcome
from sandbox.cli.freeze_rows import freeze
from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.deploy_guard.condemned import (
    REPOSITORY,
    WHOLE,
    completed,
    mutable,
    paused,
    set_alarm,
)
from tests.integration.deploy_guard.guarded import AUTO, Guard, guarded


def refused(guard):
    """Nothing was called; the one row that says why."""
    assert guard.tried == []
    (row,) = [one for one in guard.audit if one.state != "FROZEN"]
    assert not row.executed
    return row


def test_s12_a_completed_version_is_replaced_by_the_task_definition_alone(operate):
    guard = completed(operate)
    guard.carry_out()
    good = guard.row.source.task_definition
    assert guard.rollbacks == [
        ("UpdateService", {"cluster": "prod", "service": "web", "taskDefinition": good})
    ]
    assert guard.states == ["ATTEMPT", "REQUESTED"]
    row = guard.audit[-1]
    assert row.after != row.before
    assert row.after.startswith("ecs-svc/")
    assert row.task_definition == good


def test_s12_an_alarm_that_is_over_moves_nothing(operate):
    guard = completed(operate)
    set_alarm(guard.world, "OK")
    guard.carry_out()
    assert refused(guard).state == "REFUSED"


def test_s12_a_newer_deployment_ends_the_matter(operate):
    guard = completed(operate)
    given = guard.order()
    guard.release(seconds=5)
    guard.carry_out(given)
    assert refused(guard).state == "SUPERSEDED"


def test_s08_a_conflict_with_a_success_leads_to_no_other_call(operate):
    guard = Guard(operate([guarded()]))
    guard.fail()

    def succeed():
        guard.account.ecs.succeed("web")

    guard.account.ecs.just_before("StopServiceDeployment", succeed)
    guard.carry_out(seconds=60)
    assert guard.rollbacks == []
    assert guard.states == ["ATTEMPT", "REFUSED"]
    assert "ConflictException" in guard.audit[-1].note
    assert [act.executed for act in guard.acts] == [False]


def test_s08_a_conflict_with_a_rollback_counts_as_done(operate):
    guard = Guard(operate([guarded()]))
    row = guard.fail()

    def roll_back():
        guard.client("ecs").stop_service_deployment(
            serviceDeploymentArn=row.id, stopType="ROLLBACK"
        )

    # After our look ECS rolls back, and it refuses our call.
    guard.account.ecs.just_before("DescribeTaskDefinition", roll_back)
    refusal = CallFault(
        "error", operation="StopServiceDeployment", code="ConflictException", status=400
    )
    guard.account.faults.add(refusal)
    guard.carry_out(seconds=60)
    assert guard.rollbacks == []
    assert guard.audit[-1].state == "CONFIRMED"
    assert not guard.audit[-1].executed


def test_a_third_deployment_that_was_replaced_by_ours_is_told(operate):
    guard = completed(operate)

    def somebody_deploys():
        guard.release(image="app:3")

    guard.account.ecs.just_before("UpdateService", somebody_deploys)
    guard.carry_out()
    assert [operation for operation, _ in guard.rollbacks] == ["UpdateService"]
    assert "which somebody began at the same moment" in guard.audit[-1].note


def test_s10_the_third_rollback_in_a_day_is_left_to_people(operate):
    guard = Guard(operate([guarded()]))
    for number in range(3):
        guard.fail()
        guard.carry_out(seconds=2000)
        assert len(guard.rollbacks) == min(number + 1, 2)
    assert guard.states[-1] == "REFUSED"
    assert "2 of at most 2" in guard.audit[-1].why


def test_s10_a_rollback_gets_time_to_settle(operate):
    guard = Guard(operate([guarded()]))
    guard.fail()
    guard.carry_out(seconds=300)
    guard.fail()
    guard.carry_out()
    assert len(guard.rollbacks) == 1
    guard.account.run_for(1800)
    assert len(guard.rollbacks) == 2


def test_s15_a_deployment_that_waits_is_answered_with_rollback(operate):
    guard = paused(operate)
    guard.carry_out()
    ((operation, parameters),) = guard.rollbacks
    assert operation == "ContinueServiceDeployment"
    assert parameters["serviceDeploymentArn"] == guard.row.id
    assert parameters["action"] == "ROLLBACK"


def test_s13_a_mutable_tag_needs_the_owners_word(operate):
    guard = mutable(operate)
    guard.carry_out()
    assert "mutable tag" in refused(guard).why


def test_s13_a_pinned_copy_is_registered_and_deployed(operate):
    guard = mutable(operate, **{"ecs-ops:pin-digests": "on"})
    good = guard.row.source
    guard.carry_out()
    ((operation, parameters),) = guard.rollbacks
    assert operation == "UpdateService"
    ecs = guard.client("ecs")
    before = ecs.describe_task_definition(taskDefinition=good.task_definition)["taskDefinition"]
    answer = ecs.describe_task_definition(
        taskDefinition=parameters["taskDefinition"], include=["TAGS"]
    )
    copy = answer["taskDefinition"]
    assert copy["revision"] == before["revision"] + 1
    (container,) = copy["containerDefinitions"]
    assert container["image"] == f"{REPOSITORY}@{good.images[0].digest}"
    (original,) = before["containerDefinitions"]
    assert container | {"image": original["image"]} == original
    theirs = {"taskDefinitionArn", "revision", "registeredAt", "registeredBy"}
    assert {name for name in before | copy if before.get(name) != copy.get(name)} == {
        *theirs,
        "containerDefinitions",
    }
    assert {name: copy[name] for name in WHOLE} == WHOLE
    assert {"key": "ecs-ops:pinned-from", "value": good.task_definition} in answer["tags"]
    assert sorted(guard.states) == ["ATTEMPT", "ATTEMPT", "REQUESTED"]


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ("freeze-tag", "freeze"),
        ("freeze", "freeze"),
        ("switch", "kill-switch"),
        ("irreversible", "reversible"),
    ],
)
def test_s18_each_brake_alone_holds_the_guard(operate, how, rule):
    guard = Guard(operate([guarded()]))
    guard.fail()
    brake(guard, how)
    guard.carry_out()
    row = refused(guard)
    assert row.state == "REFUSED"
    assert guard.stages == [f"acted-REFUSED-{rule}"]
    (alert,) = guard.alerts
    assert {
        "freeze-tag": "the tag ecs-ops:freeze",
        "freeze": "frozen by ann (release night)",
        "switch": "switched off",
        "irreversible": "ecs-ops:irreversible",
    }[how] in str(alert)


def brake(guard, how):
    match how:
        case "freeze-tag":
            guard.tag(freeze="on")
        case "freeze":
            until = guard.account.clock.now() + 600
            one = Freeze(guard.arn, "ann", "release night", until)
            freeze(guard.client("dynamodb"), guard.table, one, guard.account.clock.now())
        case "switch":
            guard.client("ssm").put_parameter(
                Name=guard.world.stack.ref("DeployGuardSwitch"), Value="off", Overwrite=True
            )
        case "irreversible":
            guard.tag(irreversible="on")


def test_s18_when_the_freeze_is_over_an_order_is_carried_out(operate):
    guard = Guard(operate([guarded()]))
    guard.fail()
    brake(guard, "freeze")
    guard.carry_out(seconds=700)
    assert guard.rollbacks == []
    guard.carry_out()
    assert [operation for operation, _ in guard.rollbacks] == ["StopServiceDeployment"]
    assert guard.states == ["FROZEN", "REFUSED", "ATTEMPT", "REQUESTED"]


def test_s19_ecs_goes_first_and_the_order_waits(operate):
    guard = Guard(operate([guarded(breaker={"threshold": 50})]))
    guard.fail()
    guard.carry_out(seconds=60)
    assert guard.tried == []
    assert guard.audit == []
    guard.account.run_for(900)
    assert [operation for operation, _ in guard.rollbacks] == ["StopServiceDeployment"]


def test_without_the_tag_iam_denies_it_even_if_code_is_wrong(operate):
    guard = Guard(operate([guarded()]))
    guard.fail()
    # The owner takes the tag away after we have read it: only IAM can know.
    guard.account.ecs.just_before("DescribeTaskDefinition", lambda: guard.tag(rollback="notify"))
    guard.carry_out(seconds=60)
    assert guard.tried == [("StopServiceDeployment", "denied")]
    assert guard.states == ["ATTEMPT", "FAILED"]
    (alert,) = guard.alerts
    assert alert["stage"] == "acted-FAILED"
    assert alert["severity"] == "critical"
    assert "AWS refused" in alert["title"]
    guard.carry_out(seconds=60)
    assert len(guard.tried) == 1


def test_known_bad_is_not_tried_again_where_the_owner_says_so(operate):
    guard = Guard(operate([guarded(tags=AUTO | {"ecs-ops:known-bad": "enforce"})]))
    row = guard.fail()
    guard.carry_out(seconds=2000)
    bad = row.target.task_definition
    guard.account.ecs.behave(bad.rpartition("/")[2], App())
    guard.client("ecs").update_service(cluster="prod", service="web", taskDefinition=bad)
    guard.account.run_for(2)
    again = guard.remember().deployments[0]
    assert again.outcome is Outcome.IN_PROGRESS
    guard.carry_out()
    assert guard.rollbacks[-1][1]["serviceDeploymentArn"] == again.id
    assert len(guard.rollbacks) == 2
