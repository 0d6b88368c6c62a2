"""The trace as JSON lines: what ``ecs-ops fire`` and ``ecs-ops demo --json`` print.

Every line has ``kind`` and ``at`` (ISO 8601, the account's time). Kinds: ``event``, ``rule``,
``function``, ``call``, ``published``, ``mail``, ``metric``, ``log``, ``dead_letter``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from sandbox.trace import Entry


def json_printer(out: TextIO) -> Callable[[Entry], None]:
    """A listener that prints to ``out``: a running handler's standard output is its own."""

    def show(entry: Entry) -> None:
        for line in lines_of(entry):
            print(json.dumps(line, default=str), file=out, flush=True)

    return show


def lines_of(entry: Entry) -> Iterator[dict[str, Any]]:
    """None, one or two lines for an entry of the trace."""
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
    fields = entry.fields
    match entry.kind:
        case "event":
            event = fields["event"]
            yield {
                "kind": "event",
                "at": at,
                "id": event.get("id"),
                "source": event.get("source"),
                "detail_type": event.get("detail-type"),
            }
        case "rule":
            yield {"kind": "rule", "at": at, "rule": fields["rule"], "event_id": fields["event_id"]}
        case "invocation":
            yield {
                "kind": "function",
                "at": at,
                "function": fields["function"],
                "cold": fields.get("cold"),
                "duration_ms": _rounded(fields.get("duration_ms")),
                "result": fields.get("result"),
                "error": fields.get("error"),
            }
        case "call" if fields.get("function"):
            yield _call(at, fields)
            yield from _outgoing(at, fields)
        case "metric":
            yield {"kind": "metric", "at": at} | {
                name: fields.get(name)
                for name in ("namespace", "name", "value", "unit", "dimensions")
            }
        case "log":
            yield {
                "kind": "log",
                "at": at,
                "function": fields["function"],
                "line": fields.get("record") or fields["line"],
            }
        case "dead_letter":
            yield {"kind": "dead_letter", "at": at} | fields


def _call(at: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "call",
        "at": at,
        "function": fields["function"],
        "service": fields["service"],
        "operation": fields["operation"],
        "parameters": fields["parameters"],
        "outcome": fields["outcome"],
        "error": fields.get("error"),
        "elapsed_ms": _rounded(fields.get("elapsed_ms")),
    }


def _outgoing(at: str, fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What left the toolkit with this call: events for machines, mail for people."""
    if fields["outcome"] != "ok":
        return
    parameters = fields["parameters"]
    if (fields["service"], fields["operation"]) == ("events", "PutEvents"):
        for entry in parameters.get("Entries", ()):
            yield {
                "kind": "published",
                "at": at,
                "source": entry.get("Source"),
                "detail_type": entry.get("DetailType"),
                "detail": entry.get("Detail"),
            }
    elif (fields["service"], fields["operation"]) == ("sns", "Publish"):
        yield {
            "kind": "mail",
            "at": at,
            "topic": parameters.get("TopicArn"),
            "subject": parameters.get("Subject"),
            "text": parameters.get("Message"),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
