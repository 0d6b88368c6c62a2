"""The table, against a real evaluator of its conditions (moto); the tests' own store keeps to the same."""

from __future__ import annotations

import pytest

from alerts.incident_store import Crowd, IncidentStore
from alerts.plan import Limits, SinkState
from alerts.summary import ALL_CLUSTERS
from tests.unit.alerts.builders import BEGAN, make_alert
from tests.unit.alerts.fakes import MemoryStore

KEY, TABLE = "deploy_guard/prod/web/d-1", "incidents"
LIMITS = Limits(threads=3, threads_total=5, threads_window_s=300)
MONTH_S = 30 * 86_400


@pytest.fixture
def table(moto_dynamodb):
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    moto_dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in keys],
        KeySchema=[{"AttributeName": n, "KeyType": k} for n, k in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    yield moto_dynamodb
    moto_dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def real(table):
    return IncidentStore(table, TABLE)


@pytest.fixture(params=["real", "memory"])
def store(request):
    return MemoryStore() if request.param == "memory" else request.getfixturevalue("real")


def items(table):
    return table.scan(TableName=TABLE)["Items"]


def test_of_one_stage_the_alert_that_takes_precedence_stays_whatever_comes_first(store):
    early, late = make_alert(title="early"), make_alert(at=BEGAN + 5, title="late")
    for alert in (late, early, late):
        store.add(KEY, alert, BEGAN)
    assert store.read(KEY).alerts == (late,)


def test_at_the_same_instant_the_end_stays(store):
    end, begin = make_alert(state="resolved"), make_alert()
    store.add(KEY, end, BEGAN)
    store.add(KEY, begin, BEGAN)
    assert store.read(KEY).alerts == (end,)


def test_a_state_is_saved_by_whoever_knows_the_last_one(store):
    first = store.save(KEY, "team", SinkState(owner="me"), BEGAN)
    assert store.save(KEY, "team", SinkState(owner="another"), BEGAN) is None
    second = store.save(KEY, "team", first, BEGAN)
    assert second.version == 2
    assert store.read(KEY).sinks == {"team": second}


def test_incidents_do_not_touch_each_other(store):
    store.add(KEY, make_alert(), BEGAN)
    store.save("other", "team", SinkState(), BEGAN)
    assert len(store.read(KEY).alerts) == 1
    assert store.read(KEY).sinks == {}
    assert store.read("none").alerts == ()


def test_a_key_of_any_length_is_kept(real):
    for key in ("x" * 4_000, "y" * 4_000):
        real.add(key, make_alert(title=key[:1]), BEGAN)
    assert [a.title for a in real.read("x" * 4_000).alerts] == ["x"]


def test_an_incident_larger_than_one_answer_is_read_whole(real):
    for number in range(30):
        real.add(KEY, make_alert(stage=str(number), summary="x" * 60_000), BEGAN)
    assert len(real.read(KEY).alerts) == 30


def test_a_write_whose_answer_was_lost_and_that_is_sent_again_is_no_conflict(real, table):
    state = SinkState(owner="me")
    assert real.save(KEY, "team", state, BEGAN) == real.save(KEY, "team", state, BEGAN)
    assert real.save(KEY, "team", SinkState(owner="another"), BEGAN) is None


def test_every_item_of_an_incident_expires_after_a_month(real, table):
    real.add(KEY, make_alert(), BEGAN)
    real.save(KEY, "team", SinkState(), BEGAN)
    real.join("team", "prod", KEY, LIMITS, BEGAN)
    real.keep_routes("default: [sns]", BEGAN)
    expiries = {
        i["pk"]["S"].partition("#")[0]: i.get("expires_at", {}).get("N") for i in items(table)
    }
    month = str(int(BEGAN) + MONTH_S)
    assert expiries == {"incident": month, "threads": month, "routes": None}


PROD, ALL = Crowd("prod", int(BEGAN)), Crowd(ALL_CLUSTERS, int(BEGAN))


def test_so_many_incidents_of_a_cluster_get_threads_and_asking_again_changes_nothing(real):
    granted = [real.join("team", "prod", f"i{n}", LIMITS, BEGAN + n) for n in range(5)]
    assert granted == [None, None, None, PROD, PROD]
    assert real.join("team", "prod", "i1", LIMITS, BEGAN + 9) is None
    assert real.join("team", "prod", "i4", LIMITS, BEGAN + 9) == PROD


def test_clusters_share_what_there_is_in_all(real):
    granted = [real.join("team", f"c{n}", f"i{n}", LIMITS, BEGAN + n) for n in range(7)]
    assert granted == [None] * 5 + [ALL, ALL]
    assert real.join("team", "c0", "i0", LIMITS, BEGAN + 9) is None


def test_a_cluster_that_is_full_has_a_summary_of_its_own(real):
    for number in range(3):
        real.join("team", "prod", f"i{number}", LIMITS, BEGAN)
    assert real.join("team", "staging", "i8", LIMITS, BEGAN) is None
    assert real.join("team", "prod", "i9", LIMITS, BEGAN) == PROD


def test_sinks_have_windows_of_their_own(real):
    for number in range(4):
        real.join("team", "prod", f"i{number}", LIMITS, BEGAN)
    assert real.join("pager", "prod", "i3", LIMITS, BEGAN) is None


def test_after_the_window_threads_are_granted_anew(real):
    for number in range(4):
        real.join("team", "prod", f"i{number}", LIMITS, BEGAN)
    later = [real.join("team", "prod", f"j{n}", LIMITS, BEGAN + 301 + n) for n in range(4)]
    assert later == [None, None, None, Crowd("prod", int(BEGAN) + 301)]


def test_of_two_that_begin_a_new_window_one_begins_it(real, table):
    real.join("team", "prod", "i", LIMITS, BEGAN)
    assert real._new_window("team", "prod", "a", int(BEGAN), BEGAN + 301) is None
    beaten = real._new_window("team", "prod", "b", int(BEGAN), BEGAN + 302)
    assert beaten == Crowd("prod", int(BEGAN) + 301)


def test_the_routes_that_were_understood_last_are_remembered(real):
    assert real.last_good_routes() is None
    real.keep_routes("default: [sns]", BEGAN)
    real.keep_routes("default: [team]", BEGAN)
    assert real.last_good_routes() == "default: [team]"
