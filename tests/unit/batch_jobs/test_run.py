"""The life of a run, its overlap, its slots. The ids are those of the acceptance scenarios."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_jobs import shards
from batch_jobs.dependencies import outlook
from batch_jobs.judge import Ended, judge
from batch_jobs.overlap import admit, release
from batch_jobs.rows import CANCELLED, FAILED, FINAL, STOPPING, SUCCEEDED, WAITING, JobRow, Wait
from batch_jobs.run import Action, GaveUp, MayStart, ShardsEnded, StopAsked, decide
from batch_jobs.slots import Schedule, due, unmet
from ecsops.errors import InvalidSetting
from tests.unit.batch_jobs.builders import NOW, PARTS, follow, run, spec, task

HOUR = 3600.0
TEN = NOW + HOUR  # 2026-01-05T10:00:00Z


def interrupted():
    return judge(task("SpotInterruption", "x", Ended("app", 0)), PARTS)


def exited(code):
    return judge(task("EssentialContainerExited", "x", Ended("app", code)), PARTS)


def test_j1_ignored_interruptions_cost_nothing():
    policy = spec(
        retries={"interruption": 0}, rules=[{"action": "ignore", "stopCode": "SpotInterruption"}]
    )
    assert [follow(policy, interrupted(), n).step for n in (1, 5, 50)] == ["retry"] * 3
    assert follow(policy, interrupted(), 200).step == "failed"
    assert decide(run(4), ShardsEnded(done=0b1111), NOW).run.state == SUCCEEDED


def test_j2_a_shard_fails_alone_the_others_run_and_the_run_fails():
    policy = spec(retries={"application": 1}, rules=[{"action": "fail", "exitCodes": [42]}])
    first = follow(policy, exited(1))
    from batch_jobs.retrying import Before

    assert first.step == "retry"
    assert follow(policy, exited(1), 2, Before(first.used)).step == "failed"
    assert follow(policy, exited(42)).step == "failed"
    decision = decide(run(4), ShardsEnded(failed=0b0011), NOW)
    assert Action.STOP not in decision.actions
    assert decide(decision.run, ShardsEnded(done=0b1100), NOW).run.state == FAILED


def test_j3_more_failed_shards_than_may_stop_the_run():
    row = run(4, max_failed=1)
    row = decide(row, ShardsEnded(failed=0b0001), NOW).run
    assert row.state == "RUNNING"
    decision = decide(row, ShardsEnded(failed=0b0010), NOW)
    assert (decision.run.state, decision.actions) == (STOPPING, (Action.STOP,))
    assert decide(decision.run, ShardsEnded(failed=0b1100), NOW).run.state == FAILED


def test_j3_as_many_as_may_fail_are_tolerated():
    assert decide(run(4, max_failed=1), ShardsEnded(0b1110, 0b0001), NOW).run.state == SUCCEEDED


def test_j4_exit_code_0_never_matches():
    from batch_jobs.retrying import rule_matches
    from batch_jobs.spec import Rule

    rule = Rule(action="fail", not_exit_codes=(1,))
    assert not rule_matches(rule, exited(0))
    assert rule_matches(rule, exited(2))
    assert not rule_matches(rule, exited(1))


def test_j5_a_run_waits_for_another_and_fails_with_it():
    row = run(2, state=WAITING, waits_for=(Wait(run="other"),))
    assert not outlook(row, {}).starts
    assert not outlook(row, {"other": run(2, run="other")}).starts
    assert outlook(row, {"other": run(2, run="other", state=SUCCEEDED)}).starts
    failed = outlook(row, {"other": run(2, run="other", state=FAILED)})
    assert not failed.starts
    assert "other" in failed.why


def test_j5_shard_by_shard_the_failed_ones_fail_their_own():
    row = run(4, waits_for=(Wait(run="other", each=True),))
    assert outlook(row, {"other": run(4, run="other", failed="2")}).failed == 0b0010
    over = run(4, run="other", state=FAILED, done="5", failed="2")
    assert outlook(row, {"other": over}).failed == 0b1010


def test_j6_one_failed_shard_fails_the_run_and_a_cancel_stops_all():
    assert decide(run(4), ShardsEnded(0b0111, 0b1000), NOW).run.state == FAILED
    decision = decide(run(4, done="1"), StopAsked("anna", "cancelled by anna"), NOW)
    assert (decision.run.state, decision.actions) == (STOPPING, (Action.STOP,))
    over = decide(decision.run, ShardsEnded(failed=0b1110), NOW).run
    assert (over.state, over.by) == (CANCELLED, "anna")


EVENTS = st.one_of(
    st.builds(ShardsEnded, st.integers(0, 15), st.integers(0, 15), st.sampled_from(["", "no"])),
    st.builds(StopAsked, st.just("anna"), st.just("cancelled")),
    st.builds(MayStart),
    st.builds(GaveUp, st.sampled_from([FAILED, "MISSED"]), st.just("late")),
)


@given(st.lists(EVENTS), st.sampled_from(["RUNNING", WAITING]))
def test_what_is_over_stays_over_and_no_event_counts_twice(events, state):
    row = run(4, state=state)
    for event in events:
        after = decide(row, event, NOW).run
        assert decide(after, event, NOW).run == after
        if row.state in FINAL:
            assert after == row
        assert not shards.decode(after.done) & shards.decode(after.failed)
        assert shards.decode(row.done) & ~shards.decode(after.done) == 0
        row = after


def slots(
    last, now, catch_up="latest", deadline_s=None, expression="cron(0 * * * ? *)", zone="UTC"
):
    lost = due(Schedule(expression, zone), last, now)
    newest = lost[-1] if lost else last
    return unmet(lost, newest, now, catch_up=catch_up, limit=10, deadline_s=deadline_s)


def test_c1_of_missed_slots_the_latest_runs_or_all():
    now = TEN + 2 * HOUR + 300
    assert slots(TEN, now).run == (TEN + 2 * HOUR,)
    assert slots(TEN, now).missed == (TEN + HOUR,)
    assert slots(TEN, now, "all").run == (TEN + HOUR, TEN + 2 * HOUR)
    assert slots(TEN, now, "none").missed == (TEN + HOUR, TEN + 2 * HOUR)


def test_c1_the_latest_slot_is_not_run_once_a_later_one_is_due():
    def lost(newest, catch_up="latest"):
        return unmet([TEN], newest, TEN + 600, catch_up=catch_up, limit=10, deadline_s=None)

    assert lost(TEN).run == (TEN,)
    assert (lost(TEN + 300).run, lost(TEN + 300).missed) == ((), (TEN,))
    assert lost(TEN + 300, "all").run == (TEN,)


def test_c2_a_week_without_a_run_is_one_run_and_one_warning():
    found = slots(TEN, TEN + 7 * 24 * HOUR)
    assert len(found.run) == 1
    assert found.too_many
    bounded = slots(TEN, TEN + 7 * 24 * HOUR, deadline_s=2 * HOUR)
    assert len(bounded.run) == 1
    assert not bounded.too_many


def test_c4_forbidden_runs_wait_only_where_a_deadline_says_how_long():
    job = JobRow(job="nightly", active=("one",))
    assert admit(job, "two", "forbid", 10, holds=False).says == "skip"
    held = admit(job, "two", "forbid", 10, holds=True)
    assert (held.says, held.job.waiting) == ("wait", ("two",))
    newer = admit(held.job, "three", "forbid", 10, holds=True)
    assert (newer.job.waiting, newer.job.displaced) == (("three",), ("two",))


def test_c5_replace_starts_only_after_the_other_has_stopped():
    job = JobRow(job="nightly", active=("one",))
    admission = admit(job, "two", "replace", 10, holds=False)
    assert (admission.says, admission.replaced) == ("wait", ("one",))
    job, following = release(admission.job, "one")
    assert (job.active, job.waiting, following) == (("two",), (), "two")


def test_c6_allow_lets_both_run():
    job = JobRow(job="nightly", active=("one",))
    assert admit(job, "two", "allow", 10, holds=False).job.active == ("one", "two")


def test_queue_keeps_the_order_and_ends_somewhere():
    job = JobRow(job="nightly", active=("one",))
    job = admit(job, "two", "queue", 2, holds=False).job
    job = admit(job, "three", "queue", 2, holds=False).job
    assert admit(job, "four", "queue", 2, holds=False).says == "skip"
    assert release(job, "one")[1] == "two"


@given(st.lists(st.tuples(st.sampled_from("ad"), st.integers(0, 5)), max_size=40))
def test_c11_forbid_and_queue_never_have_two_active(steps):
    for overlap in ("forbid", "queue", "replace"):
        job = JobRow(job="nightly")
        for kind, number in steps:
            name = f"run-{number}"
            if kind == "a":
                admission = admit(job, name, overlap, 3, holds=True)
                assert admit(admission.job, name, overlap, 3, holds=True).job == admission.job
                job = admission.job
            else:
                job, _ = release(job, name)
            assert len(job.active) <= 1
            assert not set(job.active) & set(job.waiting)


def test_c8_an_unknown_time_zone_is_named():
    with pytest.raises(InvalidSetting, match="Mars/Olympus"):
        slots(TEN, TEN + HOUR, zone="Mars/Olympus")


def test_c10_a_day_that_never_comes_is_named_and_one_that_has_passed_is_not():
    with pytest.raises(InvalidSetting, match="never comes"):
        slots(TEN, TEN + 400 * 24 * HOUR, expression="cron(59 23 31 2 ? *)")
    assert slots(TEN, TEN + HOUR, expression="cron(0 3 1 1 ? 2020)").run == ()
