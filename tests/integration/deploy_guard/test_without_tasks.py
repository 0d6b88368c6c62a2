"""Safety 9: a desired count of 0 is no success and no failure, and what comes after it is told."""

from __future__ import annotations

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App
from tests.integration.conftest import web
from tests.integration.deploy_guard.codedeployed import ALLOWED, CodeDeployed
from tests.integration.deploy_guard.observed import SECRET, Observed

BROKEN = App.without_secret(SECRET)


@pytest.fixture
def guard(operate):
    return Observed(operate([web()]))


def scale(guard, count, *, seconds):
    guard.ecs.update_service(cluster="prod", service="web", desiredCount=count)
    guard.account.run_for(seconds)


def test_s09_a_failed_version_that_is_scaled_to_zero_and_up_again_has_still_failed(guard):
    guard.release(app=BROKEN, seconds=100)
    assert guard.stages() == ["failed"]
    scale(guard, 0, seconds=300)
    assert guard.stages() == ["failed"]
    scale(guard, 2, seconds=600)
    assert guard.stages() == ["failed"]
    assert guard.ledger().deployments[0].outcome is Outcome.FAILED
    guard.account.ecs.behave("web:2", App())
    guard.account.run_for(1200)
    assert guard.stages() == ["failed", "recovered"]


def test_s09_what_was_deployed_without_tasks_is_judged_when_it_has_some(guard):
    scale(guard, 0, seconds=60)
    guard.release(app=BROKEN, seconds=2000)
    assert guard.alerts() == []
    scale(guard, 2, seconds=120)
    assert guard.stages() == ["failed"]


def test_s09_what_was_deployed_without_tasks_is_watched_from_its_first_ones(guard):
    scale(guard, 0, seconds=60)
    guard.tag(bake="5m")
    guard.release(image="app:2", seconds=2000)
    assert guard.ledger().deployments[0].bake is None
    scale(guard, 2, seconds=1500)
    assert "web:2" in {one.version.name for one in guard.ledger().good()}
    assert guard.alerts() == []


def test_s09_codedeploys_success_without_tasks_is_none_until_they_run(operate):
    shop = CodeDeployed(operate(world=False, parameters=ALLOWED))

    def scale(count, seconds):
        shop.ecs.update_service(cluster="prod", service="web", desiredCount=count)
        shop.account.run_for(seconds)

    scale(0, 60)
    bad = shop.release(BROKEN, seconds=900)
    assert shop.deploy.get_deployment(deploymentId=bad)["deploymentInfo"]["status"] == "Succeeded"
    assert (shop.row(bad).outcome, shop.row(bad).bake) == (Outcome.IN_PROGRESS, None)
    assert shop.alerts() == []
    scale(2, 200)
    assert shop.row(bad).outcome is Outcome.FAILED
    assert shop.alerts()[0]["stage"] == "failed"
