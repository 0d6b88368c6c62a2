"""What the function tells its later self about instances: which are going, and when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Literal

import msgspec

from ecsops.events.envelope import read_document
from ecsops.parallel import chunks

# As many as one run can see to within its time, should every task have to be stopped.
INSTANCES_PER_MESSAGE = 40
_MAX_BYTES = 200_000
_MAX_DELAY_S = 900
# "The maximum amount of time that you can keep an instance in a wait state is 48 hours or 100 times the
# heartbeat timeout, whichever is smaller": then the wait ends, heartbeats or not.
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
LONGEST_WAIT_S = 48 * 3_600


class Hook(msgspec.Struct, frozen=True, array_like=True):
    """A lifecycle hook that holds the instance; ``beat_at`` is when it must be held again.

    ``told`` is what people know of it: that the toolkit may not answer it, or has given it up.
    """

    group: str
    name: str
    token: str
    beat_at: float
    gives_up_at: float
    told: Literal["", "denied", "given-up"] = ""


class Watched(msgspec.Struct, frozen=True, array_like=True):
    """An instance that goes away: by Spot at ``ends_at``, or when its hook is completed.

    ``tasks`` are those that were on it when it was drained; nothing is placed on it any more.
    ``left`` have been taken out of their target groups. ``size`` is its type. ``crowd`` tasks are on
    the other instances that Spot takes at the same time.
    """

    instance_id: str
    arn: str
    cluster_arn: str
    began_at: float
    ends_at: float | None
    hook: Hook | None
    tasks: tuple[str, ...]
    zone: str = ""
    provider: str = ""
    size: str = ""
    left: tuple[str, ...] = ()
    crowd: int = 0

    @property
    def key(self) -> str:
        """What tells it from the others of its message."""
        return f"{self.instance_id}/{self.hook.token if self.hook else ''}"

    @property
    def until(self) -> float:
        """When nothing is left to do for it, whatever happens: it is gone."""
        held = self.began_at + LONGEST_WAIT_S if self.hook else 0.0
        return max(held, self.ends_at or 0.0)

    @property
    def place(self) -> str:
        """Zone, capacity provider and size, as the history counts them."""
        return f"{self.zone}|{self.provider}|{self.size}"


class Watch(msgspec.Struct, frozen=True, tag_field="spot_drain", tag="watch"):
    """Look at these instances again."""

    instances: tuple[Watched, ...]


def read_watch(body: str) -> Watch:
    """A watch message."""
    return read_document(body, Watch)


def watch_bodies(due: Iterable[tuple[Watched, float]], now: float) -> list[tuple[int, str]]:
    """(delay, body) of the messages that have instances looked at again when it is due.

    A delay is rounded up: SQS counts whole seconds, and a look before it is due only asks for the next.
    """
    by_delay: dict[int, list[Watched]] = {}
    for watched, at in due:
        delay = min(max(0, ceil(at - now)), _MAX_DELAY_S)
        by_delay.setdefault(delay, []).append(watched)
    return [
        (delay, body)
        for delay, instances in sorted(by_delay.items())
        for part in chunks(instances, INSTANCES_PER_MESSAGE)
        for body in _small_enough(part)
    ]


def _small_enough(instances: Sequence[Watched]) -> list[str]:
    body = msgspec.json.encode(Watch(tuple(instances))).decode()
    if len(body.encode()) <= _MAX_BYTES or len(instances) == 1:
        return [body]
    half = len(instances) // 2
    return [*_small_enough(instances[:half]), *_small_enough(instances[half:])]
