"""Who is told, when, and how bad it counts."""

from datetime import UTC, datetime

import pytest

from alerts.incident import fold
from alerts.routes_document import parse_routes
from alerts.routing import recipients
from tests.unit.alerts.builders import BEGAN, make_alert

SINKS = """
sinks:
  team: {type: slack, secret: slack, channel: C1}
  pager: {type: apprise, secret: pagerduty}
"""


def told(document, *alerts, now=BEGAN):
    incident = fold("k", alerts or (make_alert(),))
    return {r.sink: r for r in recipients(incident, parse_routes(SINKS + document), now)}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("match", "accepts"),
    [
        ("{}", True),
        ("{severity: warning}", True),
        ("{severity: [info, critical]}", False),
        ("{capability: deploy_*}", True),
        ("{capability: [spot_drain]}", False),
        ("{cluster: prod, service: 'w*'}", True),
        ("{cluster: prod, service: 'api*'}", False),
        ("{tag: payments}", True),
        ("{tag: other}", False),
    ],
)
def test_every_list_of_a_match_must_match(match, accepts):
    found = told(f"routes: [{{match: {match}, to: team}}]", make_alert(route="payments"))
    assert set(found) == ({"team"} if accepts else {"sns"})


def test_all_matching_routes_count_and_nobody_is_told_twice():
    found = told("routes: [{to: [team, sns]}, {match: {severity: warning}, to: [pager, team]}]")
    assert set(found) == {"team", "sns", "pager"}


def test_without_a_match_the_default_is_told():
    assert set(told("default: [team]")) == {"team"}


def test_who_saw_it_begin_also_sees_it_end():
    end = make_alert(stage="end", at=BEGAN + 1, severity="info", state="resolved")
    found = told("routes: [{match: {severity: warning}, to: pager}]", make_alert(), end)
    assert set(found) == {"pager", "sns"}


def test_a_test_goes_to_the_sinks_of_the_self_test_only():
    found = told("selftest: [team]\nroutes: [{to: pager}]", make_alert(test=True))
    assert set(found) == {"team"}


HOURS = (
    "routes: [{to: team, hours: {days: mon-fri, from: '09:00', to: '18:00', zone: Europe/Berlin}}]"
)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-01-05T10:00", "2026-01-05T10:00"),  # a Monday
        ("2026-01-05T17:00", "2026-01-06T08:00"),
        ("2026-01-09T17:30", "2026-01-12T08:00"),  # a Friday evening
        ("2026-01-10T12:00", "2026-01-12T08:00"),
        ("2026-03-29T12:00", "2026-03-30T07:00"),  # summer time has begun
    ],
)
def test_outside_working_hours_it_waits(now, opens):
    found = told(HOURS, now=at(now))
    assert max(found["team"].not_before, at(now)) == at(opens)


def test_critical_does_not_wait():
    found = told(HOURS, make_alert(severity="critical"), now=at("2026-01-10T12:00"))
    assert found["team"].not_before == 0.0


def test_hours_over_midnight():
    night = "routes: [{to: team, hours: {days: [mon], from: '22:00', to: '06:00', zone: UTC}}]"
    assert told(night, now=at("2026-01-06T05:00"))["team"].not_before == at("2026-01-06T05:00")
    assert told(night, now=at("2026-01-06T07:00"))["team"].not_before == at("2026-01-12T22:00")


def test_maintenance_downgrades_or_delays_and_never_drops():
    window = "from: 2026-01-05T08:00:00+00:00, to: 2026-01-05T12:00:00+00:00"
    lower = told(f"maintenance: [{{match: {{cluster: prod}}, {window}, severity: info}}]")
    later = told(f"maintenance: [{{match: {{cluster: prod}}, {window}, delay: true}}]")
    other = told(f"maintenance: [{{match: {{cluster: test}}, {window}, delay: true}}]")

    assert lower["sns"].severity == "info"
    assert later["sns"].not_before == at("2026-01-05T12:00")
    assert other["sns"].not_before == 0.0
