"""Who is told, when, and how bad it counts."""

from datetime import UTC, datetime

import pytest

from alerts.incident import fold
from alerts.routes_document import parse_routes
from alerts.routing import recipients
from ecsops.errors import InvalidSetting
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


@pytest.mark.parametrize(
    ("document", "line", "field", "says"),
    [
        ("a: [", 1, "$", "not YAML"),
        ("- 1", 1, "$", "expected fields"),
        ("version: 2", 1, "version", "expected one of 1"),
        ("\nrotues: []", 2, "rotues", "unknown field"),
        ("default: [sns]\ndefault: [sns]", 2, "default", "given twice"),
        ("default: []", 1, "default", "nobody"),
        ("default: [team]", 1, "default", "no sink is called 'team'"),
        ("default: ''", 1, "default", "is empty"),
        ("sinks:\n  sns: {type: slack, secret: s}", 2, "sinks.sns", "cannot be a sink's name"),
        ("sinks:\n  t:\n    type: sms\n    secret: s", 3, "sinks.t.type", "expected one of slack"),
        ("sinks:\n  t: {type: slack, secret: s}", 2, "sinks.t", "'channel' is missing"),
        ("sinks:\n  t: {type: webhook}", 2, "sinks.t", "'secret' is missing"),
        (
            "sinks:\n  t: {type: webhook, secret: s,\n    channel: C1}",
            3,
            "sinks.t.channel",
            "slack",
        ),
        (
            "sinks:\n  t: {type: slack, secret: s, channel: C, api: 'ftp://x'}",
            2,
            "sinks.t.api",
            "https",
        ),
        ("routes:\n- to: nobody", 2, "routes[0].to", "no sink is called 'nobody'"),
        ("routes:\n- match: {}", 2, "routes[0]", "'to' is missing"),
        (
            "routes:\n- to: sns\n- to: sns\n  match:\n    severity: [bad]",
            5,
            "routes[1].match.severity[0]",
            "critical",
        ),
        ("routes:\n- to: sns\n  match: {service: {a: b}}", 3, "routes[0].match.service", "a list"),
        (
            "routes:\n- to: sns\n  hours: {days: mon, from: '9', to: '18:00', zone: UTC}",
            3,
            "routes[0].hours.from",
            "09:00",
        ),
        (
            "routes:\n- to: sns\n  hours: {days: mo, from: '09:00', to: '18:00', zone: UTC}",
            3,
            "routes[0].hours.days",
            "mon-fri",
        ),
        (
            "routes:\n- to: sns\n  hours: {days: mon, from: '09:00', to: '18:00', zone: Mars}",
            3,
            "routes[0].hours.zone",
            "Mars",
        ),
        (
            "maintenance:\n- {from: yesterday, to: 2026-01-05T12:00:00Z, delay: true}",
            2,
            "maintenance[0].from",
            "offset",
        ),
        (
            "maintenance:\n- {from: 2026-01-05T12:00:00Z, to: 2026-01-05T11:00:00Z, delay: true}",
            2,
            "maintenance[0].to",
            "before",
        ),
        (
            "maintenance:\n- {from: 2026-01-05T12:00:00Z, to: 2026-01-05T13:00:00Z}",
            2,
            "maintenance[0]",
            "nothing",
        ),
        (
            "maintenance:\n- {from: 2026-01-05T12:00:00Z, to: 2026-01-05T13:00:00Z, delay: maybe}",
            2,
            "maintenance[0].delay",
            "true",
        ),
        ("limits: {updates: 0}", 1, "limits.updates", "from 1 to 50"),
        ("limits: {threads: many}", 1, "limits.threads", "whole number"),
        ("redact:\n- '['", 2, "redact[0]", "not a regular expression"),
        ("redact:\n- 'x*'", 2, "redact[0]", "empty text"),
        ("redact:\n- '(a+)+b'", 2, "redact[0]", "for ever"),
    ],
)
def test_every_error_names_line_and_field(document, line, field, says):
    with pytest.raises(InvalidSetting) as error:
        parse_routes(document)
    assert str(error.value).startswith(f"line {line}, {field}: ")
    assert says in str(error.value)


def test_an_empty_document_is_the_default():
    assert parse_routes("# nothing\n").default == ("sns",)
