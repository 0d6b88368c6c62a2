"""What AWS shows of an attempt whose end nobody has noted."""

import pytest

from deploy_guard.aftermath import LEASE_S, Began, found, had_no_effect, may_be_hidden
from deploy_guard.model import Act
from deploy_guard.reality import CodeDeployment
from tests.unit.deploy_guard.situations import (
    BEGAN,
    changed,
    definition,
    deployment_arn,
    ecs_deployment,
    reality,
    row,
    service_deployment,
)

AT = BEGAN + 50_000
UPDATE = Act(deployment_arn(43), AT, "ATTEMPT", "UpdateService", task_definition=definition(42))
STOP = changed(UPDATE, call="StopServiceDeployment")
ANSWER = changed(STOP, call="ContinueServiceDeployment a; ContinueServiceDeployment b")
OURS = Began(deployment_arn(60), definition(42), AT + 1)


def deployed_since(status="SUCCESSFUL"):
    """Somebody has deployed web:44 since."""
    history = service_deployment(43, status, source=42), service_deployment(44, began=AT + 30)
    deployments = (ecs_deployment(44, created=AT + 30), ecs_deployment(43, primary=False))
    return reality(*history, deployments=deployments, current=deployment_arn(44))


def codedeployed(status):
    mine = CodeDeployment("d-1", "app", "group", status, BEGAN)
    return changed(row(), id="d-1", controller="CODE_DEPLOY"), reality(code_deployments=(mine,))


@pytest.mark.parametrize(
    "ours",
    [
        OURS,
        changed(OURS, at=AT - 5),
        changed(OURS, at=AT + LEASE_S),
    ],
)
def test_a_deployment_that_somebody_replaced_is_found_in_the_history(ours):
    now = deployed_since()
    assert may_be_hidden(row(), UPDATE, now)
    answer = found(row(), UPDATE, now, (Began(deployment_arn(44), definition(44), AT + 30), ours))
    assert answer is not None
    assert answer.result == ours.id
    assert answer.says.endswith("deployed web:42")
    assert answer.stands == "was replaced"


def test_a_deployment_that_is_still_shown_is_found_without_asking_for_more():
    draining = changed(ecs_deployment(42, primary=False), id="ecs-svc/60", created_at=AT + 1)
    now = deployed_since()
    now = changed(now, deployments=(*now.deployments, draining))
    assert found(row(), UPDATE, now).result == "ecs-svc/60"
    assert found(row(), UPDATE, now).stands == "was replaced"
    assert not may_be_hidden(row(), UPDATE, now)


@pytest.mark.parametrize(
    "theirs",
    [
        changed(OURS, task_definition=definition(41)),
        changed(OURS, at=AT - 60),
        # No try runs that long: somebody else went back to it.
        changed(OURS, at=AT + LEASE_S + 60),
        changed(OURS, id=deployment_arn(43)),
    ],
)
def test_somebody_elses_deployment_is_not_taken_for_ours(theirs):
    now = deployed_since()
    assert found(row(), UPDATE, now, (theirs,)) is None
    assert had_no_effect(row(), UPDATE, now, (theirs,))


def test_a_stop_begins_no_deployment_of_its_own():
    assert found(row(), STOP, deployed_since("STOPPED"), (OURS,)) is None
    assert not may_be_hidden(row(), STOP, deployed_since("STOPPED"))


@pytest.mark.parametrize(
    ("attempt", "now", "since", "known"),
    [
        (UPDATE, deployed_since(), (), True),
        # The history cannot be had.
        (UPDATE, deployed_since(), None, False),
        # Nothing has begun: a call that is taken moves PRIMARY at once.
        (UPDATE, reality(), None, True),
        # The copy that it was to deploy had not been registered yet.
        (changed(UPDATE, task_definition=None), deployed_since(), None, True),
        (STOP, reality(), None, True),
        (STOP, deployed_since("STOPPED"), None, False),
        (STOP, deployed_since("SUCCESSFUL"), None, False),
        (ANSWER, reality(), None, True),
    ],
)
def test_that_nothing_was_done_is_said_only_where_it_is_known(attempt, now, since, known):
    assert found(row(), attempt, now, since) is None
    assert had_no_effect(row(), attempt, now, since) is known


@pytest.mark.parametrize(
    ("call", "status", "known"),
    [
        ("StopDeployment", "InProgress", True),
        ("StopDeployment", "Stopped", False),
        ("CreateDeployment", "Succeeded", True),
    ],
)
def test_codedeploy_tells_by_the_status_and_by_the_list(call, status, known):
    deployment, now = codedeployed(status)
    attempt = changed(UPDATE, call=call, task_definition=None)
    assert had_no_effect(deployment, attempt, now, None) is known


@pytest.mark.parametrize(
    ("status", "over"), [("ROLLBACK_SUCCESSFUL", True), ("STOPPED", False), ("IN_PROGRESS", False)]
)
def test_how_it_stands_is_in_the_history_once_the_ledger_takes_it_for_ended(status, over):
    now = reality(service_deployment(44))
    mine = Began(deployment_arn(43), definition(43), BEGAN + 43_000, status)
    assert may_be_hidden(row(), STOP, now)
    assert (found(row(), STOP, now, (mine,)) is not None) is over
    if not over:
        assert had_no_effect(row(), STOP, now, (mine,)) is (status == "IN_PROGRESS")


def test_a_rollback_that_failed_is_what_an_attempt_may_have_come_to():
    now = reality(service_deployment(43, "ROLLBACK_FAILED", source=42))
    assert found(row(), STOP, now).result == deployment_arn(43)
    assert found(row(), STOP, now).stands == "has failed"
    assert found(row(), None, now) is None
    assert found(row(), changed(STOP, executed=False), now) is None


@pytest.mark.parametrize(
    ("status", "stands"),
    [
        ("ROLLBACK_REQUESTED", "is under way"),
        ("ROLLBACK_IN_PROGRESS", "is under way"),
        ("ROLLBACK_SUCCESSFUL", "is over"),
    ],
)
def test_it_is_told_how_a_rollback_stands(status, stands):
    now = reality(service_deployment(43, status, source=42))
    assert found(row(), STOP, now).stands == stands


@pytest.mark.parametrize(
    ("state", "stands"), [("IN_PROGRESS", "is under way"), ("COMPLETED", "is over")]
)
def test_a_deployment_of_ours_stands_as_primary_does(state, stands):
    primary = changed(ecs_deployment(42, state=state), id="ecs-svc/60", created_at=AT + 1)
    now = reality(service_deployment(43, "SUCCESSFUL"), deployments=(primary,))
    answer = found(row(), UPDATE, now)
    assert (answer.result, answer.stands) == ("ecs-svc/60", stands)
