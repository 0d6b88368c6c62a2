"""Which tasks Spot takes away, and whether what the event says can still be trusted.

Events come at least once, in any order, and up to a day late. A late copy is dangerous: by then the
task's address may belong to a new, healthy task, which a blind deregistration would take out of
service. An event is trusted only while no address can have changed hands; after that ECS is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecsops.errors import InvalidMessage
from ecsops.events import task_state
from ecsops.events.envelope import Event, epoch, parse_event, read_detail
from ecsops.events.task_state import TaskStateChange

# A task cannot give its address back sooner: after the notice come SIGTERM and the removal of the
# network interface, which took about 20 s in the one public capture, and may take less. The facts'
# 150 s would be late: with the default stopTimeout a task is gone after 60 s
# (docs/decisions/0005-trust-an-event-for-ten-seconds.md).
FRESH_S = 10
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
NOTICE_S = 120

# One identifier that ECS does not understand makes it refuse a call for 100 tasks or 10 services. So
# whatever goes into such a call is looked at first.
_NAME = re.compile(r"[\w-]{1,255}", re.ASCII)
_PLACE = r"arn:[a-z0-9-]{1,32}:ecs:[a-z0-9-]{1,32}:\d{12}"
_CLUSTER_ARN = re.compile(rf"{_PLACE}:cluster/([\w-]{{1,255}})", re.ASCII)
_TASK_ARN = re.compile(rf"{_PLACE}:task/(?:([\w-]{{1,255}})/)?[\w-]{{1,255}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Binding:
    """A container's port and the port on its instance that leads there (bridge and host mode)."""

    container: str
    port: int
    host_port: int


@dataclass(frozen=True, slots=True)
class Interruption:
    """One interrupted task, as told by one or several messages.

    ``at`` is when the two minutes began, ``seen_at`` when ECS last told its state; epoch seconds,
    None if no event says. ``service_name`` is None for a standalone task, empty if no event says.
    ``retried``: a message was received before, and what became of that try is not known.
    ``instance_id`` is the EC2 instance of a task without a network interface of its own; ``place``
    says where it ran: zone, capacity provider and size.
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
    retried: bool = False
    instance_arn: str = ""
    instance_id: str = ""
    bindings: tuple[Binding, ...] = ()
    place: str = ""

    @property
    def has_address(self) -> bool:
        """Whether it is known under which address load balancers may know it."""
        return bool(self.ipv4 or self.ipv6 or self.instance_id)

    def is_fresh(self, now: float) -> bool:
        """Whether the address is certainly still the task's own."""
        # A time that is far in the future tells nothing either.
        return self.seen_at is not None and abs(now - self.seen_at) <= FRESH_S

    def seconds_left(self, now: float) -> float | None:
        """What is left of the two minutes."""
        return seconds_left(self.at, now)


def seconds_left(at: float | None, now: float) -> float | None:
    """What is left of the two minutes that began ``at``."""
    return None if at is None else min(max(0.0, NOTICE_S - (now - at)), NOTICE_S)


def read_interruption(message_id: str, body: str, *, retried: bool = False) -> Interruption | None:
    """The interruption a message tells of; None if it tells of another task event.

    Raises ``InvalidMessage`` with the path of what is missing.
    """
    event = parse_event(body)
    if event.detail_type != task_state.DETAIL_TYPE:
        raise InvalidMessage("$.detail-type", f"expected {task_state.DETAIL_TYPE!r}, got another")
    task = read_detail(event, TaskStateChange)
    if not task.is_spot_interruption:
        return None
    _check_identifiers(task)
    return Interruption(
        task_arn=task.task_arn,
        cluster_arn=task.cluster_arn,
        service_name=_service_of(task),
        started_by=task.started_by or "",
        ipv4=task.ipv4_addresses,
        ipv6=task.ipv6_addresses,
        at=_time_of(task.stopping_at) or _time_of(task.updated_at) or _time_of(event.time),
        seen_at=_seen_at(event, task),
        version=task.version,
        message_ids=(message_id,),
        retried=retried,
        instance_arn=task.container_instance_arn or "",
        bindings=bindings_of(task),
        place=place_of(task),
    )


def bindings_of(task: TaskStateChange) -> tuple[Binding, ...]:
    """The ports that lead to the task on its instance."""
    return tuple(
        Binding(container.name, binding.container_port, binding.host_port)
        for container in task.containers or ()
        for binding in container.network_bindings or ()
        if binding.container_port is not None and binding.host_port is not None
    )


def place_of(task: TaskStateChange) -> str:
    """Zone, capacity provider and size, as the history counts them; empty fields are not known."""
    size = f"{task.cpu}/{task.memory}" if task.cpu and task.memory else ""
    return f"{task.availability_zone or ''}|{task.capacity_provider_name or ''}|{size}"


def merge(interruptions: Iterable[Interruption]) -> list[Interruption]:
    """One interruption a task: the newest version counts, every message shares its fate."""
    by_task: dict[str, list[Interruption]] = {}
    for one in interruptions:
        by_task.setdefault(one.task_arn, []).append(one)
    return [_merged(same) for same in by_task.values()]


def _merged(same: list[Interruption]) -> Interruption:
    newest, *older = sorted(same, key=_rank, reverse=True)
    if not older:
        return newest
    ranked = (newest, *older)
    return replace(
        newest,
        service_name=next((one.service_name for one in ranked if one.service_name != ""), ""),
        started_by=next((one.started_by for one in ranked if one.started_by), ""),
        ipv4=next((one.ipv4 for one in ranked if one.ipv4), ()),
        ipv6=next((one.ipv6 for one in ranked if one.ipv6), ()),
        at=min((one.at for one in same if one.at is not None), default=None),
        seen_at=max((one.seen_at for one in same if one.seen_at is not None), default=None),
        message_ids=tuple(dict.fromkeys(id_ for one in same for id_ in one.message_ids)),
        retried=any(one.retried for one in same),
        instance_arn=next((one.instance_arn for one in ranked if one.instance_arn), ""),
        bindings=next((one.bindings for one in ranked if one.bindings), ()),
        place=max((one.place for one in ranked), key=len),
    )


def _rank(one: Interruption) -> tuple[object, ...]:
    # Versions decide; the rest makes the order of equal ones the same in every run.
    told = (one.cluster_arn, one.service_name or "", one.started_by, one.ipv4, one.ipv6)
    return (one.version, one.seen_at or 0.0, one.at or 0.0, *told)


def _service_of(task: TaskStateChange) -> str | None:
    name = task.service_name
    if name is None:
        return None if task.group else ""
    return name if _NAME.fullmatch(name) else ""


def _check_identifiers(task: TaskStateChange) -> None:
    cluster = _CLUSTER_ARN.fullmatch(task.cluster_arn)
    if cluster is None:
        raise InvalidMessage("$.detail.clusterArn", "expected the ARN of a cluster")
    found = _TASK_ARN.fullmatch(task.task_arn)
    if found is None or found[1] not in {None, cluster[1]}:
        raise InvalidMessage("$.detail.taskArn", "expected the ARN of a task in this cluster")


def _seen_at(event: Event, task: TaskStateChange) -> float | None:
    times = [time for text in (event.time, task.updated_at) if (time := _time_of(text))]
    return min(times, default=None)


def _time_of(text: str | None) -> float | None:
    # A time in a form nobody knows is as good as none: without any, ECS is asked.
    try:
        return epoch(text) if text else None
    except InvalidMessage:
        return None
