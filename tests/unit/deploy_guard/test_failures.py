"""What of a stopped task is a failure of its deployment, and what is not."""

import json

import pytest

from deploy_guard.failures import (
    FailedContainer,
    FailedTask,
    counts,
    essentials,
    from_event,
)
from ecsops.events.envelope import parse_event, read_detail
from ecsops.events.task_state import TaskStateChange
from tests.unit.deploy_guard.builders import container, exited, failed, never_started, unhealthy
from tests.unit.ecsops.events.sample_events import load


def event_with(**fields):
    document = load("ecs-task-spot-interruption-stopped")
    document["detail"] |= fields
    return read_detail(parse_event(json.dumps(document)), TaskStateChange)


def test_a_task_is_read_from_its_event():
    task = from_event(
        event_with(
            taskArn="arn:aws:ecs:eu-west-1:123456789012:task/prod/abc",
            startedBy="ecs-svc/42",
            taskDefinitionArn="arn:aws:ecs:eu-west-1:123456789012:task-definition/web:42",
            stopCode="EssentialContainerExited",
            stoppedReason="Essential container in task exited",
            startedAt="2026-03-01T10:00:00Z",
            stoppingAt="2026-03-01T10:01:37Z",
            stoppedAt="2026-03-01T10:01:40.500Z",
            healthStatus="UNHEALTHY",
            containers=[
                {
                    "name": "web",
                    "exitCode": 1,
                    "reason": "OutOfMemoryError",
                    "image": "web:v9",
                    "imageDigest": "sha256:abc",
                }
            ],
        )
    )
    assert task == FailedTask(
        task_arn="arn:aws:ecs:eu-west-1:123456789012:task/prod/abc",
        started_by="ecs-svc/42",
        task_definition="arn:aws:ecs:eu-west-1:123456789012:task-definition/web:42",
        stop_code="EssentialContainerExited",
        stopped_reason="Essential container in task exited",
        started_at=1_772_359_200.0,
        stopping_at=1_772_359_297.0,
        stopped_at=1_772_359_300.5,
        containers=(FailedContainer("web", 1, "OutOfMemoryError", "web:v9", "sha256:abc"),),
        health_status="UNHEALTHY",
        ended=True,
    )
    assert task.ran_for_s == 97
    assert task.took_to_stop_s == 3.5


def test_a_task_that_never_ran_says_so():
    task = from_event(event_with(startedAt=None, containers=None, stoppedReason=None))
    assert task.started_at is None
    assert task.ran_for_s is None
    assert task.containers == ()
    assert task.stopped_reason == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"stop_code": "SpotInterruption", "stopped_reason": "Your Spot Task was interrupted."},
        {"stop_code": "TerminationNotice"},
        {"stop_code": None, "stopped_reason": "Your Spot Task was interrupted."},
        {"stop_code": "UserInitiated", "stopped_reason": "Task stopped by user"},
        {"stop_code": None, "stopped_reason": "Task stopped by user"},
        {
            "stop_code": "ServiceSchedulerInitiated",
            "stopped_reason": "Scaling activity initiated by (deployment ecs-svc/123)",
        },
        {"stop_code": "ServiceSchedulerInitiated", "stopped_reason": "something new"},
        {"stop_code": None, "stopped_reason": "Host EC2 (instance i-0123) terminated."},
    ],
)
def test_what_somebody_stopped_is_no_failure_of_the_deployment(fields):
    assert not counts(exited(137, **fields))


@pytest.mark.parametrize(
    "task",
    [
        exited(1),
        exited(0),
        never_started("ResourceInitializationError: ..."),
        unhealthy(),
        unhealthy("Task failed container health checks"),
        unhealthy("(service web) (task abc) failed ELB health checks in (target-group x)"),
        exited(1, stop_code="SomethingNew"),
    ],
)
def test_what_fails_by_itself_counts(task):
    assert counts(task)


def test_containers_are_essential_unless_the_definition_says_otherwise():
    definition = {
        "containerDefinitions": [
            {"name": "web"},
            {"name": "log", "essential": False},
            {"name": "proxy", "essential": True},
        ]
    }
    assert essentials(definition) == {"web": True, "log": False, "proxy": True}
    assert essentials({}) == {}


def test_a_container_that_the_definition_does_not_name_was_added_by_aws():
    task = failed(container("web", 1), container("ecs-added", 1)).with_essentials({"web": True})
    assert [one.is_sidecar for one in task.containers] == [False, True]


@pytest.mark.parametrize("name", ["aws-guardduty-agent-mfjGLB", "ecs-service-connect-Ab12"])
def test_containers_that_aws_adds_are_known_without_the_definition(name):
    assert container(name, 1).is_sidecar
