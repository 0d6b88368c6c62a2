"""What RunTask's answers and errors mean. The ids are those of the acceptance scenarios."""

import pytest

from batch_jobs.launch_outcome import Again, Launched, Refused, of_answer, of_error
from batch_jobs.verdict import Lasting
from tests.unit.batch_jobs.builders import follow, spec

CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


def test_r1_of_mixed_failures_the_fatal_one_wins():
    outcome = of_answer({"tasks": [], "failures": [{"reason": CAPACITY}, {"reason": "MISSING"}]})
    assert isinstance(outcome, Refused)
    assert outcome.verdict.lasting is Lasting.YES
    assert follow(spec(), outcome.verdict).step == "fail-run"


def test_r3_a_conflict_adopts_the_task_that_the_token_has_started():
    arn = "arn:aws:ecs:eu-west-1:123456789012:task/prod/1"
    assert of_error("ConflictException", "other parameters", 400, [arn]) == Launched(arn)
    assert isinstance(of_error("ConflictException", "other parameters", 400), Again)


def test_r5_neither_tasks_nor_failures_is_unknown_not_an_index_error():
    assert isinstance(of_answer({"tasks": [], "failures": []}), Again)
    assert isinstance(of_answer({}), Again)


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("InvalidParameterException", "ENI: Rate exceeded (ErrorCode: Throttling)", 400),
        ("InvalidParameterException", "Request limit exceeded.", 400),
        ("InvalidParameterException", "InternalError", 400),
        ("ClientException", "You've reached the limit of tasks in the PROVISIONING state", 400),
        ("ThrottlingException", "Rate exceeded", 400),
        ("ServerException", "x", 500),
        ("SomethingNew", "x", 503),
    ],
)
def test_r6_what_may_have_happened_or_was_throttled_keeps_its_token(code, message, status):
    assert isinstance(of_error(code, message, status), Again)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterException", "Invalid revision number."),
        ("ClusterNotFoundException", "Cluster not found."),
        ("AccessDeniedException", "not authorized"),
        ("PlatformUnknownException", "x"),
        ("ClientException", "TaskDefinition is inactive"),
    ],
)
def test_r6_what_will_not_change_by_itself_is_permanent(code, message):
    outcome = of_error(code, message, 400)
    assert isinstance(outcome, Refused)
    assert follow(spec(), outcome.verdict).step == "fail-run"


@pytest.mark.parametrize("apostrophe", ["'", "\u2019"])
def test_r7_a_quota_is_a_quota_with_either_apostrophe(apostrophe):
    reason = f"You{apostrophe}ve reached the limit on the number of vCPUs you can run concurrently"
    outcome = of_answer({"failures": [{"reason": reason}]})
    assert isinstance(outcome, Refused)
    assert (outcome.verdict.cause, outcome.verdict.lasting) == ("quota", Lasting.NO)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("RESOURCE:CPU", "capacity"),
        ("RESOURCE:MEMORY", "capacity"),
        ("RESOURCE:*", "capacity"),
        (CAPACITY, "capacity"),
        ("AGENT", "agent"),
        ("ATTRIBUTE", "placement"),
        ("LOCATION", "placement"),
        ("INACTIVE", "configuration"),
        ("The requested CPU configuration is above your limit", "above-limit"),
        ("Internal error", "internal-error"),
        ("A REASON OF TOMORROW", "unknown"),
    ],
)
def test_every_reason_of_a_failure_has_its_class(reason, cause):
    outcome = of_answer({"failures": [{"reason": reason}]})
    assert isinstance(outcome, Refused)
    assert outcome.verdict.cause == cause


def test_r9_capacity_goes_up_the_ladder_at_once_and_waits_before_it_starts_anew():
    from batch_jobs.retrying import Place
    from tests.unit.batch_jobs.builders import NOW

    ladder = spec(capacity=[{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}])
    outcome = of_answer({"failures": [{"reason": CAPACITY}]})
    assert isinstance(outcome, Refused)
    up = follow(ladder, outcome.verdict)
    assert (up.place.option, up.due) == (1, NOW)
    anew = follow(ladder, outcome.verdict, 2, place=Place(1))
    assert anew.place.option == 0
    assert anew.due > NOW


def test_placement_may_do_on_another_rung_and_is_permanent_on_the_last():
    outcome = of_answer({"failures": [{"reason": "ATTRIBUTE"}]})
    assert isinstance(outcome, Refused)
    assert follow(spec(), outcome.verdict).step == "fail-run"
    ladder = spec(capacity=[{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}])
    assert follow(ladder, outcome.verdict).step == "retry"
