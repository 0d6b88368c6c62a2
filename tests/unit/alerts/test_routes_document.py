"""The routes document: every error names line and field."""

import pytest

from alerts.routes_document import parse_routes
from ecsops.errors import InvalidSetting


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
            "https://slack.com/api/",
        ),
        (
            "sinks:\n  t: {type: slack, secret: s, channel: C1, api: 'https://slack.com.evil.example/'}",
            2,
            "sinks.t.api",
            "https://slack.com/api/",
        ),
        (
            "sinks:\n  t: {type: slack, secret: s, channel: '#alerts'}",
            2,
            "sinks.t.channel",
            "C0123456789",
        ),
        (
            "routes:\n- to: sns\n  match: {service: []}",
            3,
            "routes[0].match.service",
            "leave it out",
        ),
        ("routes:\n- to: sns\n  match: {severity: []}", 3, "routes[0].match.severity", "is empty"),
        (
            "maintenance:\n- {from: 2026-01-05T12:00:00Z, to: 2026-01-05T13:00:00Z, severity: critical}",
            2,
            "maintenance[0].severity",
            "info, warning",
        ),
        ("default: \x00", 1, "$", "not YAML"),
        ("#" * 100_001, 1, "$", "larger than"),
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
        ("redact:\n- '(a|a)+$'", 2, "redact[0]", "for ever"),
    ],
)
def test_every_error_names_line_and_field(document, line, field, says):
    with pytest.raises(InvalidSetting) as error:
        parse_routes(document)
    assert str(error.value).startswith(f"line {line}, {field}: ")
    assert says in str(error.value)


def test_an_empty_document_is_the_default():
    assert parse_routes("# nothing\n").default == ("sns",)


def test_patterns_as_people_write_them_are_taken():
    document = "redact: ['customer-\\d+', '[\\w.+-]+@[\\w-]+\\.[\\w.]+']"
    assert len(parse_routes(document).redact) == 2


@pytest.mark.parametrize("api", ["https://slack.com/api/", "https://slack-gov.com/api"])
def test_slack_has_two_addresses(api):
    document = f"sinks: {{t: {{type: slack, secret: s, channel: C1, api: '{api}'}}}}"
    assert parse_routes(document).sinks[0].api in (
        "https://slack.com/api/",
        "https://slack-gov.com/api/",
    )
