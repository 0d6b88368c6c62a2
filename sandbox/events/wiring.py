"""EventBridge and Scheduler of one account, put together."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sandbox.events.bus import Surroundings
from sandbox.events.delivery import Courier
from sandbox.events.scheduler import Scheduler
from sandbox.events.senders import to_log_group, to_queue, to_topic
from sandbox.events.service import EventBridge

if TYPE_CHECKING:
    from moto.sqs.models import Message

    from sandbox.clock import Clock
    from sandbox.events.delivery import Send
    from sandbox.events.queues import Queues
    from sandbox.faults import FaultPlan
    from sandbox.trace import Entry, Trace


class EventServices:
    """The services that deliver events, and the courier that they share."""

    def __init__(
        self,
        clock: Clock,
        trace: Trace,
        queues: Queues,
        rng: random.Random,
        scope: tuple[str, str],
        faults: FaultPlan | None = None,
    ) -> None:
        """``scope`` is the account and the Region."""
        account, region = scope
        self.courier = Courier(clock, trace, queues, random.Random(rng.getrandbits(64)))
        self.courier.senders |= {
            "sqs": to_queue(queues),
            "sns": to_topic(account, region),
            "logs": to_log_group(clock, account, region),
        }
        queues.on_redrive(lambda arn, message: _note_redrive(trace, arn, message))
        trace.listen(lambda entry: _note_publication(trace, entry))
        ids = random.Random(rng.getrandbits(64))
        surroundings = Surroundings(clock, trace, self.courier, ids, account, region, faults)
        self.bridge = EventBridge(surroundings)
        self.scheduler = Scheduler(clock, trace, self.courier, ids, scope)

    def deliver_to(self, service: str, send: Send) -> None:
        """Let targets of another service take events."""
        self.courier.senders[service] = send


def _note_redrive(trace: Trace, queue_arn: str, message: Message) -> None:
    trace.add(
        "dead_letter",
        cause="redrive",
        queue=queue_arn,
        lost=False,
        message_id=message.id,
        body=message.body,
    )


def _note_publication(trace: Trace, entry: Entry) -> None:
    """What a function says to people, beside the call with which it says it."""
    if entry.kind != "call" or (entry["service"], entry["operation"]) != ("sns", "Publish"):
        return
    if entry["outcome"] == "ok":
        said = entry["parameters"]
        trace.add(
            "published",
            channel="sns",
            function=entry["function"],
            topic=said.get("TopicArn"),
            subject=said.get("Subject"),
            message=said.get("Message"),
        )
