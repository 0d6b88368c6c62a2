"""What the tests of the door share: an access key of a function, a simulator, a client."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.config import Config

from sandbox.caller import Caller
from sandbox.errors import ApiError

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()
FUNCTION_KEY = "AKIASPOTDRAIN0000000"
ROLE = "arn:aws:sts::123456789012:assumed-role/spot-drain/spot-drain"
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass
class FakeSimulator:
    """Answers with what the test says; remembers what it was asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], Caller]] = field(default_factory=list)

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self.calls.append((operation, params, caller))
        answer = self.answers.get(operation, {})
        if isinstance(answer, ApiError):
            raise answer
        return answer(params) if callable(answer) else answer


def make_client(service: str, key: str = FUNCTION_KEY, **options: Any) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": options.pop("attempts", 1)})
    return botocore.session.get_session().create_client(
        service,
        region_name=options.pop("region", "eu-west-1"),
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=config.merge(Config(**options.pop("config", {}))),
        **options,
    )
