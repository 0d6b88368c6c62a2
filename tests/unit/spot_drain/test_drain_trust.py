"""What the first pass believes of an event, and when it asks ECS instead."""

from __future__ import annotations

import pytest

from ecsops.errors import InvalidMessage
from spot_drain.drain import drain
from tests.unit.spot_drain.builders import (
    CLUSTER,
    NOW,
    address,
    failure,
    group,
    interruption,
    service,
    task_arn,
)
from tests.unit.spot_drain.fakes import FakeGateway


def alive(number: int = 1, **changes) -> dict:
    """A task as DescribeTasks tells it: other names for the same things as in the event."""
    interface = {"name": "privateIPv4Address", "value": address(number)}
    return {
        "taskArn": task_arn(number),
        "lastStatus": "RUNNING",
        "group": "service:web",
        "startedBy": "ecs-svc/1",
        "attachments": [{"type": "ElasticNetworkInterface", "details": [interface]}],
        "containers": [],
        **changes,
    }


def aws_with(aws: FakeGateway, *tasks: dict) -> FakeGateway:
    aws.described |= {task["taskArn"]: task for task in tasks}
    return aws


def test_a_late_event_of_a_dead_task_takes_nobody_out():
    """4d: late; the address belongs to a new task by now."""
    aws = FakeGateway().host(service(), tasks=[1])
    aws_with(aws, alive(lastStatus="STOPPED"))
    outcome = drain([interruption(seen_at=NOW - 7200)], aws, now=NOW)
    assert len(outcome.stale) == 1
    assert aws.deregistered() == set()


def test_a_late_event_of_a_task_that_ecs_forgot_takes_nobody_out():
    """4d: task MISSING in DescribeTasks."""
    aws = FakeGateway().host(service(), tasks=[1])
    outcome = drain([interruption(seen_at=NOW - 7200)], aws, now=NOW)
    assert len(outcome.stale) == 1
    assert aws.deregistered() == set()


def test_a_late_event_of_a_living_task_is_acted_on_with_fresh_addresses():
    aws = FakeGateway().host(service(), tasks=[1, 2])
    aws_with(aws, alive(1))
    outcome = drain([interruption(1, ipv4=(address(2),), seen_at=NOW - 7200)], aws, now=NOW)
    assert aws.deregistered() == {address(1)}
    assert outcome.checks[0].seen_at == NOW


@pytest.mark.parametrize("seen_at", [None, NOW - 26, NOW + 1e9])
def test_an_event_of_unknown_age_is_not_trusted(seen_at):
    aws = aws_with(FakeGateway().host(service(), tasks=[1]), alive(1))
    drain([interruption(seen_at=seen_at)], aws, now=NOW)
    assert aws.calls[0] == ("tasks", {CLUSTER: [task_arn(1)]})


def test_a_fresh_event_without_an_address_is_looked_up():
    """4d: ENI attachment absent."""
    aws = aws_with(FakeGateway().host(service(), tasks=[1]), alive(1))
    drain([interruption(ipv4=())], aws, now=NOW)
    assert aws.deregistered() == {address(1)}


def test_a_fresh_event_that_names_no_service_is_looked_up():
    aws = aws_with(FakeGateway().host(service(), tasks=[1]), alive(1))
    outcome = drain([interruption(service_name="", started_by="")], aws, now=NOW)
    assert aws.deregistered() == {address(1)}
    assert outcome.done[0].started_by == "ecs-svc/1"


@pytest.mark.parametrize("changes", [{"group": "family:nightly"}, {"group": ""}])
def test_a_looked_up_task_may_turn_out_to_be_standalone(changes):
    aws = aws_with(FakeGateway(), alive(1, **changes))
    outcome = drain([interruption(service_name="")], aws, now=NOW)
    assert len(outcome.standalone) == 1


def test_a_task_without_any_address_fails_when_its_service_has_target_groups():
    aws = aws_with(FakeGateway().host(service()), alive(1, attachments=[], containers=[]))
    outcome = drain([interruption(ipv4=())], aws, now=NOW)
    [(one, error)] = outcome.failed.items()
    assert isinstance(error, InvalidMessage)
    assert error.path == "$.detail.attachments"
    assert one.message_ids == ("m1",)
    assert outcome.done == []


def test_an_address_from_the_event_serves_when_ecs_tells_none():
    aws = aws_with(FakeGateway().host(service(), tasks=[1]), {"taskArn": task_arn(1)})
    drain([interruption(seen_at=None)], aws, now=NOW)
    assert aws.deregistered() == {address(1)}


@pytest.mark.parametrize(("took_s", "asked"), [(0.5, False), (19.0, True)])
def test_a_call_that_took_long_makes_young_news_old(took_s, asked):
    """Its retries may take 19 s: that is the difference between the two ages."""
    aws = aws_with(FakeGateway(slow={"services": took_s}), alive(1)).host(service(), tasks=[1])
    outcome = drain([interruption(seen_at=NOW - 9)], aws, now=NOW)
    assert ("tasks" in dict(aws.calls)) is asked
    assert aws.deregistered() == {address(1)}
    assert len(outcome.done) == 1


def test_a_task_that_stopped_during_our_own_calls_takes_nobody_with_it():
    aws = FakeGateway(slow={"services": 19.0}).host(service(), tasks=[1])
    aws_with(aws, alive(lastStatus="STOPPED"))
    outcome = drain([interruption(seen_at=NOW - 9)], aws, now=NOW)
    assert aws.deregistered() == set()
    assert [one.task_arn for one, _ in outcome.missed] == [task_arn(1)]
    assert (outcome.done, outcome.checks, outcome.stale) == ([], [], [])


def test_a_task_that_ecs_does_not_answer_for_is_tried_again_with_its_messages():
    problem = failure("ThrottlingException")
    aws = FakeGateway(slow={"services": 19.0}).host(service(), tasks=[1])
    aws.described[task_arn(1)] = problem  # type: ignore[assignment]
    outcome = drain([interruption(seen_at=NOW - 9)], aws, now=NOW)
    assert aws.deregistered() == set()
    [(one, error)] = outcome.failed.items()
    assert (one.message_ids, error) == (("m1",), problem)
    assert outcome.done == []


def test_a_second_wave_that_comes_late_is_asked_for_as_well():
    known, rolled = service(revisions=("r1", "r2")), service("web", "web", "green")
    aws = FakeGateway(slow={"rolling_out": 19.0}, rolled={known.arn: rolled})
    aws.host(rolled, tasks=[1]).host(known)
    aws_with(aws, alive(lastStatus="STOPPED"))
    drain([interruption(seen_at=NOW - 9)], aws, now=NOW)
    groups = {p.group_arn for call, places in aws.calls if call == "deregister" for p in places}
    assert groups == {group("web")}


def test_a_failure_after_news_were_renewed_keeps_the_message():
    """The renewed task is another value than the one of the message."""
    aws = aws_with(FakeGateway(slow={"services": 19.0}), alive(1)).host(service(), tasks=[1])
    aws.broken[group()] = failure("ThrottlingException")
    outcome = drain([interruption(seen_at=NOW - 9)], aws, now=NOW)
    assert outcome.done == []
    assert [one.message_ids for one in outcome.failed] == [("m1",)]


def test_the_time_left_is_counted_when_the_task_is_out():
    aws = aws_with(FakeGateway(slow={"services": 19.0}), alive(1)).host(service(), tasks=[1])
    outcome = drain([interruption()], aws, now=NOW)
    assert [check.left_s for check in outcome.checks] == [120 - 19]
