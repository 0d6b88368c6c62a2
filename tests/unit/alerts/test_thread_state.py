"""Whatever order, copies, batches and failures there are, the thread ends in the same state."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.incident import digest, fold
from tests.unit.alerts.builders import BEGAN, make_alert
from tests.unit.alerts.fakes import Sink, World

LONG = 12 * 3600
STAGES = st.lists(
    st.builds(
        lambda n, at, title, state, severity: make_alert(
            stage=f"stage-{n}",
            at=BEGAN + at,
            title=title,
            state=state,
            severity=severity,
        ),
        st.integers(0, 5),
        st.integers(0, 300),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from(["open", "update", "resolved"]),
        st.sampled_from(["info", "warning", "critical"]),
    ),
    min_size=1,
    max_size=8,
)
DELAYS = st.lists(st.sampled_from([0, 0, 1, 5, 20, 100, 700]), min_size=40, max_size=40)
TROUBLES = st.lists(
    st.sampled_from([None, "busy", "down", "lost before", "lost after", "died"]), max_size=8
)


def arrivals(alerts):
    """Every alert once or several times, in any order."""
    return st.lists(st.sampled_from(alerts), max_size=8).flatmap(
        lambda copies: st.permutations([*alerts, *copies])
    )


def told(world, messages, delays):
    world.sqs.now = BEGAN
    late = itertools.accumulate(delays)
    for alert, delay in zip(messages, late, strict=False):
        world.publish(alert, delay)
    world.run(BEGAN + LONG)
    return world.sink


def shows(sink, alerts):
    """Whether the thread shows what all these alerts come to, and nothing was left untold."""
    incident = fold(alerts[0].incident, alerts)
    assert digest(sink.top.now) == digest(incident.now)
    said = {alert.stage: alert.title for news in sink.told for alert in news.fresh}
    assert said == {alert.stage: alert.title for alert in incident.alerts}


@given(STAGES.flatmap(lambda a: st.tuples(st.just(a), arrivals(a))), DELAYS)
def test_any_order_and_copies_end_in_the_same_thread(both, delays):
    alerts, messages = both
    sink = told(World(), messages, delays)
    shows(sink, alerts)
    assert len(sink.keys) == len(set(sink.keys))
    assert [news.action for news in sink.told].count("open") == 1


@given(STAGES.flatmap(lambda a: st.tuples(st.just(a), arrivals(a))), DELAYS, TROUBLES)
@settings(max_examples=100)
def test_whatever_fails_nothing_is_lost_and_nothing_is_said_twice(both, delays, troubles):
    alerts, messages = both
    sink = told(World(Sink(troubles)), messages, delays)
    shows(sink, alerts)
    assert len(sink.keys) == len(set(sink.keys))


@given(STAGES.flatmap(lambda a: st.tuples(st.just(a), arrivals(a))), DELAYS, TROUBLES)
def test_a_sink_that_cannot_be_asked_hears_each_unclear_message_once_more(both, delays, troubles):
    alerts, messages = both
    unclear = sum(trouble in ("lost after", "died") for trouble in troubles)
    sink = told(World(Sink(troubles, can_be_asked=False)), messages, delays)
    shows(sink, alerts)
    assert len(sink.keys) - len(set(sink.keys)) <= unclear


@given(DELAYS, st.integers(1, 40))
def test_never_more_than_five_updates_in_ten_minutes(delays, number):
    alerts = [make_alert(stage=str(n), at=BEGAN + n, title=f"t{n}") for n in range(number)]
    world = World()
    told(world, alerts, delays)
    updates = world.sent_at[1:]
    for begin in updates:
        assert len([at for at in updates if begin <= at < begin + 600]) <= 5


def test_a_problem_that_comes_back_with_the_same_words_is_told_again():
    world = World()
    words = {"stage": "alarm", "title": "prod/web fails"}
    seen = [
        make_alert(**words),
        make_alert(stage="end", at=BEGAN + 900, state="resolved", title="prod/web is well"),
        make_alert(**words, at=BEGAN + 1_800),
    ]
    told(world, seen, [0, 900, 900])
    assert [news.now.title for news in world.sink.told] == [
        *("prod/web fails", "prod/web is well", "prod/web fails"),
    ]
    assert world.sink.top.mark == "warning"


def test_a_sink_that_fails_for_six_hours_is_given_up_with_one_dead_letter():
    world = World(Sink(["down"] * 200))
    world.sqs.now = BEGAN
    world.publish(make_alert())
    world.run(BEGAN + 5 * 3600)
    assert world.sqs.dead == []
    world.run(BEGAN + 24 * 3600)
    (letter,) = world.sqs.dead
    assert '"sink":"sns"' in letter
    assert '"reason":"down"' in letter
    assert world.sqs.waiting == []
    tried = 200 - len(world.sink.troubles)
    assert 30 < tried < 60, "ever less often: 10 minutes apart at last"


def test_what_was_given_up_is_told_once_it_is_replayed():
    world = World(Sink(["refused"]))
    world.sqs.now = BEGAN
    world.publish(make_alert())
    world.run(BEGAN + 60)
    world.publish(make_alert(stage="2", at=BEGAN + 9, title="more"))
    world.run(BEGAN + 120)
    assert world.sink.told == []
    (letter,) = world.sqs.dead
    world.sqs.put(letter)
    world.run(BEGAN + 180)
    assert [news.now.title for news in world.sink.told] == ["more"]


def test_an_incident_that_waits_is_looked_at_once_not_once_for_each_alert():
    world = World()
    world.sqs.now = BEGAN
    world.publish(make_alert())
    world.run(BEGAN)
    for number in range(20):
        world.publish(make_alert(stage=str(number), at=BEGAN + 1, title=str(number)))
        world.run(BEGAN)
    assert len(world.sqs.waiting) == 1


def test_the_first_of_many_updates_counts_as_none():
    world = World()
    alerts = [make_alert(stage=str(n), at=BEGAN + n, title=str(n)) for n in range(90)]
    told(world, alerts, [0, *[300] * 89])
    assert world.sink.times_said == 90
    state = world.store.sinks[alerts[0].incident]["sns"]
    assert state.sent[0] == BEGAN
    assert len(state.sent) < 65
