"""Scenario 17: a rollback of CodeDeploy is a deployment of its own."""

import pytest

from deploy_guard.codedeploy_verdict import judge_codedeploy
from deploy_guard.model import Outcome
from deploy_guard.reality import CodeDeployment
from deploy_guard.symptoms import Symptoms
from tests.unit.deploy_guard.situations import BEGAN, changed, reality, row

NOW = BEGAN + 43_200
NO_SYMPTOMS = Symptoms()


def verdict(*deployments, symptoms=NO_SYMPTOMS, **fields):
    mine = changed(row(), id="d-2", controller="CODE_DEPLOY")
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
