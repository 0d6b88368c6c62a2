"""The demo's second scene: the same storm, as the team reads it in Slack."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from sandbox.account import Account, Stack
from sandbox.cli.stage import Stage
from sandbox.sinks.server import Request, Trouble, busy
from sandbox.sinks.slack import FakeSlack, Posted

if TYPE_CHECKING:
    from rich.console import Console

_WATCH_S = 420
_CHANNEL = "C0ALERTS"
_ROUTES = """
sinks:
  team: {{type: slack, secret: slack, channel: {channel}, api: "{api}"}}
routes:
- to: [team, sns]
"""


def told_in_slack(console: Console, stage: Stage, cluster: str, service: str) -> bool:
    """Scene: Spot takes half of a service; Slack answers 429 first. Whether one thread tells it all."""
    with ExitStack() as opened:
        slack = opened.enter_context(FakeSlack(_CHANNEL))
        slack.trouble = _once(busy(20, b'{"ok": false, "error": "ratelimited"}'))
        _connect(stage.account, stage.stack, slack)
        tasks = stage.account.client("ecs").list_tasks(cluster=cluster, serviceName=service)
        half = tasks["taskArns"][: max(1, len(tasks["taskArns"]) // 2)]
        _say(console, f"Scene: Spot takes {len(half)} more, and the team reads it in Slack")
        stage.account.ecs.interrupt(half)
        stage.account.run_for(_WATCH_S)
        for thread in slack.threads():
            _show(console, slack, thread)
        console.print(
            f"  {len(slack.requests)} requests to Slack, the first answered 429 with Retry-After 20; "
            f"{len(slack.threads())} thread, nothing lost, nothing twice",
            soft_wrap=True,
        )
        return len(slack.threads()) == 1


def _connect(account: Account, stack: Stack, slack: FakeSlack) -> None:
    account.client("secretsmanager").put_secret_value(
        SecretId=stack.ref("AlertsSecret"), SecretString=json.dumps({"slack": "xoxb-sandbox"})
    )
    account.client("ssm").put_parameter(
        Name=stack.ref("RoutesParameter"),
        Value=_ROUTES.format(channel=_CHANNEL, api=slack.api),
        Overwrite=True,
    )


def _once(trouble: Trouble) -> Callable[[Request], Trouble | None]:
    """The first message meets the trouble."""
    met: list[Request] = []

    def ask(request: Request) -> Trouble | None:
        met.append(request)
        return trouble if len(met) == 1 else None

    return ask


def _show(console: Console, slack: FakeSlack, thread: Posted) -> None:
    for message in (thread, *slack.replies(thread)):
        at = datetime.fromtimestamp(message.arrived_at, UTC).strftime("%H:%M:%S")
        margin = " " * (4 if message is thread else 8)
        edits = f", edited {message.edits} times" if message.edits else ""
        console.print(Text.assemble(margin, ("ecs-ops ", "bold"), (at + edits, "dim")))
        for line in _lines(message):
            console.print(Text(f"{margin}| {line}", style="green"), soft_wrap=True)


def _lines(message: Posted) -> list[str]:
    texts = [
        block["text"]["text"] if "text" in block else block["elements"][0]["text"]
        for block in message.blocks
    ]
    return [line for text in texts for line in text.replace("```", "").splitlines() if line]


def _say(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))
