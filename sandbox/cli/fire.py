"""``ecs-ops fire``: any event through the shipped rules, everything that follows as JSON lines."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecsops.durations import parse_duration
from ecsops.errors import InvalidMessage, InvalidSetting
from ecsops.events.envelope import epoch, parse_event
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.json_lines import json_printer
from sandbox.cli.stage import Stage
from sandbox.errors import InvalidEvent

# Long enough for the verification, the storm's report, and five tries of a poisonous message.
_WATCH_S = 300
_MAX_BYTES = 2_000_000


def run(arguments: Namespace) -> ExitCode:
    """Fire the events of all files into one fresh account, in the order given."""
    try:
        late = parse_duration(arguments.late)
    except InvalidSetting as error:
        raise InvalidEvent(f"--late: {error}") from error
    events = [event for path in arguments.files for event in _read(path)]
    first = _time_of(events[0])
    with Stage(
        arguments.world, arguments.seed, ready_at=None if first is None else first + late
    ) as stage:
        stage.account.trace.clear()
        stage.account.trace.listen(json_printer(sys.stdout))
        for event in events:
            stage.account.put_event(event)
        stage.account.run_for(_WATCH_S)
        return _verdict(stage, events)


def _verdict(stage: Stage, events: list[dict[str, Any]]) -> ExitCode:
    trace = stage.account.trace
    matched = {entry["event_id"] for entry in trace.select("rule")}
    if not matched:
        rules = ", ".join(stage.stack.of_type("AWS::Events::Rule"))
        kinds = ", ".join(sorted({f"{e['source']} {e['detail-type']!r}" for e in events}))
        _say(f"no rule matches {kinds}; the stack's rules: {rules}")
        return ExitCode.NO_RULE
    if any(entry.get("error") for entry in trace.select("invocation")) or trace.select(
        "dead_letter"
    ):
        _say("a function failed or a message ended in a dead-letter queue: see the lines above")
        return ExitCode.FUNCTION_FAILED
    if trace.select("metric", name="ServiceGone"):
        _say("the event's service is not in this account: describe yours with --world FILE")
    return ExitCode.DONE


def _read(path: Path) -> list[dict[str, Any]]:
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read(_MAX_BYTES + 1) if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise InvalidEvent(f"{name}: {error.strerror or error}") from error
    if len(raw) > _MAX_BYTES:
        raise InvalidEvent(f"{name}: larger than 2 MB; EventBridge takes 1 MB at most")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"{name}: not JSON: {error}") from error
    events = document if isinstance(document, list) else [document]
    if not events:
        raise InvalidEvent(f"{name}: an empty array: give at least one event")
    return list(_checked(events, name))


def _checked(events: list[Any], name: str) -> Iterator[dict[str, Any]]:
    for index, event in enumerate(events):
        where = name if len(events) == 1 else f"{name}[{index}]"
        if not isinstance(event, dict):
            raise InvalidEvent(
                f"{where}: not an event: expected an object, got {type(event).__name__}"
            )
        try:
            parse_event(json.dumps(event))
        except InvalidMessage as error:
            raise InvalidEvent(f"{where}: not an EventBridge event: {error}") from error
        if not isinstance(event["detail"], dict):
            raise InvalidEvent(f"{where}: not an EventBridge event: $.detail: expected an object")
        yield event


def _time_of(event: dict[str, Any]) -> float | None:
    try:
        return epoch(event["time"]) if "time" in event else None
    except InvalidMessage as error:
        raise InvalidEvent(str(error)) from error


def _say(text: str) -> None:
    print(f"ecs-ops fire: {text}", file=sys.stderr)
