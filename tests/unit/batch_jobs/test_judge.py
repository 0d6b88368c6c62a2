"""What a stopped task means. The ids are those of the acceptance scenarios."""

import pytest

from batch_jobs.judge import Ended, Parts, judge
from batch_jobs.retrying import Before, Place, Used
from batch_jobs.verdict import Kind, Lasting
from tests.unit.batch_jobs.builders import PARTS, follow, spec, task

OOM = "OutOfMemoryError: Container killed due to memory usage"


def test_v3_failed_to_start_without_containers_is_known_at_once():
    stopped = task("TaskFailedToStart", "TaskFailedToStart: AGENT")
    stopped = type(stopped)(**{**_fields(stopped), "containers": (), "started_at": None})
    verdict = judge(stopped, PARTS)
    assert (verdict.kind, verdict.cause) == (Kind.NOT_STARTED, "agent")


def test_v4_a_missing_exit_code_is_no_success():
    verdict = judge(task("EssentialContainerExited", "x", Ended("app", None)), PARTS)
    assert (verdict.kind, verdict.cause) == (Kind.FAILED, "no-exit-code")


def test_v5_a_sidecar_may_fail_an_essential_container_may_not():
    ended = (Ended("app", 0), Ended("log", 1))
    assert judge(task("EssentialContainerExited", "x", *ended), PARTS).kind is Kind.SUCCEEDED
    both = Parts("app", frozenset({"app", "log"}))
    verdict = judge(task("EssentialContainerExited", "x", *ended), both)
    assert (verdict.kind, verdict.container) == (Kind.FAILED, "log")


@pytest.mark.parametrize("code", [137, 143])
def test_v5_a_companion_that_was_told_to_stop_has_not_failed(code):
    both = Parts("app", frozenset({"app", "log"}))
    ended = (Ended("app", 0), Ended("log", code))
    assert judge(task("EssentialContainerExited", "x", *ended), both).kind is Kind.SUCCEEDED


def test_v6_out_of_memory_climbs_the_memory_ladder():
    verdict = judge(task("EssentialContainerExited", "x", Ended("app", 137, OOM)), PARTS)
    assert verdict.kind is Kind.OUT_OF_MEMORY
    ladder = spec(memorySteps=["1024", "2048"])
    first = follow(ladder, verdict)
    assert (first.step, first.place.memory, first.used) == ("retry", 1, Used())
    second = follow(ladder, verdict, place=first.place)
    assert (second.step, second.place.memory) == ("retry", 2)
    assert follow(ladder, verdict, place=second.place).step == "failed"


def test_v6_a_bare_137_counts_as_the_application():
    verdict = judge(task("EssentialContainerExited", "x", Ended("app", 137)), PARTS)
    assert (verdict.kind, verdict.cause) == (Kind.FAILED, "killed")
    assert follow(spec(memorySteps=["1024"]), verdict).step == "failed"


def test_v7_an_image_that_is_not_there_is_tried_twice():
    reason = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
    verdict = judge(task("TaskFailedToStart", reason, Ended("app", None)), PARTS)
    assert verdict.lasting is Lasting.SECOND_TIME
    assert follow(spec(), verdict).step == "retry"
    assert follow(spec(), verdict, 2, Before(Used(launch=1), "image")).step == "failed"


def test_v7_a_time_out_of_the_registry_is_transient():
    reason = "CannotPullContainerError: ref pull has been retried 5 time(s): dial tcp: i/o timeout"
    verdict = judge(task("TaskFailedToStart", reason, Ended("app", None)), PARTS)
    assert follow(spec(), verdict, 2, Before(Used(launch=1), verdict.cause)).step == "retry"


def test_v10_a_person_stopped_it_no_retry():
    verdict = judge(task("UserInitiated", "Task stopped by user", Ended("app", 143)), PARTS)
    assert (verdict.kind, verdict.cause) == (Kind.CANCELLED, "by-a-person")
    assert follow(spec(retries={"application": 5}), verdict).step == "failed"


def test_v11_a_stop_code_that_nobody_has_met_is_transient_and_said_so():
    verdict = judge(task("InfrastructureHealth", "unhealthy host", Ended("app", 0)), PARTS)
    assert verdict.kind is Kind.INTERRUPTED
    assert verdict.unknown
    assert follow(spec(), verdict).step == "retry"


@pytest.mark.parametrize("code", ["SpotInterruption", "TerminationNotice", None])
@pytest.mark.parametrize("exit_code", [0, 137, 143, None])
def test_spot_is_an_interruption_whatever_the_exit_code_says(code, exit_code):
    stopped = task(code, "Your Spot Task was interrupted.", Ended("app", exit_code))
    assert judge(stopped, PARTS).kind is Kind.INTERRUPTED


def test_a_container_that_cannot_start_has_not_started():
    reason = "CannotStartContainerError: exec format error"
    stopped = task("EssentialContainerExited", "x", Ended("app", None, reason))
    assert judge(stopped, PARTS).kind is Kind.NOT_STARTED


def test_three_budgets_are_three_budgets():
    policy = spec(retries={"launch": 1, "interruption": 1, "application": 1})
    interrupted = judge(task("SpotInterruption", "x", Ended("app", 0)), PARTS)
    failed = judge(task("EssentialContainerExited", "x", Ended("app", 1)), PARTS)
    refused = judge(task("TaskFailedToStart", "AGENT", Ended("app", None)), PARTS)
    used = Used()
    for attempt, verdict in enumerate((interrupted, failed, refused), 1):
        following = follow(policy, verdict, attempt, Before(used))
        assert following.step == "retry"
        used = following.used
    assert used == Used(1, 1, 1)
    for verdict in (interrupted, failed, refused):
        assert follow(policy, verdict, 4, Before(used)).step == "failed"


def test_spot_goes_down_the_ladder_and_stays_on_the_last_rung():
    ladder = spec(capacity=[{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}])
    interrupted = judge(task("SpotInterruption", "x", Ended("app", 0)), PARTS)
    first = follow(ladder, interrupted)
    assert first.place.option == 1
    assert follow(ladder, interrupted, 2, place=Place(1)).place.option == 1


def _fields(stopped):
    return {name: getattr(stopped, name) for name in stopped.__dataclass_fields__}


PULL = "CannotPullContainerError: pull image manifest has been retried: {}"


def unstarted(reason, *containers):
    return judge(task("TaskFailedToStart", reason, *containers, started_at=None), PARTS)


@pytest.mark.parametrize(
    ("text", "cause"), [("report:404: not found", "image"), ("i/o timeout", "image-transient")]
)
def test_the_cause_of_a_task_that_did_not_start_may_stand_in_a_container(text, cause):
    """ECS on instances says "Task failed to start", and the rest in the container."""
    verdict = unstarted("Task failed to start", Ended("log"), Ended("app", None, PULL.format(text)))
    assert (verdict.cause, verdict.container) == (cause, "app")
    assert verdict.reason == "Task failed to start"
    assert verdict.container_reason == PULL.format(text)
    assert unstarted(PULL.format(text)).cause == cause


def test_a_rule_may_name_what_the_container_says():
    verdict = unstarted("Task failed to start", Ended("app", None, PULL.format("not found")))
    rules = [{"action": "failRun", "reason": "CannotPull*"}]
    assert follow(spec(rules=rules), verdict).step == "fail-run"
