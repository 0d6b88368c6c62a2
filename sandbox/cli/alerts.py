"""``ecs-ops alerts``: send dead letters again, and check a routes document before it is in force."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from ecsops.errors import InvalidSetting
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.own_account import own_account, physical_id
from sandbox.errors import SandboxError

_QUEUE = "AlertsDeadLetterQueue"
_HIDDEN_S = 120
# Long: a short poll asks only some of SQS's servers, and may find nothing where there is something.
_POLL_S = 2
# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
_STANDARD_BYTES, _ADVANCED_BYTES = 4_096, 8_192


def run(arguments: Namespace) -> ExitCode:
    """Run one of the subcommands."""
    if arguments.action == "check-routes":
        return check_routes(arguments.file)
    return _replay(arguments)


def check_routes(path: Path) -> ExitCode:
    """Say whether a routes document is understood, and if not, where it is wrong."""
    from alerts.routes_document import parse_routes

    try:
        text = _document(path)
        routes = parse_routes(text)
    except InvalidSetting as error:
        print(f"ecs-ops alerts: {path}: {error}", file=sys.stderr)
        return ExitCode.BAD_FILE
    print(f"{path}: understood: {len(routes.routes)} routes, {len(routes.sinks)} sinks")
    if len(text.encode()) > _STANDARD_BYTES:
        print(f"  more than {_STANDARD_BYTES} bytes: put it with --tier Advanced, which costs")
    return ExitCode.DONE


def _document(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidSetting(f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"is no text in UTF-8 (byte {error.start + 1})") from None
    if len(text.encode()) > _ADVANCED_BYTES:
        raise InvalidSetting(f"more than {_ADVANCED_BYTES} bytes: no parameter takes that much")
    return text


def replay(sqs: Any, dead_letter_queue_url: str) -> int:
    """Put what is in a dead-letter queue back into the queue it came from, each once; how many.

    Should this stop half-way, run it again: an alert that is delivered already is not delivered twice.
    """
    sources = sqs.list_dead_letter_source_queues(QueueUrl=dead_letter_queue_url)["queueUrls"]
    if len(sources) != 1:
        raise SandboxError(
            f"{dead_letter_queue_url} belongs to {len(sources)} queues: expected one"
        )
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=dead_letter_queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN_S,
            WaitTimeSeconds=_POLL_S,
        )
        fresh = [m for m in answer.get("Messages", []) if m["MessageId"] not in seen]
        if not fresh:
            return len(seen)
        for message in fresh:
            seen.add(message["MessageId"])
            sqs.send_message(QueueUrl=sources[0], MessageBody=message["Body"])
            sqs.delete_message(
                QueueUrl=dead_letter_queue_url, ReceiptHandle=message["ReceiptHandle"]
            )


def _replay(arguments: Namespace) -> ExitCode:
    with own_account() as client:
        url = arguments.queue_url or physical_id(client, arguments.stack, _QUEUE)
        number = replay(client("sqs"), url)
    print(f"{number} dead letters sent again" if number != 1 else "1 dead letter sent again")
    return ExitCode.DONE
