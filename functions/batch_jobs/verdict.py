"""What became of an attempt, in the words that every decision after it uses."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Decides which budget pays for another attempt."""

    SUCCEEDED = "succeeded"
    INTERRUPTED = "interrupted"  # AWS took the capacity: whatever the exit code says
    NOT_STARTED = "not-started"  # no container of it has run
    OUT_OF_MEMORY = "out-of-memory"
    FAILED = "failed"  # the application's own failure
    TIMED_OUT = "timed-out"  # we stopped it: its limit
    CANCELLED = "cancelled"  # somebody stopped it
    LOST = "lost"  # nobody knows any more


class Lasting(StrEnum):
    """How sure it is that another attempt would fail in the same way."""

    NO = "no"
    SECOND_TIME = "second-time"  # when it happens twice in a row
    OTHER_OPTION = "other-option"  # on this rung of the capacity ladder; another may do
    YES = "yes"


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """``cause`` is a short word for what happened, ``reason`` what AWS said."""

    kind: Kind
    cause: str = ""
    reason: str = ""
    stop_code: str | None = None
    container: str | None = None
    container_reason: str = ""
    exit_code: int | None = None
    lasting: Lasting = Lasting.NO
    unknown: bool = False  # a stop code or text that nobody has met before

    @property
    def failed(self) -> bool:
        """Whether a shard needs something after it."""
        return self.kind is not Kind.SUCCEEDED
