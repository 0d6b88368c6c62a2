"""An alert's way from the bus to its sink, and what it costs, with the built artefact in real time.

The functions run from the artefact under the Lambda runtime interface client and reach the account over
loopback HTTP; each of their AWS calls takes 30 ms. Slack is a server on loopback that answers at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.results import ROOT, Result
from build_tools import variant
from sandbox.account import Account
from sandbox.clock import WallClock
from sandbox.sinks.slack import FakeSlack

LATENCY_S = 0.03
INCIDENTS, EVERY_S = 60, 0.15
WARM_UP = 3
_ROUTES = """
sinks: {{team: {{type: slack, secret: slack, channel: C0ALERTS, api: "{api}"}}}}
limits: {{threads: 500, threads_total: 500}}
routes: [{{to: {to}}}]
"""
_SAMPLE = json.loads((ROOT / "events" / "ecs-ops-alert.json").read_text(encoding="utf-8"))


def measure() -> Iterator[Result]:
    """All figures of this group; mail is what the goals are about, Slack stands beside it."""
    mail_delays, mail_calls = _run("sns")
    slack_delays, slack_calls = _run("team")
    yield Result(
        "alerts.latency_p99_s", _p99(mail_delays), "s", "<= 2", {"Slack": _p99(slack_delays)}
    )
    yield Result(
        "alerts.calls_per_message",
        mail_calls,
        "AWS calls",
        "<= 6",
        {"Slack, its own two calls apart": slack_calls},
    )


def _run(sink: str) -> tuple[list[float], float]:
    """Incidents that open and are resolved; seconds from bus to sink, and AWS calls, of a message."""
    with _account(sink) as (account, slack):
        for number in range(WARM_UP):
            _publish(account, f"warm-{number}")
            account.settle(60)
        account.trace.clear()
        slack.messages.clear()
        published = {}
        for state in ("open", "resolved"):
            for number in range(INCIDENTS):
                published[f"i{number}-{state}"] = _publish(account, f"i{number}", state)
                time.sleep(EVERY_S)
        account.settle(120)
        calls = [e for e in account.trace.select("call") if e.get("function")]
        arrived = _arrivals_in_slack(slack) if sink == "team" else _arrivals_in_mail(calls)
        return [arrived[name] - at for name, at in published.items()], len(calls) / len(published)


def _arrivals_in_mail(calls: list[Any]) -> dict[str, float]:
    return {
        call["parameters"]["Subject"].rpartition(" ")[2]: float(call["ended"])
        for call in calls
        if call["operation"] == "Publish"
    }


def _arrivals_in_slack(slack: FakeSlack) -> dict[str, float]:
    # The first message of a thread has been edited since.
    said = {(m.history or [m.text])[0]: m.arrived_at for m in slack.messages}
    return {text.rpartition(" ")[2]: at for text, at in said.items()}


def _publish(account: Account, name: str, state: str = "open") -> float:
    at = time.time()
    title = f"alert {name}-{state}"
    detail = {"incident": name, "stage": state, "at": at, "state": state, "title": title}
    # Each in a cluster of its own: what is measured is a message, not a storm.
    account.put_event({**_SAMPLE, "detail": {**_SAMPLE["detail"], **detail, "cluster": name}})
    return at


@contextmanager
def _account(sink: str) -> Iterator[tuple[Account, FakeSlack]]:
    clock = WallClock()
    try:
        with FakeSlack() as slack, Account(clock=clock, latency_s=LATENCY_S) as account:
            stack = account.deploy(
                ROOT / "template.yaml",
                parameters={
                    "QueueScalingMode": "off",
                    "SpotFallbackMode": "off",
                    "AuditMode": "off",
                },
                host="runtime_api",
                artefact=variant.ensure(),
            )
            account.client("secretsmanager").put_secret_value(
                SecretId=stack.ref("AlertsSecret"), SecretString='{"slack": "xoxb-sandbox"}'
            )
            account.client("ssm").put_parameter(
                Name=stack.ref("RoutesParameter"),
                Value=_ROUTES.format(api=slack.api, to=sink),
                Overwrite=True,
            )
            yield account, slack
    finally:
        clock.close()


def _p99(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.99) - 1)]
