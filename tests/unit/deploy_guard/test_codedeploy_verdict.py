"""Scenario 17: a rollback of CodeDeploy is a deployment of its own."""

import pytest

from deploy_guard.codedeploy_verdict import judge_codedeploy
from deploy_guard.model import Outcome
from deploy_guard.reality import CodeDeployment
from deploy_guard.symptoms import Symptoms
from tests.unit.deploy_guard.situations import BEGAN, changed, reality, row

NOW = BEGAN + 43_200
NO_SYMPTOMS = Symptoms()


def verdict(*deployments, symptoms=NO_SYMPTOMS, known=None, **fields):
    mine = changed(row(), id="d-2", controller="CODE_DEPLOY", **(known or {}))
    return judge_codedeploy(mine, reality(code_deployments=deployments, **fields), symptoms, NOW)


def deployment(name, status, **fields):
    return CodeDeployment(name, "app", "group", status, BEGAN, **fields)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(one, Outcome.IN_PROGRESS) for one in ("Created", "Queued", "InProgress", "Ready", "Baking")]
    + [
        ("Succeeded", Outcome.SUCCEEDED),
        ("Failed", Outcome.FAILED),
        ("Stopped", Outcome.FAILED),
    ],
)
def test_s17_the_status_of_the_api_decides(status, expected):
    assert verdict(deployment("d-2", status)).outcome is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("InProgress", Outcome.ROLLING_BACK),
        ("Succeeded", Outcome.ROLLED_BACK),
        ("Failed", Outcome.ROLLBACK_FAILED),
    ],
)
def test_s17_its_rollback_decides_what_became_of_it(status, expected):
    failed = deployment("d-2", "Failed", rollback_id="d-3", error_code="ALARM_ACTIVE")
    found = verdict(failed, deployment("d-3", status, rolls_back="d-2"))
    assert found.outcome is expected
    assert "ALARM_ACTIVE" in found.rules[0]


def test_what_cannot_be_read_is_unknown():
    assert verdict().outcome is Outcome.UNKNOWN
    assert verdict(deployment("d-2", "Failed"), blind=("x",)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("symptoms", "expected"),
    [
        (Symptoms(2, blame="config"), Outcome.IN_PROGRESS),
        (Symptoms(2, blame="config", trips=True), Outcome.FAILED),
        (Symptoms(3, blame="app"), Outcome.FAILED),
        (Symptoms(3, blame="infra"), Outcome.STALLED),
    ],
)
def test_s17_its_failed_tasks_condemn_it_long_before_codedeploy_does(symptoms, expected):
    found = verdict(deployment("d-2", "InProgress"), symptoms=symptoms)
    assert found.outcome is expected
    assert (found.by == "guard") is (expected is not Outcome.IN_PROGRESS)


KNOWN = (Outcome.IN_PROGRESS, Outcome.FAILED, Outcome.STALLED)


@pytest.mark.parametrize("status", ["InProgress", "Ready", "Succeeded"])
@pytest.mark.parametrize("known", KNOWN)
def test_without_tasks_what_was_known_stays_known(status, known):
    enough = Symptoms(3, blame="app")
    before = {"outcome": known, "outcome_at": BEGAN}
    found = verdict(deployment("d-2", status), symptoms=enough, known=before, desired=0)
    assert found.outcome is known
    assert "a desired count of 0 tells nothing" in found.rules


def test_without_tasks_a_success_stays_one_and_codedeploys_failure_counts():
    succeeded = {"outcome": Outcome.SUCCEEDED}
    assert verdict(deployment("d-2", "Succeeded"), known=succeeded, desired=0).outcome is (
        Outcome.SUCCEEDED
    )
    assert verdict(deployment("d-2", "Failed"), desired=0).outcome is Outcome.FAILED


PARKED = {"outcome": Outcome.FAILED, "idle_at": NOW - 600}


def test_what_completed_without_tasks_has_succeeded_when_they_run():
    done = deployment("d-2", "Succeeded", finished_at=BEGAN + 60)
    assert verdict(done, known=PARKED, running=1, deployments=()).outcome is Outcome.IN_PROGRESS
    three = Symptoms(3, blame="app")
    dying = verdict(done, known=PARKED, running=1, deployments=(), symptoms=three)
    assert (dying.outcome, dying.by) == (Outcome.FAILED, "guard")
    up = verdict(done, known=PARKED, running=2, deployments=())
    # Its watch begins when its tasks do.
    assert (up.outcome, up.at) == (Outcome.SUCCEEDED, NOW - 600)


def test_what_a_newer_one_replaced_before_it_had_tasks_is_superseded():
    newer = CodeDeployment("d-3", "app", "group", "Created", BEGAN + 600)
    found = verdict(deployment("d-2", "Succeeded"), newer, known=PARKED, desired=0)
    assert found.outcome is Outcome.SUPERSEDED
    assert "d-3" in found.rules[1]
