"""A deployment is read again unless it can be seen that nothing became of it."""

import pytest

from deploy_guard import described
from deploy_guard.model import Ledger, Outcome
from deploy_guard.reality import Hook, Monitor
from deploy_guard.unattended import as_remembered, is_unattended
from tests.unit.deploy_guard.situations import (
    BEGAN,
    SERVICE,
    breaker,
    changed,
    definition,
    deployment_arn,
    revision_arn,
    row,
    service_deployment,
    version,
)

HOOK = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}


def known(**fields):
    target = changed(version(43), revision_arn=revision_arn(43))
    given = {"unattended": True, "target": target, "outcome_at": BEGAN + 43_500}
    return Ledger(SERVICE, (row(**(given | fields)),))


def shown(state="IN_PROGRESS", *, number=43, current=43):
    return {
        "currentServiceDeployment": deployment_arn(current),
        "deployments": [
            {"id": "ecs-svc/42" if number == 43 else "ecs-svc/43", "status": "ACTIVE"},
            {
                "id": f"ecs-svc/{number}",
                "status": "PRIMARY",
                "taskDefinition": definition(number),
                "rolloutState": state,
            },
        ],
    }


def test_one_in_progress_is_as_it_was():
    found = as_remembered(shown(), known())
    assert (found.arn, found.status) == (deployment_arn(43), "IN_PROGRESS")
    assert (found.target, found.created_at) == (revision_arn(43), BEGAN + 43_000)


def test_one_that_succeeded_stays_so():
    found = as_remembered(shown("COMPLETED"), known(outcome=Outcome.SUCCEEDED))
    assert (found.status, found.finished_at) == ("SUCCESSFUL", BEGAN + 43_500)


@pytest.mark.parametrize(
    ("service", "ledger"),
    [
        (shown("COMPLETED"), known()),
        (shown("FAILED"), known()),
        (shown(), known(outcome=Outcome.SUCCEEDED)),
        (shown(number=42), known()),
        (shown(current=44), known()),
        (shown(), known(ordered_at=BEGAN)),
        (shown(), known(unattended=False)),
        (shown(), known(target=version(43))),
        (shown(), known(outcome=Outcome.FAILED)),
        (shown(), known(outcome=Outcome.ROLLING_BACK)),
        ({}, known()),
    ],
)
def test_where_anything_may_have_changed_it_is_read(service, ledger):
    assert as_remembered(service, ledger) is None


@pytest.mark.parametrize(
    ("configuration", "read"),
    [
        ({}, False),
        ({"deploymentCircuitBreaker": {"enable": True, "rollback": False}}, True),
        ({"deploymentCircuitBreaker": {"enable": False, "rollback": False}}, False),
        ({"alarms": {"enable": True, "rollback": True, "alarmNames": ["errors"]}}, True),
        ({"alarms": {"enable": False, "rollback": False, "alarmNames": []}}, False),
        ({"lifecycleHooks": [HOOK]}, True),
        ({"lifecycleHooks": []}, False),
    ],
)
def test_what_the_service_is_configured_for_by_now_counts_too(configuration, read):
    service = shown() | {"deploymentConfiguration": configuration}
    assert (as_remembered(service, known()) is None) is read


def test_a_hook_that_is_configured_attends_it_before_it_has_begun():
    shape = {"serviceDeploymentArn": deployment_arn(43), "deploymentConfiguration": {}}
    assert is_unattended(described.service_deployment(shape))
    shape["deploymentConfiguration"]["lifecycleHooks"] = [HOOK]
    assert not is_unattended(described.service_deployment(shape))


@pytest.mark.parametrize(
    "fields",
    [
        {"breaker": breaker()},
        {"breaker": breaker(rollback=False)},
        {"alarms": Monitor("MONITORING")},
        {"hooks": (Hook("h", "AWAITING_ACTION"),)},
        {"has_hooks": True},
        {"strategy": "BLUE_GREEN"},
    ],
)
def test_whatever_has_a_say_in_it_attends_it(fields):
    assert not is_unattended(service_deployment(43, **fields))


def test_what_is_off_has_no_say():
    off = Monitor("DISABLED")
    assert is_unattended(service_deployment(43, breaker=off, alarms=off))
