"""The trace as a timeline that a person reads: colours in a terminal, plain when piped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsops.arns import target_group_name
from sandbox.trace import Entry

if TYPE_CHECKING:
    from rich.console import Console

_COLOURS = {
    "EVENT": "bold yellow",
    "RULE": "cyan",
    "FUNCTION": "bold blue",
    "call": "dim",
    "FAILED": "bold red",
    "ECS": "yellow",
    "METRIC": "magenta",
    "MAIL": "bold green",
    "RESULT": "bold",
    "HISTORY": "magenta",
}


class Timeline:
    """Prints entries of the trace as they come; times are seconds since the story began."""

    def __init__(self, console: Console, began: float, logical_id: Callable[[str], str]) -> None:
        """``began`` is the account's time in epoch seconds; ``logical_id`` names resources."""
        self._console = console
        self._began = began
        self._logical_id = logical_id
        self._calls: dict[str, list[Entry]] = {}
        self._over = False

    def end(self) -> None:
        """Print nothing more: another scene begins."""
        self._over = True

    def show(self, entry: Entry) -> None:
        """Print an entry, if it is part of the story."""
        if self._over:
            return
        fields = entry.fields
        match entry.kind:
            case "event":
                self._event(entry.at, fields["event"])
            case "rule":
                self._line(entry.at, "RULE", f"{self._logical_id(fields['rule'])} matches -> queue")
            case "call" if fields.get("function"):
                # Calls come before the line of the invocation that made them: kept until it ends.
                self._calls.setdefault(fields["function"], []).append(entry)
            case "invocation":
                self._invocation(entry)
            case "dead_letter":
                self._line(entry.at, "FAILED", f"dead letter: {fields}")

    def line(self, at: float, label: str, text: str) -> None:
        """Print a line of the story."""
        self._line(at, label, text)

    def _event(self, at: float, event: dict[str, Any]) -> None:
        detail = event.get("detail") or {}
        if event.get("source") == "ecs-ops":
            self._line(at, "EVENT", f"ecs-ops: {detail.get('severity')}: {detail.get('title')}")
        elif event.get("detail-type") == "ECS Task State Change":
            task = str(detail.get("taskArn", "")).rpartition("/")[2][:8]
            state = f"{detail.get('lastStatus')} (desired {detail.get('desiredStatus')})"
            reason = f": {detail['stoppedReason']}" if detail.get("stoppedReason") else ""
            label = "EVENT" if detail.get("lastStatus") == "RUNNING" and reason else "ECS"
            self._line(at, label, f"task {task} of {detail.get('group')}: {state}{reason}")
        else:
            name = detail.get("eventName", "")
            self._line(at, "ECS", f"{event.get('detail-type')} {name}".rstrip())

    def _invocation(self, entry: Entry) -> None:
        fields = entry.fields
        calls = self._calls.pop(fields["function"], [])
        name = self._logical_id(fields["function"])
        start = "cold start" if fields.get("cold") else "warm"
        nothing = "" if calls or fields.get("error") else ": nothing left to do"
        self._line(entry.at, "FUNCTION", f"{name} ({start}, {_milliseconds(fields)}){nothing}")
        for call in calls:
            self._call(call)
        if fields.get("error"):
            self._line(entry.at, "FAILED", json.dumps(fields["error"])[:300])
        elif (fields.get("result") or {}).get("batchItemFailures"):
            failed = len(fields["result"]["batchItemFailures"])
            self._line(entry.at, "FAILED", f"{failed} message(s) go back to the queue")

    def _call(self, entry: Entry) -> None:
        fields = entry.fields
        failed = (
            "" if fields["outcome"] == "ok" else f"  {fields['outcome']}: {fields.get('error')}"
        )
        call = f"{fields['service']}:{fields['operation']}"
        took = f"{fields.get('elapsed_ms') or 0:6.1f} ms"
        self._line(entry.at, "call", f"{call:<28} {took}  {_about(fields)}{failed}")
        if call == "sns:Publish" and fields["outcome"] == "ok":
            self._mail(entry.at, fields["parameters"])

    def _mail(self, at: float, parameters: dict[str, Any]) -> None:
        self._line(at, "MAIL", f"Subject: {parameters.get('Subject')}")
        for line in str(parameters.get("Message", "")).splitlines():
            self._console.print(Text(" " * 22 + "| " + line, style="green"), soft_wrap=True)

    def _line(self, at: float, label: str, text: str) -> None:
        stamp = f"+{at - self._began:8.3f} s "
        self._console.print(
            Text.assemble((stamp, "dim"), (f"{label:<9} ", _COLOURS.get(label, "")), text),
            soft_wrap=True,
        )


def _milliseconds(fields: dict[str, Any]) -> str:
    # In virtual time a function takes no time at all; what it took this machine is real.
    return f"{fields.get('wall_ms') or fields.get('duration_ms') or 0:.0f} ms"


def _about(fields: dict[str, Any]) -> str:
    """The one thing worth knowing of a call's parameters."""
    parameters = fields["parameters"]
    if fields["service"] == "dynamodb":
        return ", ".join(_keys(parameters))
    text = ""
    match fields["operation"]:
        case "DescribeServices":
            text = ", ".join(parameters.get("services", ()))
        case "DescribeTargetHealth" | "DeregisterTargets":
            targets = ", ".join(f"{t['Id']}:{t.get('Port')}" for t in parameters.get("Targets", ()))
            text = f"{target_group_name(parameters['TargetGroupArn'])}: {targets}"
        case "SendMessageBatch":
            entries = parameters.get("Entries", ())
            delay = entries[0].get("DelaySeconds", 0) if entries else 0
            text = f"look again in {delay} s"
        case "DescribeTasks":
            text = f"{len(parameters.get('tasks', ()))} task(s)"
        case "PutEvents":
            text = ", ".join(entry.get("DetailType", "") for entry in parameters.get("Entries", ()))
        case "GetParameter":
            text = parameters["Name"]
    return text


def _keys(parameters: dict[str, Any]) -> list[str]:
    """The keys of the items that a call of DynamoDB is about."""
    queried = parameters.get("ExpressionAttributeValues", {}).get(":pk")
    items = [parameters.get("Key") or parameters.get("Item") or {"pk": queried or {}}]
    for asked in parameters.get("RequestItems", {}).values():
        # BatchGetItem names keys, BatchWriteItem has a list of requests.
        items = asked["Keys"] if isinstance(asked, dict) else [_written(each) for each in asked]
    return [
        " ".join(i[name]["S"] for name in ("pk", "sk") if "S" in i.get(name, {})) for i in items
    ]


def _written(request: dict[str, Any]) -> dict[str, Any]:
    if "PutRequest" in request:
        item: dict[str, Any] = request["PutRequest"]["Item"]
        return item
    key: dict[str, Any] = request["DeleteRequest"]["Key"]
    return key
