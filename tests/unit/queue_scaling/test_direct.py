"""Out at once, in slowly."""

from hypothesis import example, given
from hypothesis import strategies as st

from queue_scaling.direct import Memory, decide, remember, settled
from queue_scaling.signal import Signal

WINDOW = 60.0


def signal(required):
    return Signal(required, 0.0, 0.0, 0.0, 0.0)


def follow(requirements, desired=0, step=20.0, **more):
    """The counts that come of a series of requirements, one every ``step`` seconds."""
    memory, counts = None, []
    for number, required in enumerate(requirements):
        decision = decide(signal(required), desired, memory, number * step, window_s=WINDOW, **more)
        memory, desired = decision.memory, decision.count
        counts.append(desired)
    return counts


def test_from_zero_to_what_is_required_in_one_step():
    assert follow([0, 0, 37]) == [0, 0, 37]


def test_a_step_limit_holds_scale_out_back():
    assert follow([37, 37, 37], out_step=15) == [15, 30, 37]


def test_for_a_window_nothing_is_taken_away():
    assert follow([40, *[10] * 3], desired=40)[1:3] == [40, 40]


def test_then_half_at_most_in_each_window():
    counts = follow([40, *[0] * 40], desired=40)
    for earlier, later in zip(counts[4:], counts[7:], strict=False):
        assert later >= earlier // 2


def test_and_to_zero_in_the_end():
    assert follow([40, *[0] * 60], desired=40)[-1] == 0


def test_a_burst_in_a_row_of_bursts_finds_most_of_the_capacity_still_there():
    row = ([40] + [1] * 5) * 4
    counts = follow(row)
    assert min(counts[1:]) >= 20


def test_a_change_of_less_than_a_tenth_is_not_worth_it():
    assert follow([100, *[95] * 60], desired=100)[-1] == 100
    assert follow([100, *[85] * 60], desired=100)[-1] <= 90


def test_a_small_service_loses_single_tasks():
    assert follow([3, *[2] * 60], desired=3)[-1] == 2


def test_a_service_that_was_just_seen_for_the_first_time_keeps_its_tasks_for_a_window():
    decision = decide(signal(1), 30, None, 1000.0, window_s=WINDOW)
    assert decision.count == 30
    assert "watched for less than a window" in decision.reason


def test_every_decision_has_a_reason():
    for required, desired in ((5, 1), (1, 5), (3, 3)):
        assert decide(signal(required), desired, None, 0.0, window_s=WINDOW).reason


REQUIREMENTS = st.lists(st.integers(0, 300), min_size=1, max_size=80)


@given(REQUIREMENTS, st.integers(0, 300))
def test_never_less_than_what_is_required_now(requirements, desired):
    counts = follow(requirements, desired)
    assert all(count >= required for count, required in zip(counts, requirements, strict=True))


@given(REQUIREMENTS, st.integers(0, 300))
def test_never_more_than_was_required_or_there(requirements, desired):
    assert max(follow(requirements, desired)) <= max(*requirements, desired)


@given(REQUIREMENTS)
@example([31, 28, 0, 0, 0, 0, 0])  # 31 are kept at a peak of 28, and 14 are half of that
def test_what_is_kept_of_a_peak_halves_in_a_window_at_most(requirements):
    counts = follow(requirements)
    for earlier, later in zip(counts, counts[3:], strict=False):
        # The peak halves, not the count: up to a tenth of the count was more than the peak, and was
        # kept because it was not worth a change.
        assert later >= (0.9 * earlier - 1) // 2


@given(REQUIREMENTS)
def test_what_is_remembered_does_not_grow(requirements):
    memory: Memory | None = None
    for number, required in enumerate(requirements):
        memory = remember(required, memory, number * 20.0, WINDOW)
        assert len(memory.recent) <= WINDOW / 20 + 1
        assert settled(memory) >= required


def test_a_days_window_takes_no_more_room_than_there_are_counts():
    memory: Memory | None = None
    for number in range(4000):
        memory = remember(number % 50, memory, number * 20.0, 86_400.0)
        assert len(memory.recent) <= 50
    assert memory is not None
    assert settled(memory) == 49
