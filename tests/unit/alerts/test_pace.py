"""When a sink is asked again."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.pace import Pace

NOW = 1_000.0


def test_a_failure_that_names_no_time_waits_ever_longer():
    waits = [Pace().wait("s", NOW, 0.0, failures) for failures in range(8)]
    assert waits == [15, 30, 60, 120, 240, 480, 600, 600]
    assert Pace().wait("s", NOW, 0.0, 10_000) == 600


def test_each_message_that_has_to_wait_gets_a_moment_of_its_own():
    pace = Pace()
    moments = [NOW + pace.wait("s", NOW, 5.0, 0) for _ in range(3)]
    moments += [pace.held("s", NOW) for _ in range(3)]
    assert moments == [NOW + 5, NOW + 6, NOW + 7, NOW + 8, NOW + 9, NOW + 10]


def test_a_sink_is_left_alone_for_as_long_as_it_asked_and_no_other_is():
    pace = Pace()
    pace.wait("s", NOW, 5.0, 0)
    assert pace.held("other", NOW) is None
    assert pace.held("s", NOW + 4.9) is not None
    assert pace.held("s", NOW + 5) is None


def test_a_sink_that_refuses_again_and_again_is_asked_less_often():
    assert Pace().wait("s", NOW, 1.0, 19) < 15
    assert Pace().wait("s", NOW, 1.0, 25) == 480


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 60), st.integers(0, 5))))
def test_nobody_is_sent_before_the_sink_allows_it_nor_at_somebody_elses_moment(refusals):
    pace, moments, now = Pace(), [], NOW
    for later, seconds, failures in refusals:
        now += later
        wait = pace.wait("s", now, seconds, failures)
        assert wait >= seconds - 1e-6
        moments.append(now + wait)
    apart = [b - a for a, b in zip(sorted(moments), sorted(moments)[1:], strict=False)]
    assert all(gap >= 0.999 for gap in apart)
