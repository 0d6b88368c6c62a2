"""What the messages say. The samples are those of AWS's documentation."""

import json
from pathlib import Path

import pytest

from deploy_guard.signals import (
    AlarmChanged,
    CodeDeployChanged,
    DeploymentChanged,
    Look,
    Noticed,
    Sweep,
    TaskFailed,
    encode,
    read,
)
from ecsops.errors import InvalidMessage
from tests.unit.deploy_guard.situations import SERVICE

EVENTS = Path(__file__).parents[3] / "events"


def sample(name, **detail):
    event = json.loads((EVENTS / f"{name}.json").read_text())
    event["detail"] |= detail
    return event


def read_event(event):
    return read(json.dumps(event))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("in-progress", "IN_PROGRESS"),
        ("rollback-in-progress", "IN_PROGRESS"),
        ("completed", "COMPLETED"),
        ("rollback-completed", "COMPLETED"),
        ("failed", "FAILED"),
    ],
)
def test_a_deployment_event_is_of_the_service_in_its_resources(name, state):
    event = sample(f"ecs-deployment-{name}")
    signal = read_event(event)
    assert isinstance(signal, DeploymentChanged)
    assert signal.service == event["resources"][0]
    assert signal.name == f"SERVICE_DEPLOYMENT_{state}"
    assert signal.ecs_id == event["detail"]["deploymentId"]


def test_copies_have_one_key_and_another_state_has_another():
    event = sample("ecs-deployment-failed")
    copy = event | {"id": "another", "time": "2030-01-01T00:00:00Z"}
    assert read_event(event).key == read_event(copy).key
    assert read_event(event).key != read_event(sample("ecs-deployment-completed")).key


def test_s24_a_name_of_tomorrow_and_nanoseconds_are_read():
    event = sample(
        "ecs-deployment-failed",
        eventName="SERVICE_DEPLOYMENT_PONDERING",
        updatedAt="2026-05-01T10:00:00.123456789Z",
        mood={"new": ["field"]},
    )
    assert read_event(event).name == "SERVICE_DEPLOYMENT_PONDERING"


@pytest.mark.parametrize("resources", [[], ["arn:aws:ecs:eu-west-1:1:cluster/prod"], ["web"]])
def test_s24_without_a_service_it_is_rejected_with_the_field(resources):
    event = sample("ecs-deployment-failed") | {"resources": resources}
    with pytest.raises(InvalidMessage, match=r"\$\.resources\[0\]"):
        read_event(event)


STOPPED = {
    "lastStatus": "STOPPED",
    "desiredStatus": "STOPPED",
    "group": "service:web",
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
}


def task(**detail):
    return read_event(sample("ecs-task-running", **STOPPED | detail))


def test_a_task_that_failed_belongs_to_the_service_of_its_group():
    signal = task(clusterArn=SERVICE.replace(":service/prod/web", ":cluster/prod"))
    assert isinstance(signal, TaskFailed)
    assert signal.service == SERVICE


def test_s20_what_ecs_says_is_read_without_secrets():
    text = "CannotStartContainerError: failed to create task: password=hunter2: exec: not found"
    kept = "CannotStartContainerError: failed to create task: password=[redacted]"
    containers = [{"name": "web", "exitCode": 1, "reason": text}]
    failed = task(stoppedReason=text, containers=containers)
    told = (
        failed.task.stopped_reason,
        failed.task.containers[0].reason,
        read_event(sample("ecs-deployment-failed", reason=text)).reason,
        read_event(sample("ecs-service-action-task-start-impaired", reason=text)).notice.text,
    )
    for said in told:
        assert said.startswith(kept)
        assert "hunter2" not in said


@pytest.mark.parametrize(
    "detail",
    [
        {"group": "family:job"},
        {"lastStatus": "RUNNING"},
        {"stopCode": "UserInitiated"},
        {"stopCode": "SpotInterruption"},
        {
            "stopCode": "ServiceSchedulerInitiated",
            "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)",
        },
    ],
)
def test_other_tasks_say_nothing(detail):
    assert task(**detail) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("placement-failure-cpu", "placement"),
        ("placement-failure-fargate-spot", "placement"),
        ("task-start-impaired", "impaired"),
    ],
)
def test_useful_service_actions_are_kept(name, kind):
    signal = read_event(sample(f"ecs-service-action-{name}"))
    assert isinstance(signal, Noticed)
    assert signal.notice.kind == kind


@pytest.mark.parametrize("name", ["steady-state", "capacity-provider-steady-state"])
def test_s23_steady_states_say_nothing(name):
    assert read_event(sample(f"ecs-service-action-{name}")) is None


def test_a_deployment_told_as_a_service_action_too_is_heard_once():
    event = sample("ecs-service-action-steady-state", eventName="SERVICE_DEPLOYMENT_FAILED")
    assert read_event(event) is None


def test_s15_a_hook_that_waits_says_so():
    signal = read_event(sample("ecs-hook-awaiting-action"))
    assert signal.awaits_answer
    assert signal.notice.kind == "hook"
    assert ":service-deployment/" in signal.notice.deployment


def test_alarms_and_codedeploy_name_no_service():
    signal = read_event(sample("cloudwatch-alarm-state-change"))
    assert isinstance(signal, AlarmChanged)
    assert signal.state in ("ALARM", "OK")
    assert isinstance(read_event(sample("codedeploy-deployment-state-change")), CodeDeployChanged)


def test_our_own_messages_come_back_as_they_went():
    look = Look(SERVICE, "its bake time is over")
    assert read(encode(look)) == look
    assert read('{"deploy_guard":"sweep"}') == Sweep()
    assert read('{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}') == Sweep()


def test_what_is_nobodys_is_nothing():
    assert read('{"source":"x","detail-type":"y","detail":{}}') is None


@pytest.mark.parametrize("body", ["", "{", "[]", '{"deploy_guard":"other"}', '{"detail":1}'])
def test_nonsense_is_rejected(body):
    with pytest.raises(InvalidMessage):
        read(body)
