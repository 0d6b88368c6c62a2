"""A generic webhook: JSON of the alert's own schema, and a signature over time and body.

The receiver computes HMAC-SHA256 with the shared key over ``<t>.<body>``, compares it with ``v1`` in
constant time, and refuses what is older than it likes (docs/alerts.md has it in ten lines).
"""

from __future__ import annotations

import hashlib
import hmac
import json

import msgspec

from alerts.news import News
from ecsops.redaction import redact_document

SIGNATURE, IDEMPOTENCY = "X-ECS-Ops-Signature", "Idempotency-Key"


def body(news: News) -> bytes:
    """The document: the incident as it is now, and what is new."""
    document = {
        "version": "1",
        "incident": news.now.incident,
        "action": news.action,
        "number": news.number,
        "severity": news.severity,
        "state": news.now.state,
        "test": news.now.test,
        "alert": msgspec.to_builtins(news.now),
        "fresh": [
            {
                "stage": a.stage,
                "at": a.at,
                "severity": a.severity,
                "state": a.state,
                "title": a.title,
            }
            for a in news.fresh
        ],
    }
    return json.dumps(redact_document(document), ensure_ascii=False).encode()


def headers(content: bytes, key: bytes | None, idempotency_key: str, now: float) -> dict[str, str]:
    """Content type, idempotency key and, if there is a key to sign with, the signature."""
    found = {"Content-Type": "application/json", IDEMPOTENCY: idempotency_key}
    if key is not None:
        found[SIGNATURE] = sign(content, key, int(now))
    return found


def sign(content: bytes, key: bytes, at: int) -> str:
    """``t=<epoch seconds>,v1=<hex>``."""
    mac = hmac.new(key, str(at).encode() + b"." + content, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"
