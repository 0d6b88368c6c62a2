"""What is taken out of texts, and what people need to read stays."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ecsops.redaction import (
    MASK,
    names_a_secret,
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
