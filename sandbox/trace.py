"""What is recorded of a run: the one source for tests, timelines and JSON lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "event",
    "rule",
    "delivered",
    "invocation",
    "call",
    "published",
    "log",
    "metric",
    "dead_letter",
    "state",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trace. ``at`` is the sandbox's time in epoch seconds."""

    seq: int
    at: float
    kind: Kind
    fields: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Read a field of the entry."""
        return self.fields[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Read a field of the entry, or the default."""
        return self.fields.get(name, default)


class Trace:
    """An append-only list of entries; safe to append to from several threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Entries are stamped with ``now()``."""
        self._now = now
        self._lock = threading.Lock()
        self._telling = threading.RLock()
        self._entries: list[Entry] = []
        self._listeners: list[Callable[[Entry], None]] = []

    def add(self, kind: Kind, **fields: Any) -> Entry:
        """Append an entry and tell the listeners."""
        with self._lock:
            entry = Entry(len(self._entries), self._now(), kind, fields)
            self._entries.append(entry)
        # One at a time: two threads must not print into each other's lines.
        with self._telling:
            for listener in self._listeners:
                listener(entry)
        return entry

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Call ``listener`` with every entry from now on."""
        self._listeners.append(listener)

    def select(self, kind: Kind, **fields: Any) -> list[Entry]:
        """Entries of a kind whose fields equal the given ones, in order."""
        return [
            entry
            for entry in self
            if entry.kind == kind
            and all(entry.fields.get(name) == value for name, value in fields.items())
        ]

    def clear(self) -> None:
        """Forget what was recorded so far; sequence numbers start anew."""
        with self._lock:
            self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over a snapshot."""
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)
