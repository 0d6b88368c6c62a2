"""A batch from the queue, start to end, against stand-ins."""

from __future__ import annotations

import json

import pytest

from ecsops.queue import Message
from spot_drain.messages import Report, Verify, encode
from spot_drain.storm import PLACE
from spot_drain.tally import Added
from spot_drain.targets import Target
from spot_drain.telling import measure_verdicts
from spot_drain.verdict import Seen
from tests.unit.ecsops.events.sample_events import load
from tests.unit.spot_drain.builders import (
    NOW,
    address,
    check,
    event,
    failure,
    group,
    message,
    service,
    service_arn,
    task_arn,
)

ARN = service_arn()


def verify_message(*checks, attempt: int = 1, number: int = 1) -> Message:
    return Message(f"v{number}", encode(Verify(tuple(checks), attempt)))


def test_an_interruption_is_drained_and_its_verification_scheduled(world, counted):
    world.aws.host(service(), tasks=[1])
    assert world.worker.work([message(1)], NOW) == set()
    assert world.aws.registered == set()
    [(delay, body)] = world.sqs.sent
    assert delay == 8
    assert json.loads(body)["tasks"][0][0] == task_arn(1)
    assert counted("DrainedTasks") == 1
    assert counted("InterruptedTasks") == 0, "it is counted with its verdict"
    assert world.verify(NOW + 8) == set()
    assert counted("InterruptedTasks") == 1
    assert counted("SecondsLeft") == pytest.approx(119.2, abs=0.1)


def test_an_event_without_any_time_is_looked_up_and_told_without_one(world, counted):
    world.aws.host(service(), tasks=[1])
    world.aws.described[task_arn(1)] = {"taskArn": task_arn(1), "lastStatus": "RUNNING"}
    timeless = event(1, stoppingAt=..., updatedAt=...) | {"time": None}
    assert world.worker.work([message(1, timeless)], NOW) == set()
    assert world.aws.registered == set()
    assert (counted("DrainedTasks"), counted("SecondsLeft")) == (1, 0)


def test_an_empty_batch_costs_nothing(world):
    assert world.worker.work([], NOW) == set()
    assert world.aws.calls == world.sqs.sent == []


def test_the_same_message_twice_is_drained_once(world, counted):
    """4d: duplicate."""
    world.aws.host(service(), tasks=[1])
    assert world.worker.work([message(1), message(1)], NOW) == set()
    assert len(world.later("verify")) == 1
    world.verify(NOW + 8)
    assert counted("DrainedTasks") == counted("InterruptedTasks") == 1


@pytest.mark.parametrize("other", ["eu-west-1:999999999999", "us-east-1:123456789012"])
def test_a_task_of_another_account_or_region_is_none_of_ours(world, counted, other):
    body = json.dumps(event(1)).replace("eu-west-1:123456789012", other)
    assert world.worker.work([Message("m1", body)], NOW) == set()
    assert world.aws.calls == []
    assert counted("ForeignEvents") == 1


def test_versions_out_of_order_are_one_interruption(world, counted):
    """4d: out of order, lower version later."""
    world.aws.host(service(), tasks=[1])
    later = Message("m2", json.dumps(event(1, version=4, lastStatus="DEACTIVATING")))
    assert world.worker.work([later, message(1)], NOW) == set()
    assert counted("DrainedTasks") == 1


def test_a_missing_first_event_does_not_matter(world):
    """4d: missing first event."""
    world.aws.host(service(), tasks=[1])
    late = message(1, sample="ecs-task-spot-interruption-deactivating")
    assert world.worker.work([late], NOW) == set()
    assert world.aws.registered == set()


def test_the_later_events_of_a_drained_task_cost_nothing(world, counted):
    world.aws.host(service(), tasks=[1])
    world.worker.work([message(1)], NOW)
    calls = len(world.aws.calls)
    assert world.worker.work([message(1, version=4)], NOW + 5) == set()
    assert len(world.aws.calls) == calls
    assert counted("DrainedTasks") == 1


def test_the_later_event_of_a_told_task_is_no_news_to_another_process(world, counted):
    world.aws.host(service(), tasks=[1])
    world.worker.work([message(1)], NOW)
    world.verify(NOW + 8)
    report = Message("r", world.later("report")[0])
    world.worker.work([report], NOW + 53)
    world.worker.drained.clear()
    world.sqs.sent.clear()

    late = event(1, version=5, updatedAt="2026-03-02T09:01:30Z") | {"time": "2026-03-02T09:01:30Z"}
    assert world.worker.work([message(1, late)], NOW + 91) == set()
    assert len(world.later("verify")) == 1
    assert world.verify(NOW + 99) == set()
    world.worker.work([report], NOW + 200)

    assert len(world.bus.details) == 1
    assert counted("InterruptedTasks") == 1
    assert (counted("BackstopDeregistered"), counted("NativeDeregistered")) == (1, 0)


