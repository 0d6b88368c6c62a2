"""No secret passes, whatever field it is in and whichever sink the alert goes to."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.redaction import compiled, for_readers
from alerts.renderers import apprise_text, plain, q_developer, slack_blocks, webhook
from ecsops.alerts import Diff, Lines, NextStep, Table
from ecsops.redaction import MASK, redact, redact_text
from tests.unit.alerts.builders import make_alert, make_news

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
# (text, the part that must not be seen)
SECRETS = [
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("id ASIAIOSFODNN7EXAMPLE.", "ASIAIOSFODNN7EXAMPLE"),
    (f"secret is {AWS_SECRET}", AWS_SECRET),
    (f"aws_secret_access_key = {AWS_SECRET}", AWS_SECRET),
    ("Authorization: Bearer abcdef123456.ghi", "abcdef123456"),
    ("authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
    ("curl -H 'Authorization: token gibberish99'", "gibberish99"),
    ("bearer s3cr3tvalue", "s3cr3tvalue"),
    (f"token {JWT} was refused", JWT),
    ("postgres://app:hunter2@db.internal:5432/app", "hunter2"),
    ("redis://:hunter2@cache:6379", "hunter2"),
    ("password=hunter2", "hunter2"),
    ("password=hunter2&user=app", "hunter2"),
    ("DB_PASSWORD: hunter2", "hunter2"),
    ("PGPASSWORD='hunter 2x'", "hunter 2x"),
    ('{"password": "hunter2"}', "hunter2"),
    ('{"db": {"Password":"a\\\\b hunter2"}}', "hunter2"),
    ('"{\\"apiKey\\": \\"hunter2\\"}"', "hunter2"),
    ("--password hunter2", "hunter2"),
    ("client_secret=hunter2;", "hunter2"),
    ("x-api-key: hunter2", "hunter2"),
    ("xoxb-1234567890-abcdefgh", "xoxb-1234567890-abcdefgh"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912E7710c838347Ae178B4a"),
    ("https://hooks.slack.com/services/T000/B000/XXXXhunter2", "XXXXhunter2"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEhunter2\nabc\n-----END RSA PRIVATE KEY-----",
        "MIIEhunter2",
    ),
]
HARMLESS = [
    "prod/web: Spot took 3 tasks; all left their load balancers in time",
    "web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "arn:aws:ecs:eu-west-1:123456789012:task/prod/0f9de17a6465404e8b1b2356dc13c2f8",
    "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/web/deployments",
    "CannotPullContainerError: basic authentication failed for the bearer of bad news",
    "aws ecs update-service --cluster prod --service web --force-new-deployment",
]
TEXTS = ("title", "summary", "text", "command", "link", "table", "lines", "diff", "column")
NAMES = ("incident", "stage", "cluster", "service", "route")
FIELDS = (*TEXTS, *NAMES, "resources")


def renderings(news):
    """Every text that any renderer makes of it."""
    yield plain.subject(news)
    yield plain.body(news)
    yield json.dumps(q_developer.notification(news), ensure_ascii=False)
    for text, blocks in (slack_blocks.root(news), slack_blocks.reply(news)):
        yield text
        yield json.dumps(blocks, ensure_ascii=False)
    yield webhook.body(news).decode()
    yield apprise_text.title(news)
    yield apprise_text.body(news)


def alert_with(field, text):
    changes = {
        "resources": {"resources": (text,)},
        "table": {"evidence": (Table("t", ("a", "b"), (("x", text),)),)},
        "column": {"evidence": (Table(text, (text, "b"), ((text, "y"),)),)},
        "lines": {"evidence": (Lines("t", ("before", *text.split("\n"), "after")),)},
        "diff": {"evidence": (Diff("t", (("x", text, text),)),)},
    }
    if field in ("text", "command", "link"):
        return make_alert(next_steps=(NextStep(**{"text": "do", field: text}),))
    return make_alert(**changes.get(field, {field: text}))


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_are_taken_out(text, secret):
    assert secret not in redact_text(text)
    assert MASK in redact_text(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text):
    assert redact_text(text) == text


words = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SECRETS), st.sampled_from(FIELDS), words, words)
def test_no_renderer_shows_a_secret_from_any_field(known, field, before, after):
    text, secret = known
    alert = for_readers(alert_with(field, f"{before} {text} {after}"))
    for rendering in renderings(make_news(alert)):
        assert secret not in rendering
        assert json.dumps(secret)[1:-1] not in rendering


def test_a_row_or_change_whose_name_is_a_secrets_name_loses_its_values():
    alert = redact(
        make_alert(
            evidence=(
                Table("env", ("name", "value"), (("DB_PASSWORD", "hunter2"), ("PORT", "8080"))),
                Diff("env", (("API_TOKEN", "old", "new"), ("PORT", "80", "8080"))),
            )
        )
    )
    assert alert.evidence[0].rows == (("DB_PASSWORD", MASK), ("PORT", "8080"))
    assert alert.evidence[1].changes == (("API_TOKEN", MASK, MASK), ("PORT", "80", "8080"))


def test_the_users_own_patterns_count_too():
    alert = redact(make_alert(summary="customer C-12345 fails"), compiled((r"C-\d+",)))
    assert alert.summary == f"customer {MASK} fails"


@pytest.mark.parametrize("field", FIELDS)
def test_the_users_own_patterns_reach_every_field(field):
    told = for_readers(alert_with(field, "prod customer-42 web"), compiled((r"customer-\d+",)))
    for rendering in renderings(make_news(told)):
        assert "customer-42" not in rendering


def test_incidents_whose_names_differ_in_what_was_taken_out_stay_apart():
    patterns = compiled((r"customer-\d+",))
    names = {for_readers(make_alert(incident=f"customer-{n}/web"), patterns).incident for n in "12"}
    assert len(names) == 2


def test_routes_see_names_as_they_are():
    assert redact(make_alert(service="password=x")).service == "password=x"


def test_redacting_twice_changes_nothing():
    for text, _ in SECRETS:
        assert redact_text(redact_text(text)) == redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 9000,
        "password" * 1200,
        "." * 9000,
        "--" * 5000,
        "eyJ" * 3000,
        '"' * 9000,
        "://" * 3000,
        "=" * 9000,
        " " * 9000,
        "token token " * 800,
    ],
)
def test_no_text_takes_long(text):
    began = time.perf_counter()
    redact_text(text)
    assert time.perf_counter() - began < 2


def test_a_long_text_is_cut_and_says_so():
    assert redact_text("x " * 9000).endswith("[cut]")
