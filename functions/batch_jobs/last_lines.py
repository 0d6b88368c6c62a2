"""The last lines that a task's container wrote, without what looks like a secret."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from batch_jobs.rows import LogPlace
from ecsops.observability import logger
from ecsops.redaction import redact_text

_LINES, _LONGEST = 10, 300


def last_lines(logs: Any, place: LogPlace, container: str, task: str) -> tuple[str, ...]:
    """Oldest first; none where they cannot be read: a log never holds up what is to be told.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html: the stream is
    prefix-name/container-name/ecs-task-id.
    """
    stream = f"{place.prefix}/{container}/{task.rpartition('/')[2]}"
    try:
        answer = logs.get_log_events(
            logGroupName=place.group, logStreamName=stream, limit=_LINES, startFromHead=False
        )
    except (ClientError, BotoCoreError) as error:
        logger.warning("log not read", reason=str(error), stream=stream)
        return ()
    lines = [str(event.get("message", "")) for event in answer.get("events", ())]
    return tuple(redact_text(line.rstrip())[:_LONGEST] for line in lines[-_LINES:])