@pytest.mark.parametrize(("verdict", "told"), [("backstop", 0), ("native", 0), ("unattributed", 1)])
def test_a_task_that_was_verified_before_its_message_came_back_was_not_missed(
    world, counted, verdict, told
):
    """The try that drained it died; "unattributed" is what a missed task itself is noted as."""
    world.aws.host(service())
    world.tallies.add(ARN, {verdict: frozenset({f"{1:032x}"})}, now=NOW + 8)
    assert world.worker.work([message(1, received=2)], NOW + 40) == set()
    assert counted("DrainedTooLate") == told
    assert len(world.later("report")) == told


def test_a_task_that_stopped_before_a_retry_succeeded_is_told_to_people(world, counted):
    world.aws.host(service())
    assert world.worker.work([message(1, received=2)], NOW + 40) == set()
    assert (counted("DrainedTooLate"), counted("StaleEvents")) == (1, 0)
    assert counted("InterruptedTasks") == 1
    world.worker.work([Message("r", world.later("report")[0])], NOW + 85)
    [alert] = world.bus.details
    assert alert["severity"] == "warning"
    assert "calls failed until a task had stopped" in alert["summary"]


def test_a_missed_task_is_counted_once_for_all_its_events(world, counted):
    world.aws.host(service())
    for version in (3, 4, 5):
        again = message(1, received=2, version=version)
        assert world.worker.work([again], NOW + 40) == set()
    assert counted("DrainedTooLate") == counted("InterruptedTasks") == 1


def test_a_missed_task_that_cannot_be_tallied_comes_back(world):
    world.aws.host(service())
    world.tallies.failing.add(ARN)
    assert world.worker.work([message(1, received=2)], NOW + 40) == {"m1"}


def test_a_late_copy_that_was_never_received_before_is_just_stale(world, counted):
    world.aws.host(service())
    assert world.worker.work([message(1)], NOW + 3600) == set()
    assert (counted("DrainedTooLate"), counted("StaleEvents")) == (0, 1)
    assert world.later("report") == []


def test_a_standalone_task_is_counted_once_for_all_its_events(world, counted):
    for version in (3, 4, 5):
        world.worker.work([message(1, group="family:nightly", version=version)], NOW)
    assert counted("StandaloneInterrupted") == 1
    assert counted("InterruptedTasks") == 1


def test_what_is_remembered_is_forgotten_after_a_while_and_when_it_is_too_much(world):
    world.aws.host(service(), tasks=[1])
    world.aws.described[task_arn(1)] = {"taskArn": task_arn(1), "lastStatus": "RUNNING"}
    world.worker.work([message(1)], NOW)
    world.worker.work([message(1)], NOW + 181)
    assert len(world.later("verify")) == 2
    world.worker.drained.update({str(n): NOW for n in range(20_001)})
    world.worker.work([message(2)], NOW)
    assert len(world.worker.drained) <= 1


def test_a_task_event_of_another_kind_is_done_at_once(world):
    ordinary = Message("m1", json.dumps(load("ecs-task-running")))
    assert world.worker.work([ordinary], NOW) == set()
    assert world.aws.calls == []


def test_a_message_that_cannot_be_understood_is_named_counted_and_kept(world, counted, logged):
    world.aws.host(service(), tasks=[1])
    bad = Message("bad", json.dumps(event(2, taskArn=...)))
    assert world.worker.work([bad, message(1)], NOW) == {"bad"}
    assert world.aws.registered == set()
    assert counted("RejectedMessages") == 1
    [record] = [r for r in logged if r.msg == "message rejected"]
    assert (record.path, record.message_id) == ("$.detail.taskArn", "bad")


def test_a_body_that_breaks_the_reader_stays_alone(world, monkeypatch):
    def read(message_id, body, *, retried):
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("spot_drain.batch.read_interruption", read)
    messages = [message(1), Message("r1", encode(Report((ARN,))))]
    assert world.worker.work(messages, NOW) == {"m1"}


def test_a_native_storm_from_notice_to_report(world, counted):
    world.aws.host(service())
    world.aws.leaving = {(group(), Target(address(n), 8080)) for n in range(30)}
    world.worker.work([message(n) for n in range(30)], NOW)
    [body] = world.later("verify")
    assert world.worker.work([Message("v", body)], NOW + 8) == set()
    assert counted("NativeDeregistered") == 30
    [report] = world.later("report")
    assert world.worker.work([Message("r", report)], NOW + 53) == set()
    [alert] = world.bus.details
    assert alert["title"] == "prod/web: Spot took 30 tasks; all left their load balancers in time"
    assert "ECS itself had taken 30 out of rotation." in alert["summary"]
    assert world.tallies.read([ARN]) == []


def test_targets_that_never_were_there_prove_nothing_about_ecs(world, counted):
    """Interrupted before they were registered, or looked for in the wrong place."""
    world.aws.host(service())
    world.worker.work([message(n) for n in range(3)], NOW)
    world.worker.work([Message("v", world.later("verify")[0])], NOW + 8)
    assert counted("NativeDeregistered") == 0
    world.worker.work([Message("r", world.later("report")[0])], NOW + 53)
    [alert] = world.bus.details
    assert alert["title"].endswith("3 were in no target group when the toolkit came")


