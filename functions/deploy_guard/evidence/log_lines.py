"""The last lines of a container's log, from where the task definition says they are, and only there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from deploy_guard.evidence.unavailable import Unavailable
from deploy_guard.failures import FailedContainer, FailedTask
from ecsops.redaction import MASK, MAX_TEXT, redact_text

WHAT, ASKED = "log lines", "logs:GetLogEvents"
_LINES = 20
_CHARACTERS = 1_500
_LINE = 300
# Lines from before the container's start are another's, if any; clocks may differ a little.
_SLACK_S = 60
_UNPRINTABLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\S ]|[\x00-\x1f\x7f]")
# A line of a key block whose beginning is out of sight.
_KEY_BLOCK = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
# What a program says last when it fails, in most languages.
_TELLING = re.compile(
    r"\b\w*(?:Error|Exception)\b(?!s?\s*=\s*0)|\bpanic:|\bfatal\b|\berror\b|exec format",
    re.IGNORECASE,
)


class Place(msgspec.Struct, frozen=True):
    """A log stream."""

    region: str
    group: str
    stream: str
    since_ms: int | None = None


class LogLines(msgspec.Struct, frozen=True, tag=True):
    """The last lines, oldest first."""

    place: Place
    container: str
    lines: tuple[str, ...]

    @property
    def telling(self) -> str | None:
        """The line that most likely says why: the last one that speaks of an error."""
        said = [line.strip() for line in self.lines if line.strip()]
        return next((line for line in reversed(said) if _TELLING.search(line)), None)


def place_of(
    task: FailedTask, container: FailedContainer, definition: Mapping[str, Any], region: str
) -> Place | Unavailable:
    """Where the container's log is, or why it cannot be read.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html: with a prefix
    PREFIX/CONTAINER/TASK, else (EC2 only) the Docker id of the container.
    """
    defined = _definition_of(container.name, definition)
    if defined is None:
        return Unavailable(WHAT, f"the task definition has no container {container.name}")
    logging = defined.get("logConfiguration") or {}
    driver, options = logging.get("logDriver"), logging.get("options") or {}
    if driver != "awslogs":
        where = f"they go to {driver}" if driver else "no logConfiguration in the task definition"
        return Unavailable(WHAT, where)
    group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
    if not group:
        return Unavailable(WHAT, "awslogs-group is missing in the task definition")
    if not prefix and not container.runtime_id:
        return Unavailable(WHAT, f"no awslogs-stream-prefix: which stream of {group} is not known")
    task_id = task.task_arn.rpartition("/")[2]
    stream = f"{prefix}/{container.name}/{task_id}" if prefix else str(container.runtime_id)
    began = task.started_at or task.stopped_at
    since = int(max(began - _SLACK_S, 0) * 1000) if began else None
    return Place(options.get("awslogs-region") or region, group, stream, since)


def read(logs: Any, place: Place, container: str) -> LogLines | Unavailable:
    """The last lines, without secrets."""
    # Without a start time a page may come back empty though there are events: API_GetLogEvents.
    since = {} if place.since_ms is None else {"startTime": place.since_ms}
    try:
        answer = logs.get_log_events(
            logGroupName=place.group,
            logStreamName=place.stream,
            limit=_LINES,
            startFromHead=False,
            **since,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        answer = {"events": []}
    lines = _shown([one["message"] for one in answer["events"]])
    if not lines:
        # Lines arrive some seconds after they were written.
        return Unavailable(WHAT, f"nothing in {place.group} {place.stream} so far", later=True)
    return LogLines(place, container, lines)


def _shown(messages: Sequence[str]) -> tuple[str, ...]:
    lines = [_UNPRINTABLE.sub(" ", line) for one in messages for line in one.splitlines()]
    if not lines:
        return ()
    # Redacted as one text, because a key block reaches over lines, and cut only afterwards: half a
    # secret must not survive at an edge.
    text = redact_text("\n".join(_last(lines, MAX_TEXT)))
    bare = [MASK if _KEY_BLOCK.fullmatch(line.strip()) else line for line in text.split("\n")]
    return tuple(_last([line.rstrip()[:_LINE] for line in bare], _CHARACTERS))


def _last(lines: Sequence[str], most: int) -> list[str]:
    """As many whole lines from the end as fit; the last one in any case."""
    left = most
    for number, line in enumerate(reversed(lines)):
        left -= len(line) + 1
        if left < 0:
            return list(lines[-max(number, 1) :])
    return list(lines)


def _definition_of(name: str, definition: Mapping[str, Any]) -> Mapping[str, Any] | None:
    containers = definition.get("containerDefinitions") or ()
    return next((one for one in containers if one.get("name") == name), None)
