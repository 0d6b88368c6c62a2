"""The shipped stack with sinks that are real HTTP servers on loopback."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.account import Account
from sandbox.sinks.slack import FakeSlack
from sandbox.sinks.webhook import FakeWebhook
from tests.integration.conftest import TEMPLATE, Operations, rest_schedules

SAMPLE = json.loads((TEMPLATE.parent / "events" / "ecs-ops-alert.json").read_text(encoding="utf-8"))
WEBHOOK_KEY = "webhook-signing-key"
ALL_SINKS = """
sinks:
  team: {{type: slack, secret: slack, channel: C0ALERTS, api: "{api}"}}
  hook: {{type: webhook, secret: hook}}
"""
TO_SLACK = ALL_SINKS + "routes: [{{to: team}}]\n"
TO_HOOK = ALL_SINKS + "routes: [{{to: hook}}]\n"
TO_BOTH_AND_MAIL = ALL_SINKS + "routes: [{{to: [team, hook, sns]}}]\n"


class Alerting(Operations):
    """The account as a test of alerts talks about it."""

    def __init__(self, account: Account, stack: Any, slack: FakeSlack, hook: FakeWebhook) -> None:
        super().__init__(account, stack)
        self.slack = slack
        self.hook = hook

    def route(self, document: str) -> None:
        text = document.format(api=self.slack.api) if "{api}" in document else document
        self.account.client("ssm").put_parameter(
            Name=self.stack.ref("RoutesParameter"), Value=text, Overwrite=True
        )

    def publish(self, **changes: Any) -> None:
        """An alert on the bus, as a capability publishes it."""
        event = copy.deepcopy(SAMPLE)
        event["detail"] |= {"at": self.now, "state": "open", "severity": "warning"} | changes
        self.account.put_event(event)

    def run(self, seconds: float) -> None:
        self.account.run_for(seconds)

    def titles(self) -> list[str]:
        """What the threads' first messages say now."""
        return [thread.text for thread in self.slack.threads()]

    def dead(self) -> list[dict[str, Any]]:
        return [json.loads(m["Body"]) for m in self.dead_letters("AlertsDeadLetterQueue")]

    def logs(self) -> str:
        return json.dumps([entry.fields for entry in self.trace.select("log")], default=str)


@pytest.fixture
def alerting() -> Iterator[Any]:
    """Build it: ``alerting(TO_SLACK, faults=[...])``."""
    with ExitStack() as opened:

        def build(
            document: str = TO_SLACK,
            *,
            can_read: bool = True,
            seconds_apart: float = 0.0,
            **options: Any,
        ) -> Alerting:
            slack = opened.enter_context(FakeSlack(can_read=can_read, seconds_apart=seconds_apart))
            hook = opened.enter_context(FakeWebhook(WEBHOOK_KEY))
            account = opened.enter_context(Account(seed=1, **options))
            stack = account.deploy(
                TEMPLATE,
                parameters={
                    "QueueScalingMode": "off",
                    "SpotFallbackMode": "off",
                    "AuditMode": "off",
                },
            )
            rest_schedules(account, stack, frozenset({"SelfTestRule"}))
            secrets = {"slack": "xoxb-sandbox", "hook": {"url": hook.url, "key": WEBHOOK_KEY}}
            account.client("secretsmanager").put_secret_value(
                SecretId=stack.ref("AlertsSecret"), SecretString=json.dumps(secrets)
            )
            world = Alerting(account, stack, slack, hook)
            world.route(document)
            return world

        yield build
