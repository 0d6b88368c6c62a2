"""What arrives in the queue: the schedule's tick, and ECS's word that tasks found no place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecsops.errors import InvalidMessage
from ecsops.events.envelope import Event, parse_event, read_detail
from ecsops.events.service_action import DETAIL_TYPE, ServiceAction
from ecsops.observability import count, logger
from ecsops.queue import Message

# What is older says nothing of now: the tick looks at the service itself.
STALE_S = 300.0
TICK_STALE_S = 55.0
_PLACEMENT_FAILURE = "SERVICE_TASK_PLACEMENT_FAILURE"


@dataclass(frozen=True, slots=True)
class Failure:
    """Tasks of a service found no place on these capacity providers."""

    service: str
    at: float
    providers: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What a batch asks for: a look at all services, or at some; and what is no such message."""

    everything: bool
    failures: tuple[Failure, ...]
    rejected: frozenset[str]


def read_batch(messages: Iterable[Message], now: float) -> Due:
    """Several ticks are one; late ones have been overtaken."""
    everything, failures, rejected = False, [], set()
    for message in messages:
        try:
            event = parse_event(message.body)
            at = event.occurred_at()
            if event.detail_type == "Scheduled Event":
                everything |= at is None or now - at <= TICK_STALE_S
                continue
            failure = _failure(event, now if at is None else min(at, now))
        except InvalidMessage as error:
            rejected.add(message.id)
            count("RejectedMessages")
            logger.error("message rejected", path=error.path, reason=error.problem)
            continue
        if failure is not None and now - failure.at <= STALE_S:
            failures.append(failure)
    return Due(everything, tuple(failures), frozenset(rejected))


def _failure(event: Event, at: float) -> Failure | None:
    if event.detail_type != DETAIL_TYPE:
        raise InvalidMessage("$.detail-type", f"expected a Scheduled Event or an {DETAIL_TYPE}")
    detail = read_detail(event, ServiceAction)
    if detail.event_name != _PLACEMENT_FAILURE:
        return None
    if not event.resources:
        raise InvalidMessage("$.resources", "expected the ARN of the service")
    arns = detail.capacity_provider_arns or ()
    providers = tuple(arn.rpartition("/")[2] for arn in arns)
    return Failure(event.resources[0], at, providers, detail.reason)
