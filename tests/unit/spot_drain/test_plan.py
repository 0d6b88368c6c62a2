"""The deadline plan (4b4), as a function of data and time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spot_drain.plan import DEFAULT_STOP_TIMEOUT_S, GRACE_S, MARGIN_S, Occupant, plan

T0 = 1_000_000.0
END = T0 + 120


def task(name: str = "a", **fields) -> Occupant:
    return Occupant(
        name,
        fields.pop("last", "RUNNING"),
        fields.pop("desired", "RUNNING"),
        fields.pop("timeout", DEFAULT_STOP_TIMEOUT_S),
        **fields,
    )


def at(seconds: float, *tasks: Occupant, left: frozenset[str] = frozenset()):
    return plan(tasks, ends_at=END, began_at=T0, left=left, now=T0 + seconds)


def test_4b4_at_first_ecs_is_given_time():
    todo = at(0, task())
    assert (todo.leave, todo.stop, todo.next_at) == ((), (), T0 + GRACE_S)


def test_4b4_what_is_still_there_after_the_grace_is_taken_out():
    assert at(GRACE_S, task()).leave == ("a",)
    assert at(GRACE_S, task(), left=frozenset("a")).leave == ()


def test_4b4_a_task_is_stopped_so_that_its_own_timeout_fits():
    due = 120 - 60 - MARGIN_S
    assert at(due - 1, task(timeout=60)).stop == ()
    assert at(due, task(timeout=60)).stop == ("a",)


def test_4b4_a_task_with_a_long_timeout_leaves_and_stops_at_once():
    todo = at(0, task(timeout=115))
    assert (todo.leave, todo.stop) == (("a",), ("a",))


def test_4b3_what_ecs_moves_leaves_at_once_for_its_signal_is_on_its_way():
    moving = task(desired="STOPPED", ending_since=T0 - 5)
    assert at(0, moving).leave == ("a",)
    assert at(0, task(desired="STOPPED")).leave == ("a",)
    assert at(0, moving, left=frozenset("a")).leave == ()


def test_4b3_what_was_stopped_before_the_notice_is_not_spots():
    assert at(60, task(desired="STOPPED", ending_since=T0 - 6)).leave == ()
    assert at(60, task(ending_since=T0 - 6)).leave == ("a",), "it runs, and is meant to"


def test_4b4_a_storm_begins_earlier():
    crowd = [task(f"t{n}") for n in range(200)]
    assert len(at(69, *crowd).stop) == 200
    assert at(67, *crowd).stop == ()


def test_4b4_instances_that_go_together_stand_in_one_queue_and_ecs_gets_its_time_all_the_same():
    def alone(seconds: float, crowd: int):
        return plan([task()], ends_at=END, began_at=T0, crowd=crowd, now=T0 + seconds)

    due = 120 - DEFAULT_STOP_TIMEOUT_S - MARGIN_S
    assert alone(due - 11, 200).stop == ()
    assert alone(due - 9, 200).stop == ("a",)
    assert alone(GRACE_S - 1, 10_000).stop == ()
    assert alone(GRACE_S, 10_000).stop == ("a",)


def test_4b4_what_somebody_has_stopped_is_not_stopped_again_but_still_taken_out():
    todo = at(GRACE_S, task(desired="STOPPED", last="DEACTIVATING"))
    assert (todo.leave, todo.stop) == (("a",), ())


def test_4b4_standalone_tasks_have_no_targets_and_stop_only_if_they_may():
    todo = at(
        110, task("x", is_standalone=True, mode="on"), task("y", is_standalone=True, mode="off")
    )
    assert (todo.leave, todo.stop) == ((), ("x",))


def test_4b4_a_daemon_goes_when_the_others_are_gone():
    assert at(90, task("d", is_daemon=True), task("w")).stop == ("w",)
    assert at(90, task("d", is_daemon=True), task("w", last="STOPPED")).stop == ("d",)


def test_after_the_end_there_is_nothing_to_do():
    assert at(120, task()).has_ended


_tasks = st.lists(
    st.builds(
        Occupant,
        st.uuids().map(str),
        st.sampled_from(["PENDING", "RUNNING", "DEACTIVATING", "STOPPING", "STOPPED"]),
        st.sampled_from(["RUNNING", "STOPPED"]),
        st.integers(0, 120),
        st.sampled_from(["on", "dry-run", "off"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
    unique_by=lambda each: each.task_arn,
)


@given(_tasks, st.floats(0, 119))
def test_every_task_that_may_be_is_due_in_time_and_no_other_ever(tasks, seconds):
    by_arn = {each.task_arn: each for each in tasks}
    stopped: set[str] = set()
    left: set[str] = set()
    now = T0 + seconds
    for _ in range(60):
        todo = plan(tasks, ends_at=END, began_at=T0, left=frozenset(left), now=now)
        stopped |= set(todo.stop)
        left |= set(todo.leave)
        if todo.next_at is None:
            break
        assert now < todo.next_at < END
        now = todo.next_at
    assert stopped == {arn for arn, each in by_arn.items() if each.may_be_stopped}
    assert left == {
        arn for arn, each in by_arn.items() if not each.has_stopped and not each.is_standalone
    }
