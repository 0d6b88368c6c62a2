"""Scenario 17, through the shipped stack: a service that CodeDeploy deploys is CodeDeploy's to roll back."""

from __future__ import annotations

import json

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App
from tests.integration.deploy_guard.codedeployed import ALARM, ALLOWED, CodeDeployed
from tests.integration.deploy_guard.observed import SECRET


def test_s17_a_deployment_that_runs_is_stopped_and_codedeploy_rolls_back(operate):
    shop = CodeDeployed(operate(world=False, parameters=ALLOWED))
    good = shop.serving
    failed = shop.release(App.without_secret(SECRET), seconds=900)
    assert shop.rollbacks == [
        ("StopDeployment", {"deploymentId": failed, "autoRollbackEnabled": True})
    ]
    assert shop.serving == good
    assert shop.row(failed).outcome is Outcome.ROLLED_BACK
    assert [row.state for row in shop.audit if row.executed] == ["ATTEMPT", "REQUESTED"]
    first = shop.alerts()[0]
    assert first["title"] == "prod/web: web:2 failed, a secret does not exist"
    assert "to web:1" in first["summary"]
    # The rollback is a deployment of its own, by creator codeDeployRollback: nobody acts on it.
    undoing = shop.deploy.get_deployment(deploymentId=failed)["deploymentInfo"]["rollbackInfo"]
    assert shop.row(undoing["rollbackDeploymentId"]).rolls_back == failed


def test_s17_in_notify_mode_only_the_call_is_told(operate):
    shop = CodeDeployed(operate(world=False, parameters=ALLOWED), **{"ecs-ops:rollback": "notify"})
    failed = shop.release(App.without_secret(SECRET), seconds=300)
    assert shop.rollbacks == []
    assert f"aws deploy stop-deployment --deployment-id {failed}" in json.dumps(shop.alerts())


def test_s17_a_deployment_that_a_person_stopped_is_told_in_codedeploys_words(operate):
    shop = CodeDeployed(operate(world=False, parameters=ALLOWED))
    stopped = shop.release(seconds=30)
    shop.deploy.stop_deployment(deploymentId=stopped, autoRollbackEnabled=False)
    shop.account.run_for(300)
    assert shop.row(stopped).outcome is Outcome.FAILED
    (alert, *_) = shop.alerts()
    assert "CodeDeploy says Stopped" in " ".join(shop.row(stopped).rules)
    assert alert["stage"] == "failed"
    # Nothing says that the version is to blame: ecs-ops:rollback-unknown would allow it.
    assert shop.rollbacks == []


def test_s17_after_an_alarm_a_finished_deployment_is_deployed_back(operate):
    shop = CodeDeployed(operate(world=False, parameters=ALLOWED), **{"ecs-ops:bake-alarms": ALARM})
    good = shop.release(seconds=1800)
    bad = shop.release(seconds=300)
    assert shop.row(bad).outcome is Outcome.SUCCEEDED
    shop.alarm("ALARM")
    shop.account.run_for(300)
    ((operation, parameters),) = shop.rollbacks
    assert operation == "CreateDeployment"
    spec = json.loads(parameters["revision"]["appSpecContent"]["content"])
    deployed = spec["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"]
    assert deployed == shop.row(good).target.task_definition
    assert bad in parameters["description"]
    shop.account.run_for(600)
    assert shop.row(bad).outcome is Outcome.ROLLED_BACK
    assert len(shop.rollbacks) == 1


def test_what_codedeploy_rolled_back_to_within_its_watch_is_watched_anew(operate):
    shop = CodeDeployed(operate(world=False, parameters=ALLOWED), **{"ecs-ops:bake": "10m"})
    served = shop.release(seconds=300)
    failed = shop.release(App.without_secret(SECRET), seconds=600)
    assert shop.row(failed).outcome is Outcome.ROLLED_BACK
    assert shop.row(served).bake.again
    shop.account.run_for(900)
    bake = shop.row(served).bake
    assert (bake.over, bake.cancelled) == (True, False)


@pytest.mark.parametrize("mode", ["auto", "notify"])
def test_s17_unless_the_stack_allows_it_codedeploy_is_left_alone(operate, mode):
    shop = CodeDeployed(operate(world=False), **{"ecs-ops:rollback": mode})
    shop.release(App.without_secret(SECRET), seconds=300)
    assert shop.rollbacks == []
    (alert,) = shop.alerts()
    says = "Not rolled back: the stack's parameter DeployGuardCodeDeploy says off."
    assert says in alert["summary"]


WATCHES = {"alarmConfiguration": {"enabled": True, "alarms": [{"name": ALARM}]}}
ON_ALARM = {
    "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]},
}


def alarmed(operate, group, **tags):
    """CodeDeploy stops a deployment for an alarm."""
    world = operate(world=False, parameters=ALLOWED)
    shop = CodeDeployed(world, group=group, **tags)
    shop.alarm("OK")
    shop.release(seconds=700)
    bad = shop.release(seconds=45)
    shop.alarm("ALARM")
    shop.account.run_for(900)
    return shop, bad


def test_s17_what_codedeploy_stops_for_an_alarm_is_told_by_that_alarm(operate):
    shop, bad = alarmed(operate, WATCHES, **{"ecs-ops:rollback": "notify"})
    first = shop.alerts()[0]
    assert first["title"] == "prod/web: web:3 failed, an alarm went off"
    assert first["summary"].startswith(f"Alarm {ALARM} went off")
    assert "CodeDeploy says Stopped (ALARM_ACTIVE)" in " ".join(shop.row(bad).rules)
    assert "web:2 still serves with 2 tasks" in first["summary"]
    assert shop.rollbacks == []


def test_s17_codedeploys_own_rollback_goes_first(operate):
    shop, bad = alarmed(operate, WATCHES | ON_ALARM)
    assert shop.rollbacks == []
    assert shop.row(bad).outcome is Outcome.ROLLED_BACK
