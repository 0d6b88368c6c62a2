"""Which tasks Spot takes away, and whether what the event says can still be trusted.

Events come at least once, in any order, and up to a day late. A late copy is dangerous: by then the
task's address may belong to a new, healthy task, which a blind deregistration would take out of
service. An event is trusted only while no address can have changed hands; after that ECS is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecsops.errors import InvalidMessage
from ecsops.events import task_state
from ecsops.events.envelope import Event, epoch, parse_event, read_detail
from ecsops.events.task_state import TaskStateChange

# A task cannot give its address back sooner: after the notice come SIGTERM, the application's own
# shutdown, and the removal of the network interface (about 20 s by itself in the one public
# capture). The facts' 150 s would be late: with the default stopTimeout a task is gone after 60 s
# (docs/decisions/0005-trust-an-event-for-25-seconds.md).
FRESH_S = 25
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
NOTICE_S = 120


@dataclass(frozen=True, slots=True)
class Interruption:
    """One interrupted task, as told by one or several messages.

    ``at`` is when the two minutes began, ``seen_at`` when ECS last told its state; epoch seconds,
    None if no event says.
    """

    task_arn: str
    cluster_arn: str
    service_name: str | None
    started_by: str
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    at: float | None
    seen_at: float | None
    version: int
    message_ids: tuple[str, ...]

    def is_fresh(self, now: float) -> bool:
        """Whether the address is certainly still the task's own."""
        return self.seen_at is not None and now - self.seen_at <= FRESH_S

    def seconds_left(self, now: float) -> float | None:
        """What is left of the two minutes."""
        return None if self.at is None else max(0.0, NOTICE_S - (now - self.at))


def read_interruption(message_id: str, body: str) -> Interruption | None:
    """The interruption a message tells of; None if it tells of another task event.

    Raises ``InvalidMessage`` with the path of what is missing.
    """
    event = parse_event(body)
    if event.detail_type != task_state.DETAIL_TYPE:
        raise InvalidMessage("$.detail-type", f"expected {task_state.DETAIL_TYPE!r}, got another")
    task = read_detail(event, TaskStateChange)
    if not task.is_spot_interruption:
        return None
    return Interruption(
        task_arn=task.task_arn,
        cluster_arn=task.cluster_arn,
        service_name=task.service_name,
        started_by=task.started_by or "",
        ipv4=task.ipv4_addresses,
        ipv6=task.ipv6_addresses,
        at=_time_of(task.stopping_at) or _time_of(task.updated_at) or _time_of(event.time),
        seen_at=_seen_at(event, task),
        version=task.version,
        message_ids=(message_id,),
    )


def merge(interruptions: Iterable[Interruption]) -> list[Interruption]:
    """One interruption a task: the newest version counts, every message shares its fate."""
    newest: dict[str, Interruption] = {}
    for one in interruptions:
        other = newest.get(one.task_arn)
        if other is None:
            newest[one.task_arn] = one
            continue
        winner, loser = (one, other) if one.version >= other.version else (other, one)
        newest[one.task_arn] = replace(
            winner,
            ipv4=winner.ipv4 or loser.ipv4,
            ipv6=winner.ipv6 or loser.ipv6,
            message_ids=(*other.message_ids, *one.message_ids),
        )
    return list(newest.values())


def _seen_at(event: Event, task: TaskStateChange) -> float | None:
    times = [time for text in (event.time, task.updated_at) if (time := _time_of(text))]
    return min(times, default=None)


def _time_of(text: str | None) -> float | None:
    # A time in a form nobody knows is as good as none: without any, ECS is asked.
    try:
        return epoch(text) if text else None
    except InvalidMessage:
        return None
