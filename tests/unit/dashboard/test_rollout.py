"""What the deployments of a service say."""

from datetime import UTC, datetime

import pytest

from dashboard.rollout import rollout_of
from tests.unit.dashboard.services import NOW, deployment, described

OLD = deployment(id="ecs-svc/0", status="ACTIVE")


@pytest.mark.parametrize(
    ("deployments", "state"),
    [
        ([deployment()], "steady"),
        ([deployment(rolloutState="IN_PROGRESS"), OLD], "in progress"),
        ([deployment(rolloutState="FAILED")], "failed"),
        (
            [deployment(rolloutState="IN_PROGRESS"), OLD | {"rolloutState": "FAILED"}],
            "rolling back",
        ),
        (
            [
                deployment(
                    rolloutState="IN_PROGRESS",
                    rolloutStateReason="ECS deployment circuit breaker: rolling back to "
                    "deploymentId ecs-svc/0.",
                )
            ],
            "rolling back",
        ),
    ],
)
def test_the_state_of_the_newest_deployment(deployments, state):
    assert rollout_of(described(deployments=deployments)).state == state


def test_without_a_rollout_state_two_deployments_are_one_in_progress():
    newest = {key: value for key, value in deployment().items() if key != "rolloutState"}
    assert rollout_of(described(deployments=[newest])).state == "steady"
    assert rollout_of(described(deployments=[newest, OLD])).state == "in progress"


def test_how_far_it_is_and_since_when():
    newest = deployment(rolloutState="IN_PROGRESS", runningCount=1, failedTasks=2)
    rollout = rollout_of(described(deployments=[OLD, newest]))
    assert (rollout.done, rollout.wanted, rollout.failed_tasks) == (1, 4, 2)
    assert rollout.since == NOW - 600


def task_set(created, **fields):
    at = datetime.fromtimestamp(created, UTC)
    return {"createdAt": at, "stabilityStatus": "STEADY_STATE", "runningCount": 2} | fields


def test_task_sets_stand_for_deployments_where_another_controller_deploys():
    old, new = task_set(1), task_set(2, stabilityStatus="STABILIZING", computedDesiredCount=3)
    assert rollout_of({"taskSets": [old]}).state == "steady"
    both = rollout_of({"taskSets": [new, old]})
    assert (both.state, both.done, both.wanted, both.since) == ("in progress", 2, 3, 2.0)


def test_a_service_without_any_is_steady():
    assert rollout_of({}).state == "steady"
