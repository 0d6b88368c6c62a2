"""A batch: to everybody it concerns, as the routes say; what cannot be understood stays alone."""

from __future__ import annotations

import pytest

from alerts.incident_store import Crowd
from alerts.plan import Limits
from alerts.renderers import webhook
from alerts.routes_document import parse_routes
from alerts.summary import is_summary
from ecsops.queue import Message
from tests.unit.alerts.builders import BEGAN, make_alert
from tests.unit.alerts.fakes import MemoryStore, Sink, World

TEAM = "sinks: {team: {type: slack, secret: slack, channel: C1}}\n"
WINDOW = "from: 2026-01-05T08:00:00Z, to: 2026-01-05T12:00:00Z"


@pytest.fixture
def world():
    world = World(others={"team": Sink()})
    world.sqs.now = BEGAN
    return world


def route(world, text):
    world.source.routes = parse_routes(TEAM + text)


def tell(world, *alerts):
    for alert in alerts:
        world.publish(alert)
    world.run(world.sqs.now + 60)


def titles(sink):
    return [news.now.title for news in sink.told]


def test_maintenance_shows_what_it_counts_an_alert_as(world):
    route(world, f"maintenance: [{{{WINDOW}, severity: info}}]")
    tell(world, make_alert(severity="critical"))
    assert world.sink.top.mark == "info"


@pytest.mark.parametrize("severity", ["info", "warning"])
def test_maintenance_never_makes_an_alert_worse(world, severity):
    route(world, f"maintenance: [{{{WINDOW}, severity: warning}}]")
    tell(world, make_alert(severity=severity))
    assert world.sink.top.mark == severity


def test_who_saw_it_begin_sees_it_end_though_the_routes_have_changed(world):
    route(world, "routes: [{to: team}]")
    tell(world, make_alert(title="begins"))
    route(world, "default: [sns]")
    tell(world, make_alert(stage="end", at=BEGAN + 60, state="resolved", title="ends"))
    assert titles(world.others["team"]) == ["begins", "ends"]
    assert titles(world.sink) == ["ends"]


@pytest.mark.parametrize(
    "body",
    [
        *("", "no json", "[]", "null", "{}", '{"alerts": "flush"}', '{"alerts": 1}', "\ud800"),
        '{"source": "ecs-ops", "detail-type": "ECS Ops Alert", "detail": {"incident": ""}}',
        '{"alerts": "flush", "incident": "i", "sink": ' + "[" * 5_000,
    ],
)
def test_what_cannot_be_understood_is_tried_again_alone(world, body):
    good = World()
    good.publish(make_alert())
    (_, _, understood) = good.sqs.waiting[0]
    failed = world.delivery.deliver([Message("bad", body), Message("good", understood)], BEGAN)
    assert failed == {"bad"}
    assert titles(world.sink) == ["prod/web: the deployment fails"]


def test_nobody_can_pass_an_alert_off_as_a_summary_which_is_told_to_nobody(world):
    world.publish(make_alert(incident="alerts/summary/sns/prod/1"))
    (_, _, body) = world.sqs.waiting[0]
    assert world.delivery.deliver([Message("posing", body)], BEGAN) == {"posing"}


def test_what_is_kept_has_no_secret_in_it(world):
    tell(world, make_alert(summary="password=hunter2"))
    assert "[redacted]" in str(world.store.alerts)
    assert "hunter2" not in str(world.store.alerts)


def test_the_users_own_patterns_reach_the_names_of_all_that_is_new(world):
    route(world, r"redact: ['customer-\d+']")
    tell(world, make_alert(stage="customer-7 begins"), make_alert(stage="customer-8 ends"))
    told = webhook.body(world.sink.top).decode()
    assert "customer-" not in told
    assert "[redacted] begins" in told


def test_an_alert_that_cannot_be_kept_is_tried_again(world):
    class Failing(MemoryStore):
        def add(self, key, alert, now):
            raise RuntimeError("no table")

    world.store = Failing()
    world.start()
    world.publish(make_alert())
    (_, _, body) = world.sqs.waiting[0]
    assert world.delivery.deliver([Message("m", body)], BEGAN) == {"m"}
    assert world.sink.told == []


class Full(MemoryStore):
    """No thread is free."""

    def join(self, sink, cluster, incident, limits, now):
        return Crowd(cluster, int(BEGAN))


@pytest.fixture
def crowded():
    world = World(store=Full(), limits=Limits(threads=1))
    world.sqs.now = BEGAN
    return world


def test_what_gets_no_thread_is_in_the_clusters_summary(crowded):
    for number in range(50):
        crowded.publish(make_alert(incident=f"i{number:02}", service=f"s{number:02}"))
    crowded.run(BEGAN + 60)
    (summary,) = crowded.sink.told
    assert summary.now.title == "prod: 50 more incidents at once, 50 open"
    rows = summary.now.evidence[0].rows
    assert len(rows) == 41
    assert rows[-1] == ("...", "", "and 10 more")


def test_the_self_test_is_never_part_of_a_summary(crowded):
    crowded.publish(make_alert(incident="alerts/selftest/1", test=True))
    crowded.run(BEGAN + 60)
    (news,) = crowded.sink.told
    assert not is_summary(news.now.incident)


def test_a_summarised_problem_that_comes_back_is_open_again(crowded):
    words = {"incident": "i", "stage": "alarm"}
    crowded.publish(make_alert(**words))
    crowded.run(BEGAN + 60)
    crowded.publish(make_alert(incident="i", stage="end", at=BEGAN + 60, state="resolved"))
    crowded.run(BEGAN + 600)
    assert crowded.sink.top.now.state == "resolved"
    crowded.publish(make_alert(**words, at=BEGAN + 600))
    crowded.run(BEGAN + 1_800)
    assert crowded.sink.top.now.state == "open"


def test_a_handover_that_meets_another_function_is_looked_at_again(crowded):
    first_save = crowded.store.save

    def beaten_once(*_):
        crowded.store.save = first_save

    crowded.store.save = beaten_once
    crowded.publish(make_alert(incident="i"))
    crowded.run(BEGAN + 60)
    assert crowded.store.sinks["i"]["sns"].summarised
