"""Calls and tasks of others: each incident has its words, its weight and its end."""

import json
from pathlib import Path

import pytest

from batch_jobs.times import iso
from tests.unit.batch_jobs.histories import alerts

SAMPLES = Path(__file__).resolve().parents[3] / "events"


def cloud_trail(account, **detail):
    """Somebody's RunTask, as CloudTrail tells of it."""
    event = json.loads((SAMPLES / "cloudtrail-run-task-failures.json").read_text())
    event["id"] = f"e{next(account.numbers)}"
    event["detail"] |= detail
    event.pop("time")
    account.queues["track"].append(json.dumps(event))


def test_failed_calls_of_a_family_are_an_incident_until_a_day_without(account, functions):
    for _ in range(3):
        cloud_trail(account)
        functions.work(2, tick=True)
        account.now += 3600
    (alert,) = alerts(account, "failed")
    # The schedule whose call it was looks at no answer.
    assert alert["severity"] == "critical"
    assert "none of the tasks started: Capacity is unavailable" in alert["summary"]

    account.now += 86_400
    functions.work(2, tick=True)
    assert [one["state"] for one in alerts(account, "failed")] == ["open", "resolved"]
    cloud_trail(account)
    functions.work(2)
    assert [one["state"] for one in alerts(account, "failed")] == ["open", "resolved", "open"]


def test_a_call_of_somebody_who_has_the_answer_is_a_warning(account, functions):
    answer = {"tasks": [{"taskArn": "arn"}], "failures": [{"reason": "RESOURCE:CPU"}]}
    person = {"arn": "arn:aws:iam::123456789012:user/anna"}
    cloud_trail(account, userIdentity=person, responseElements=answer)
    functions.work(2)
    (alert,) = alerts(account, "failed")
    assert alert["severity"] == "warning"
    assert "1 of 2 tasks not started: RESOURCE:CPU" in alert["summary"]


def test_a_call_that_every_sdk_tries_again_is_no_incident(account, functions):
    cloud_trail(account, errorCode="ThrottlingException", errorMessage="x", responseElements=None)
    functions.work(2)
    assert account.alerts == []


def test_a_call_that_was_refused_is_told_in_words_that_fit(account, functions):
    cloud_trail(account, errorCode="AccessDenied", errorMessage="no", responseElements=None)
    functions.work(2)
    (alert,) = alerts(account, "failed")
    assert "none of the tasks started: AccessDenied: no" in alert["summary"]


def foreign_task(account, number, exit_code, *, created):
    event = json.loads((SAMPLES / "ecs-task-job-stopped.json").read_text())
    event["detail"] |= {
        "taskArn": f"arn:aws:ecs:eu-west-1:123456789012:task/prod/{number:032x}",
        "startedBy": "chronos-schedule/report",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "createdAt": iso(created),
        "startedAt": iso(created + 20),
        "stoppedAt": iso(created + 60),
        "containers": [{"name": "app", "exitCode": exit_code}],
    }
    account.queues["track"].append(json.dumps(event))


@pytest.mark.parametrize("exit_codes", [(1, 0), (0, 1)])
def test_a_task_of_the_same_call_is_no_recovery(exit_codes, account, functions):
    for number, exit_code in enumerate(exit_codes):
        foreign_task(account, number, exit_code, created=account.now + number)
        functions.work(1)
    assert [one["state"] for one in account.alerts] == ["open"]

    foreign_task(account, 7, 0, created=account.now + 3600)
    functions.work(1)
    assert [one["state"] for one in account.alerts] == ["open", "resolved"]
