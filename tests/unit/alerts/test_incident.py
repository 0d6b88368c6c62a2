"""Any order and any duplicates of the same alerts are the same incident."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import digest, fold
from tests.unit.alerts.builders import BEGAN, make_alert

alerts = st.builds(
    make_alert,
    stage=st.sampled_from("abc"),
    at=st.sampled_from([BEGAN, BEGAN + 1, BEGAN + 2]),
    title=st.sampled_from(["one", "two"]),
    state=st.sampled_from(["open", "update", "resolved"]),
    severity=st.sampled_from(["info", "warning", "critical"]),
)


@given(
    st.lists(alerts, min_size=1, max_size=12).flatmap(
        lambda a: st.tuples(st.just(a), st.permutations(a + a[:3]))
    )
)
def test_order_and_duplicates_do_not_matter(both):
    told, again = both
    assert fold("k", told) == fold("k", again)


@given(st.lists(alerts, min_size=1, max_size=8), st.lists(alerts, max_size=8))
def test_folding_in_steps_is_folding_at_once(first, later):
    assert fold("k", [*fold("k", first).alerts, *later]) == fold("k", first + later)


def test_the_newest_alert_says_how_things_are():
    end = make_alert(stage="end", at=BEGAN + 9, state="resolved", severity="info")
    incident = fold("k", [end, make_alert(stage="begin")])

    assert incident.condition == "resolved"
    assert incident.severity == "info"
    assert incident.opened_at == BEGAN


def test_at_the_same_instant_the_end_comes_last():
    end = make_alert(stage="a", state="resolved")
    assert fold("k", [end, make_alert(stage="b")]).now == end


def test_the_same_words_at_another_time_are_no_news():
    assert digest(make_alert(at=1.0)) == digest(make_alert(at=2.0))
    assert digest(make_alert()) != digest(make_alert(title="other"))
