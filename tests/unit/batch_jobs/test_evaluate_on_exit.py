"""AWS Batch's evaluateOnExit, exactly. The ids are those of the acceptance scenarios."""

import pytest

from batch_jobs.judge import Ended, judge
from batch_jobs.retrying import Before, Used
from batch_jobs.spec_reading import InvalidSpec, spec_of
from batch_jobs.verdict import Kind
from tests.unit.batch_jobs.builders import PARTS, document, follow, spec, task

HOST_GONE = task(None, "Host EC2 (instance i-1) terminated.", Ended("app", 137))
APP_ERROR = task("EssentialContainerExited", "Essential container in task exited", Ended("app", 1))
EXIT = {"action": "EXIT"}


def strategy(*conditions, attempts=3, **more):
    return {"evaluateOnExit": {"attempts": attempts, "conditions": list(conditions), **more}}


def step(fields, stopped, failed_before=0):
    before = Before(Used(batch=failed_before))
    return follow(spec(**fields), judge(stopped, PARTS), before=before).step


def test_e1_order_decides():
    hosts = {"onStatusReason": "Host EC2*", "action": "RETRY"}
    others = {"onReason": "*", "action": "EXIT"}
    assert step(strategy(hosts, others), APP_ERROR) == "failed"
    assert step(strategy(hosts, others), HOST_GONE) == "retry"
    assert step(strategy(others, hosts), HOST_GONE) == "failed"


AGENT, START = "AGENT", "Task failed to start"
# The example in API_RetryStrategy and in the user guide's page on automated job retries.
DOCUMENTED = [
    {"action": "RETRY", "onReason": AGENT},
    {"action": "RETRY", "onReason": START},
    {"action": "EXIT", "onReason": "*"},
]


@pytest.mark.parametrize(
    "fields",
    [
        {"retryStrategy": {"attempts": 3, "evaluateOnExit": DOCUMENTED}},
        {"evaluateOnExit": {"attempts": 3, "evaluateOnExit": DOCUMENTED}},
        {"evaluateOnExit": {"attempts": 3, "conditions": DOCUMENTED}},
        {"evaluateOnExit": DOCUMENTED, "retries": {"application": 2}},
    ],
)
def test_the_documented_example_in_each_form(fields):
    pull = Ended("app", None, "CannotPullContainerError: i/o timeout")
    for reason in (AGENT, START):
        not_started = task("TaskFailedToStart", reason, pull, started_at=None)
        assert [step(fields, not_started, before) for before in (0, 1)] == ["retry", "retry"]
        assert step(fields, not_started, 2) == "failed"
    assert step(fields, APP_ERROR) == "failed"
    assert step(fields, HOST_GONE) == "failed"


def test_a_pull_that_fails_is_asked_about_by_the_containers_reason():
    """The other documented example: RETRY on CannotPullContainerError, EXIT on anything else."""
    pull = {"onReason": "CannotPullContainerError:*", "action": "RETRY"}
    other = {"onReason": "*", "action": "EXIT"}
    failed = Ended("app", None, "CannotPullContainerError: report:404: not found")
    for reason in ("Task failed to start", failed.reason):
        not_started = task("TaskFailedToStart", reason, failed, started_at=None)
        # However often, up to the attempts: what happens twice is no reason to end for Batch.
        verdict = judge(not_started, PARTS)
        before = Before(Used(batch=1), verdict.cause)
        assert step(strategy(pull, other), not_started) == "retry"
        assert follow(spec(**strategy(pull, other)), verdict, before=before).step == "retry"
        assert step(strategy(pull, other), not_started, 2) == "failed"
        assert step(strategy(other, pull), not_started) == "failed"


def test_the_reason_of_a_task_that_ran_is_its_containers_own():
    fields = strategy({"onReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", **EXIT})
    assert step(fields, HOST_GONE) == "failed"


def test_a_pattern_may_have_512_characters():
    longest = strategy({"onReason": "x" * 512, "action": "EXIT"})
    assert spec_of(document(**longest)).strategy
    with pytest.raises(InvalidSpec):
        spec_of(document(**strategy({"onReason": "x" * 513, "action": "EXIT"})))
    with pytest.raises(InvalidSpec):
        spec_of(document(**strategy({"onReason": "x*\n", "action": "EXIT"})))


