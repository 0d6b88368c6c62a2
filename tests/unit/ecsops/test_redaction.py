"""What is taken out of texts, and what people need to read stays."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ecsops.alerts import Alert, Lines
from ecsops.redaction import (
    MASK,
    MAX_TEXT,
    names_a_secret,
    redact,
    redact_document,
    redact_text,
    refers_to_a_secret,
)

KEPT_AT = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"
# How secrets get into what an application or ECS says: the shape of it.
SHAPES = [
    "password={}",
    "DB_PASSWORD='{}'",
    'json: {{"apiKey": "{}"}}',
    "--token {}",
    "postgres://app:{}@db.internal/app",
    "Authorization: Bearer {}",
    "client_secret: {}; next",
    KEPT_AT + ";password={}",
    "secretsmanager: {}",
    "secret:{}",
]
values = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=40)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@given(st.sampled_from(SHAPES), values, words, words)
@example("secretsmanager: {}", "hunter2hunter2", "", "")
def test_scenario_20_no_secret_survives_whatever_stands_around_it(shape, secret, before, after):
    assume(secret not in before + after)
    text = f"{before} {shape.format(secret)} {after}"
    assert secret not in redact_text(text)
    assert secret not in str(redact_document({"log": [text, {"x": (text,)}]}))


@given(words, words)
def test_where_a_secret_is_kept_stays_readable(before, after):
    assert KEPT_AT in redact_text(f"{before} {KEPT_AT} {after}")


@pytest.mark.parametrize(
    "text",
    [
        KEPT_AT,
        f"DB_PASSWORD={KEPT_AT}",
        f"DB_PASSWORD={KEPT_AT}:password::",
        "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/token",
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-AbCdEf",
        f"not authorized to perform: secretsmanager:GetSecretValue on resource: {KEPT_AT}",
        f"aws secretsmanager describe-secret --secret-id {KEPT_AT}",
        "aws secretsmanager describe-secret --secret-id prod/db",
        "unable to pull secrets or registry auth: execution resource retrieval failed",
    ],
)
def test_names_and_places_of_secrets_are_no_secrets(text):
    assert redact_text(text) == text


def test_what_only_looks_like_such_a_place_is_a_secret():
    text = redact_text("password=arn:aws:secretsmanager:x:y:secret:hunter2hunter2")
    assert "hunter2" not in text
    assert MASK in text


def test_names_of_secrets_are_known():
    assert names_a_secret(" DB_PASSWORD ")
    assert names_a_secret("secret for apiKey")
    assert not names_a_secret("PORT")


def test_a_reference_is_one_only_as_a_whole():
    assert refers_to_a_secret(f"{KEPT_AT}:password::")
    assert not refers_to_a_secret(f"{KEPT_AT} hunter2")
    assert not refers_to_a_secret("hunter2")


def log(*lines):
    alert = Alert(
        incident="i",
        stage="s",
        severity="info",
        state="open",
        at=1.0,
        capability="c",
        title="t",
        summary="s",
        evidence=(Lines("Last log lines", lines),),
    )
    (block,) = redact(alert).evidence
    return block.lines


def test_of_a_long_log_the_last_lines_are_kept():
    lines = log(*(f"{number:04} {'x' * 95}" for number in range(500)), "FATAL: no such table")
    assert lines[0] == "[cut]"
    assert lines[1].startswith("04")
    assert lines[-2:] == (f"0499 {'x' * 95}", "FATAL: no such table")
    assert sum(map(len, lines)) <= MAX_TEXT


def test_scenario_20_a_key_that_begins_where_a_long_log_is_cut_does_not_show():
    key = [
        "-----BEGIN RSA PRIVATE KEY-----",
        *("MIIEowIBAAKCAQEA" * 4 for _ in range(60)),
        "-----END RSA PRIVATE KEY-----",
    ]
    for after in range(0, 9_000, 500):
        shown = "\n".join(log(*("before " * 10,) * 20, *key, *("y" * 99,) * (after // 100)))
        assert "MIIEowIBAAKCAQEA" not in shown


def test_one_line_that_is_too_long_keeps_its_beginning():
    (line,) = log("a" * 20_000)
    assert line.startswith("aaa")
    assert line.endswith("[cut]")
