"""The webhook's document and its signature, checked as docs/alerts.md tells a receiver to."""

import hashlib
import hmac
import json

from alerts.renderers import webhook
from tests.unit.alerts.builders import BEGAN, make_alert, make_news

KEY = b"signing key"


def accepted(headers, body, key, now):
    """The receiver's side, from the documentation."""
    parts = dict(part.split("=", 1) for part in headers["X-ECS-Ops-Signature"].split(","))
    signed = parts["t"].encode() + b"." + body
    expected = hmac.new(key, signed, hashlib.sha256).hexdigest()
    return abs(now - int(parts["t"])) < 300 and hmac.compare_digest(parts["v1"], expected)


def test_the_document_says_how_things_stand_and_what_is_new():
    end = make_alert(stage="end", at=BEGAN + 9, state="resolved", title="well again")
    document = json.loads(webhook.body(make_news(make_alert(), end, action="close", number=2)))
    assert document["version"] == "1"
    assert document["incident"] == "deploy_guard/prod/web/d-1"
    assert (document["action"], document["number"], document["state"]) == ("close", 2, "resolved")
    assert document["alert"]["title"] == "well again"
    assert [fresh["stage"] for fresh in document["fresh"]] == ["1", "end"]


def test_the_signature_is_over_time_and_body():
    body = webhook.body(make_news())
    headers = webhook.headers(body, KEY, "k-1", BEGAN)
    assert headers["Idempotency-Key"] == "k-1"
    assert accepted(headers, body, KEY, BEGAN + 10)
    assert not accepted(headers, body + b" ", KEY, BEGAN + 10)
    assert not accepted(headers, body, b"other", BEGAN + 10)
    assert not accepted(headers, body, KEY, BEGAN + 301)
    later = headers["X-ECS-Ops-Signature"].replace(str(int(BEGAN)), str(int(BEGAN) + 400))
    assert not accepted({"X-ECS-Ops-Signature": later}, body, KEY, BEGAN + 401)


def test_without_a_key_nothing_is_signed():
    assert "X-ECS-Ops-Signature" not in webhook.headers(b"{}", None, "k-1", BEGAN)