def test_e2_no_match_retries_until_the_attempts_are_used_up():
    never = strategy({"onExitCode": "99", "action": "EXIT"})
    assert [step(never, APP_ERROR, before) for before in range(3)] == ["retry", "retry", "failed"]
    assert step(strategy(attempts=1), APP_ERROR) == "failed"


def test_e3_all_given_conditions_must_match():
    fields = strategy(
        {"onExitCode": "137", "onReason": "OutOfMemoryError*", "action": "EXIT"}, attempts=2
    )
    bare = task("EssentialContainerExited", "Essential container in task exited", Ended("app", 137))
    assert step(fields, bare) == "retry"
    reason = "OutOfMemoryError: Container killed due to memory usage"
    starved = task("EssentialContainerExited", "x", Ended("app", 137, reason))
    assert step(fields, starved) == "failed"


@pytest.mark.parametrize(
    ("glob", "code", "matches"),
    [
        ("13*", 13, True),
        ("13*", 130, True),
        ("13*", 137, True),
        ("13*", 213, False),
        ("13*", 1, False),
        ("*", 42, True),
        ("137", 137, True),
    ],
)
def test_e4_exit_codes_match_by_their_decimal_text(glob, code, matches):
    fields = strategy({"onExitCode": glob, "action": "EXIT"})
    stopped = task("EssentialContainerExited", "x", Ended("app", code))
    assert step(fields, stopped) == ("failed" if matches else "retry")


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"onReason": "*Spot*", "action": "RETRY"}, "$.evaluateOnExit.conditions[0].onReason"),
        (
            {"onReason": "Cannot*Error*", "action": "RETRY"},
            "$.evaluateOnExit.conditions[0].onReason",
        ),
        ({"onExitCode": "1a*", "action": "RETRY"}, "$.evaluateOnExit.conditions[0].onExitCode"),
        ({"onExitCode": "1", "action": "AGAIN"}, "$.evaluateOnExit.conditions[0].action"),
    ],
)
def test_e5_restricted_characters_are_refused(condition, path):
    with pytest.raises(InvalidSpec) as refused:
        spec_of(document(**strategy(condition)))
    (problem,) = refused.value.problems
    assert problem.path == path
    assert problem.hint


def test_e5_a_sixth_condition_is_refused():
    with pytest.raises(InvalidSpec) as refused:
        spec_of(document(**strategy(*[{"onExitCode": "1", "action": "EXIT"}] * 6)))
    assert refused.value.problems[0].path == "$.evaluateOnExit.conditions"


def test_e6_spot_and_exit_0_is_an_interruption():
    graceful = task("SpotInterruption", "Your Spot Task was interrupted.", Ended("app", 0))
    assert judge(graceful, PARTS).kind is Kind.INTERRUPTED
    assert judge(graceful, PARTS, spot_exit_zero="success").kind is Kind.SUCCEEDED
    following = follow(spec(**strategy(attempts=1)), judge(graceful, PARTS))
    assert following.step == "retry"
    assert following.used == Used(interruption=1)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("ecs-ops: longer than limits.run, 1h", Kind.TIMED_OUT),
        ("ecs-ops: the run was cancelled", Kind.CANCELLED),
        ("Task stopped by user", Kind.CANCELLED),
    ],
)
def test_e7_what_was_stopped_is_not_retried_whatever_a_rule_says(reason, kind):
    verdict = judge(task("UserInitiated", reason, Ended("app", 143)), PARTS)
    assert verdict.kind is kind
    rules = [{"action": "retry", "stopCode": "User*"}]
    assert follow(spec(rules=rules, retries={"application": 9}), verdict).step == "failed"
    assert follow(spec(**strategy({"onReason": "*", "action": "RETRY"})), verdict).step == "failed"


@pytest.mark.parametrize("word", ["retry", "Retry", "RETRY"])
def test_e8_the_case_of_an_action_does_not_matter(word):
    assert step(strategy({"onExitCode": "1", "action": word}), APP_ERROR) == "retry"
