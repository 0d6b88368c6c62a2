"""A receiver of signed webhooks: checks the signature, and knows a repetition by its key."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from sandbox.sinks.server import Answer, Request, SinkServer


class FakeWebhook(SinkServer):
    """Keeps each document once."""

    def __init__(self, key: str | None = None) -> None:
        """With a key, what is not signed by it is refused."""
        super().__init__()
        self._key = key
        self.documents: dict[str, dict[str, Any]] = {}
        self.repeated = 0

    def answer(self, request: Request) -> Answer:
        """202, or 401 for a wrong signature."""
        if self._key is not None and not self._signed(request, self._key):
            return Answer(401)
        key = request.headers.get("idempotency-key", "")
        self.repeated += key in self.documents
        self.documents.setdefault(key, json.loads(request.body))
        return Answer(202)

    def _signed(self, request: Request, key: str) -> bool:
        parts = dict(
            part.split("=", 1)
            for part in request.headers.get("x-ecs-ops-signature", "=").split(",")
        )
        signed = parts.get("t", "").encode() + b"." + request.body
        expected = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(parts.get("v1", ""), expected)
