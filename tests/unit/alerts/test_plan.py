"""What is told now, and what is held back until when."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import fold
from alerts.plan import Attempt, Hold, Limits, Nothing, Send, SinkState, attempt, plan
from tests.unit.alerts.builders import BEGAN, make_alert

LIMITS = Limits()


def told(state, incident, send, now):
    """The state after sending."""
    done = attempt(incident, send, "k")
    return replace(
        state,
        reference="r",
        told={**state.told, **done.told},
        sent=(*state.sent, now),
        number=state.number + 1,
        severity=done.severity,
        condition=done.condition,
    )


def run(alerts, until=7200):
    """Tell the alerts as they happen, waking when something is due; (time, action) of what was sent."""
    state, sent, seen, wake = SinkState(), [], [], []
    for at in [*sorted({a.at for a in alerts}), BEGAN + until]:
        while wake and wake[0] <= at:
            state = step(state, seen, wake.pop(0), sent, wake)
        seen = [a for a in alerts if a.at <= at]
        if at < BEGAN + until:
            state = step(state, seen, at, sent, wake)
    return sent


def step(state, seen, now, sent, wake):
    incident = fold("k", seen)
    match plan(incident, state, LIMITS, now):
        case Send() as send:
            sent.append((now - BEGAN, send.action))
            return told(state, incident, send, now)
        case Hold(until):
            if until not in wake:
                wake.append(until)
                wake.sort()
    return state


def storm(number, seconds):
    return [
        make_alert(stage=str(n), at=BEGAN + n * seconds / number, title=str(n))
        for n in range(number)
    ]


def test_the_first_message_goes_out_at_once():
    assert isinstance(plan(fold("k", [make_alert()]), SinkState(), LIMITS, BEGAN), Send)


def test_what_is_known_is_not_told_again():
    incident = fold("k", [make_alert()])
    state = told(SinkState(), incident, plan(incident, SinkState(), LIMITS, BEGAN), BEGAN)
    assert isinstance(plan(incident, state, LIMITS, BEGAN + 99), Nothing)


def test_340_events_in_ten_minutes_are_one_thread_and_at_most_five_updates():
    end = make_alert(stage="end", at=BEGAN + 590, state="resolved")
    sent = run([*storm(340, 580), end])

    assert [action for _, action in sent].count("open") == 1
    assert len(sent) - 1 <= 5
    assert (590, "close") in sent, "the end is told at once"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.sampled_from(["open", "resolved"]),
            st.sampled_from(["info", "warning", "critical"]),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_never_more_than_five_updates_in_ten_minutes_and_nothing_is_left_untold(events):
    alerts = [
        make_alert(stage=str(n), at=BEGAN + at, state=state, severity=severity)
        for n, (at, state, severity) in enumerate(events)
    ]
    sent = run(alerts, until=20_000)

    updates = [at for at, action in sent if action != "open"]
    for begin in updates:
        assert len([at for at in updates if begin <= at < begin + 600]) <= 5
    assert [action for _, action in sent].count("open") == 1
    assert sent[-1][0] >= max(at for at, _, _ in events), "what came last was told"


def test_worse_news_does_not_wait():
    first = fold("k", [make_alert()])
    state = told(SinkState(), first, plan(first, SinkState(), LIMITS, BEGAN), BEGAN)
    worse = fold("k", [make_alert(), make_alert(stage="2", at=BEGAN + 1, severity="critical")])
    same = fold("k", [make_alert(), make_alert(stage="2", at=BEGAN + 1)])

    assert isinstance(plan(worse, state, LIMITS, BEGAN + 1), Send)
    assert plan(same, state, LIMITS, BEGAN + 1) == Hold(BEGAN + 15, "rate limit")


def test_a_lease_a_failing_sink_and_working_hours_hold():
    incident = fold("k", [make_alert()])
    for state, not_before in (
        (SinkState(lease_until=BEGAN + 50), 0.0),
        (SinkState(retry_at=BEGAN + 50), 0.0),
        (SinkState(), BEGAN + 50),
    ):
        held = plan(incident, state, LIMITS, BEGAN, not_before)
        assert isinstance(held, Hold)
        assert held.until == BEGAN + 50


def test_an_attempt_that_was_noted_is_settled_before_anything_else():
    incident = fold("k", [make_alert()])
    noted = Attempt("k-1", "open", {}, "warning", "open")
    send = plan(incident, SinkState(pending=noted), LIMITS, BEGAN, not_before=BEGAN + 50)
    assert isinstance(send, Send)
    assert send.action == "open"


def test_what_waits_for_a_person_is_left_alone():
    assert isinstance(
        plan(fold("k", [make_alert()]), SinkState(parked=True), LIMITS, BEGAN), Nothing
    )