def test_tasks_are_counted_by_service_zone_and_capacity_provider_when_they_are_new(capsys):
    ids = [f"{n:x}" * 32 for n in range(1, 5)]
    texts = {
        "native": frozenset(ids),
        PLACE + "eu-west-1a|FARGATE_SPOT|256/512": frozenset(f"{i[:12]}:100" for i in ids[:3]),
        PLACE + "||": frozenset({f"{ids[3][:12]}:"}),
    }
    measure_verdicts(ARN, Added(int(NOW), tasks=frozenset(ids[1:])), texts)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = ("Cluster", "Service", "Zone", "CapacityProvider", "Interruptions")
    assert sorted([each[name] for name in names] for each in lines if names[-1] in each) == [
        ["prod", "web", "eu-west-1a", "FARGATE_SPOT", [2.0]],
        ["prod", "web", "unknown", "none", [1.0]],
    ]


def test_the_backstop_is_counted_by_service(world, counted):
    world.aws.host(service(), tasks=range(3))
    world.worker.work([message(n) for n in range(3)], NOW)
    world.worker.work([Message("v", world.later("verify")[0])], NOW + 8)
    assert counted("BackstopDeregistered") == 3
    assert counted("NativeDeregistered") == 0


def test_two_verify_messages_for_one_task_count_it_once(world, counted):
    """Two functions handled two events of the task; the second found it leaving."""
    world.aws.host(service())
    messages = [
        verify_message(check(1, Seen.LEAVING), number=1),
        verify_message(check(1, Seen.REGISTERED), number=2),
    ]
    assert world.worker.work(messages, NOW + 8) == set()
    assert (counted("BackstopDeregistered"), counted("NativeDeregistered")) == (1, 0)


def test_both_waves_of_a_rollout_are_verified(world):
    known = service(revisions=("r1", "r2"))
    grown = service("web", "web", "next", revisions=("r1", "r2"))
    world.aws.rolled[ARN] = grown
    world.aws.host(grown, tasks=[1]).host(known)
    world.worker.work([message(1)], NOW)
    [body] = world.later("verify")
    world.worker.work([Message("v", body)], NOW + 8)
    looked = {
        place.group_arn for name, places in world.aws.calls if name == "look" for place in places
    }
    assert looked == {group("web"), group("next")}


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_task_still_in_rotation_is_verified_again(world, attempt):
    world.aws.host(service(), tasks=[1])
    assert world.worker.work([verify_message(check(1), attempt=attempt)], NOW + 8) == set()
    [body] = world.later("verify")
    assert json.loads(body)["attempt"] == attempt + 1
    assert world.later("report") == []


def stubborn(world, *numbers):
    """Targets that cannot be taken out."""
    world.aws.host(service(), tasks=[*numbers])
    world.aws.broken[group("web")] = failure("Throttling")


def test_after_the_third_attempt_the_critical_alert_is_sent_at_once(world, counted):
    stubborn(world, 1, 2)
    world.aws.described |= {task_arn(n): {"lastStatus": "DEACTIVATING"} for n in (1, 2)}
    world.worker.work([verify_message(check(1), check(2), attempt=3)], NOW + 24)
    [alert] = world.bus.details
    assert alert["severity"] == "critical"
    assert alert["incident"] == f"spot_drain/{ARN}/{int(NOW) + 24}"
    assert f"Id={address(1)},Port=8080" in alert["next_steps"][0]["command"]
    assert counted("StillRegistered") == counted("StillRegisteredTasks") == 2
    assert counted("InterruptedTasks") == 2
    assert world.later("verify") == []


def test_different_attempts_in_one_batch_are_kept_apart(world):
    stubborn(world, 1, 2)
    batch = [verify_message(check(1), attempt=1), verify_message(check(2), attempt=3, number=2)]
    world.worker.work(batch, NOW + 8)
    assert [json.loads(body)["attempt"] for body in world.later("verify")] == [2]
    assert len(world.bus.details) == 1


@pytest.mark.parametrize("mode", ["dry-run", "off"])
def test_without_leave_nothing_is_taken_out(world, mode, counted):
    world.aws.host(service(mode=mode), tasks=[1])
    assert world.worker.work([message(1)], NOW) == set()
    assert world.aws.deregistered() == set()
    assert counted("SwitchedOff") == (1 if mode == "off" else 0)
    assert len(world.later("verify")) == (0 if mode == "off" else 1)


def test_what_is_odd_about_a_service_is_logged(world, logged, counted):
    world.aws.host(service("web", "gone", notes=("Classic Load Balancer old was left alone.",)))
    world.aws.gone.add(group("gone"))
    world.worker.work([message(1)], NOW)
    told = {record.msg for record in logged}
    assert "something to know" in told
    assert "target group does not exist" in told
    assert counted("TargetGroupGone") == 1
