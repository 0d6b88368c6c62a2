"""Which message a worker gets next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol


class Ordering(Protocol):
    """Holds visible messages by number."""

    def __len__(self) -> int: ...

    def push(self, message: int) -> None:
        """A message can be received."""
        ...

    def pop(self) -> int | None:
        """Hand out the next one; None when there is none that may be handed out now."""
        ...

    def finished(self, message: int) -> None:
        """A message was deleted, or can be received again."""
        ...

    def oldest(self) -> int | None:
        """The first of the visible ones."""
        ...


class Standard:
    """Any message can be received; the oldest first, as SQS mostly does."""

    def __init__(self) -> None:
        """Start empty."""
        self._visible: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._visible)

    def push(self, message: int) -> None:
        """A message can be received."""
        self._visible.append(message)

    def pop(self) -> int | None:
        """Hand out the oldest one."""
        return self._visible.popleft() if self._visible else None

    def finished(self, message: int) -> None:
        """Nothing waited for it."""

    def oldest(self) -> int | None:
        """The first of the visible ones."""
        return self._visible[0] if self._visible else None


class Grouped:
    """One message of a group at a time, in order: FIFO queues by message group, streams by shard.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
    """

    def __init__(self, group_of: Callable[[int], int]) -> None:
        """``group_of`` tells a message's group."""
        self._group_of = group_of
        self._waiting: dict[int, deque[int]] = {}
        self._busy: set[int] = set()
        self._ready: deque[int] = deque()
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def push(self, message: int) -> None:
        """A message can be received once those of its group before it are done."""
        group = self._group_of(message)
        waiting = self._waiting.setdefault(group, deque())
        waiting.append(message)
        self._number += 1
        if len(waiting) == 1 and group not in self._busy:
            self._ready.append(group)

    def pop(self) -> int | None:
        """Hand out the first message of the group that has waited longest."""
        if not self._ready:
            return None
        group = self._ready.popleft()
        self._busy.add(group)
        self._number -= 1
        return self._waiting[group].popleft()

    def finished(self, message: int) -> None:
        """The next message of its group may go."""
        group = self._group_of(message)
        self._busy.discard(group)
        if self._waiting[group]:
            self._ready.append(group)

    def oldest(self) -> int | None:
        """The first of the visible ones."""
        return min((waiting[0] for waiting in self._waiting.values() if waiting), default=None)
