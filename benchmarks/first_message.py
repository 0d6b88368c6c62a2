"""Cold start of the alerts up to the first message in a sink: what its reader waits for.

A fresh process of the built artefact imports the handler, reads the routes document, opens the sink
with whatever client, token and library that takes, renders the message and sends it. The AWS APIs and
the sinks are servers on loopback that answer at once, so that nothing but our own work is measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from benchmarks.processes import Variant, median_ms, run_interleaved
from benchmarks.results import ROOT, Result
from benchmarks.variants import REFERENCE, reference
from build_tools import template, variant
from sandbox.sinks.server import Answer, Request, SinkServer
from sandbox.sinks.slack import FakeSlack

ROUNDS, GOAL = 21, "<= 1.30"
# Nobody promises anything of Apprise: it is not even in the artefact unless it is asked for.
GOALS: Mapping[str, str | None] = {"sns": GOAL, "slack": GOAL, "apprise": None}
_ROUTES = """
sinks:
  slack: {{type: slack, secret: slack, channel: C0ALERTS, api: "{slack}"}}
  apprise: {{type: apprise, secret: apprise}}
routes: [{{to: {sink}}}]
"""
_PUBLISHED = b"""<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
<PublishResult><MessageId>7c2a</MessageId></PublishResult></PublishResponse>"""
_SEND = """
import alerts.handler as door, msgspec
from alerts.incident import fold
from alerts.news import News
from ecsops.alerts import Alert
routes = door._delivery.source.current(0.0)
channel = door._delivery.teller.outlets.open({sink!r}, routes, 0.0)
incident = fold("bench", [msgspec.json.decode({alert!r}, type=Alert)])
assert channel.send(News(incident, "open", incident.alerts, 1, "key"), None, 0.0)
"""
_ALERT = json.loads((ROOT / "events" / "ecs-ops-alert.json").read_text(encoding="utf-8"))["detail"]


class FakeAws(SinkServer):
    """Answers the three calls that a sink may take."""

    def __init__(self, routes: str, secret: Mapping[str, str]) -> None:
        """What stands in the parameter and in the secret."""
        super().__init__()
        self.published = 0
        self._routes, self._secret = routes, json.dumps(secret)

    def answer(self, request: Request) -> Answer:
        """JSON for Systems Manager and Secrets Manager, XML for SNS."""
        match request.headers.get("x-amz-target", "").rpartition(".")[2]:
            case "GetParameter":
                return _json({"Parameter": {"Value": self._routes}})
            case "GetSecretValue":
                return _json({"SecretString": self._secret})
        self.published += b"Action=Publish" in request.body
        return Answer(200, _PUBLISHED, {"Content-Type": "text/xml"})


def measure_sinks(function: template.Function) -> Iterator[Result]:
    """The ratio for each sink; the handler without any is measured beside it as ``cold_start.alerts``."""
    aws: dict[str, FakeAws] = {}
    with ExitStack() as stack:
        slack = stack.enter_context(FakeSlack())
        elsewhere = stack.enter_context(SinkServer())
        secret = {
            "slack": "xoxb-sandbox",
            "apprise": elsewhere.url.replace("http://", "json://"),
        }
        variants = {REFERENCE: reference(function)}
        for sink in GOALS:
            routes = "" if sink == "sns" else _ROUTES.format(sink=sink, slack=slack.api)
            aws[sink] = stack.enter_context(FakeAws(routes, secret))
            variants[sink] = _variant(function, sink, aws[sink])
        times = {name: median_ms(of) for name, of in run_interleaved(variants, ROUNDS).items()}
        _check_arrived(aws["sns"].published, len(slack.messages), len(elsewhere.requests))
    for sink, goal in GOALS.items():
        ratio = times[sink] / times[REFERENCE]
        yield Result(f"cold_start.alerts.{sink}", ratio, "x import boto3 and one client", goal)


def _variant(function: template.Function, sink: str, aws: FakeAws) -> Variant:
    folder = variant.ensure(extras=("apprise",) if sink == "apprise" else ()) / function.logical_id
    statement = _SEND.format(sink=sink, alert=json.dumps(_ALERT))
    return Variant(statement, folder, {**function.environment, "AWS_ENDPOINT_URL": aws.url})


def _check_arrived(*counts: int) -> None:
    if any(count != ROUNDS + 1 for count in counts):
        raise RuntimeError(f"{ROUNDS + 1} messages to each sink were sent, {counts} arrived")


def _json(document: dict[str, Any]) -> Answer:
    content = {"Content-Type": "application/x-amz-json-1.1"}
    return Answer(200, json.dumps(document).encode(), content)
