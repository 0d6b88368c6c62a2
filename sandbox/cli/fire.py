"""``ecs-ops fire``: any event through the shipped rules, everything that follows as JSON lines."""

from __future__ import annotations

import json
import re
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecsops.durations import parse_duration
from ecsops.errors import InvalidMessage, InvalidSetting
from ecsops.events.envelope import epoch, parse_event
from sandbox.account import ACCOUNT
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.json_lines import json_printer
from sandbox.cli.stage import Stage
from sandbox.errors import InvalidEvent
from sandbox.world import EXAMPLE, load_world

# Long enough for the verification, the storm's report, and five tries of a poisonous message.
_WATCH_S = 300
_MAX_BYTES = 2_000_000
# Partition and service; Region (of an EC2 instance in a Spot event: a zone, left alone); account.
_ARN = re.compile(r"(arn:aws[a-z-]*:(?!ec2:)[a-z0-9-]+:)([a-z]{2}(?:-[a-z]+)+-\d)?:(\d{12}):")


def run(arguments: Namespace) -> ExitCode:
    """Fire the events of all files into one fresh account, in the order given."""
    try:
        late = parse_duration(arguments.late)
    except InvalidSetting as error:
        _say(f"--late: {error}")
        return ExitCode.USAGE
    read = [event for path in arguments.files for event in _read(path)]
    region = load_world(arguments.world or EXAMPLE).region
    events = moved(read, region)
    if events != read:
        _say(f"the events' account and Region stand for {ACCOUNT} in {region}, the account here")
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
    if trace.select("call", error="ClusterNotFoundException") or trace.select(
        "metric", name="ServiceGone"
    ):
        _say(
            "the event's cluster or service is not in this account: describe yours with --world FILE"
        )
    if any(entry.get("error") for entry in trace.select("invocation")) or trace.select(
        "dead_letter"
    ):
        _say("a function failed or a message ended in a dead-letter queue: see the lines above")
        return ExitCode.FUNCTION_FAILED
    return ExitCode.DONE


def moved(events: list[dict[str, Any]], region: str) -> list[dict[str, Any]]:
    """The events as they would have happened in the sandbox's one account and Region.

    Account ids and Regions are replaced where they have a place of their own: in the envelope and
    inside ARNs.
    """
    text = json.dumps(events)
    text = _ARN.sub(lambda arn: f"{arn[1]}{region if arn[2] else ''}:{ACCOUNT}:", text)
    copies: list[dict[str, Any]] = json.loads(text)
    here = {"account": ACCOUNT, "region": region}
    return [event | {name: here[name] for name in here if name in event} for event in copies]


def _read(path: Path) -> list[dict[str, Any]]:
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read(_MAX_BYTES + 1) if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise InvalidEvent(f"{name}: {error.strerror or error}") from error
    if len(raw) > _MAX_BYTES:
        raise InvalidEvent(f"{name}: larger than 2 MB; EventBridge takes 1 MB at most")
    if not raw.strip():
        raise InvalidEvent(f"{name}: empty: not JSON")
    try:
        document = json.loads(raw)
    except json.JSONDecodeError as error:
        hint = "; put several events into an array" if error.msg == "Extra data" else ""
        raise InvalidEvent(f"{name}: not JSON: {error}{hint}") from error
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
