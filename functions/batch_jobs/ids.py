"""Names that tell what they belong to, derived so that a second try comes to the same ones."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from batch_jobs.times import compact

STARTED_BY = "job/"
# Failed calls of RunTask by nobody's schedule, by family: no good run puts an end to them.
BY_FAMILY = "run-task/"
_SLOT = "000000"
_SUFFIX = 24  # "-20260105T090000Z-000000"
# [A-Za-z0-9/_-], at most 128 (RunTask): 64 of a job's name leave room for shard and attempt.
_OURS = re.compile(r"job/(?P<run>[A-Za-z0-9_-]+)/(?P<shard>\d{1,5})/(?P<attempt>\d{1,3})")
RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}-\d{8}T\d{6}Z-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, order=True)
class AttemptId:
    """One attempt of one shard of a run: shards count from 0, attempts from 1."""

    run: str
    shard: int
    attempt: int

    @property
    def started_by(self) -> str:
        """What ECS keeps with the task, and tells in every event."""
        return f"{STARTED_BY}{self.run}/{self.shard}/{self.attempt}"

    @property
    def token(self) -> str:
        """The client token: the same for the same attempt, so that a repeated RunTask starts nothing new."""
        return hashlib.sha256(f"{self.run}|{self.shard}|{self.attempt}".encode()).hexdigest()[:64]

    def following(self) -> AttemptId:
        """The next attempt of the same shard."""
        return AttemptId(self.run, self.shard, self.attempt + 1)


def attempt_of(started_by: str | None) -> AttemptId | None:
    """Whose task it is; None for a task that is not ours."""
    found = _OURS.fullmatch(started_by or "")
    return AttemptId(found["run"], int(found["shard"]), int(found["attempt"])) if found else None


def run_of_slot(job: str, slot: float) -> str:
    """The one run of a slot, whoever asks for it and how often."""
    return f"{job}-{compact(slot)}-{_SLOT}"


def run_by_hand(job: str, message_id: str, sent_at: float) -> str:
    """The run of a message; the same when the message is delivered again."""
    return f"{job}-{compact(sent_at)}-{hashlib.sha256(message_id.encode()).hexdigest()[:6]}"


def time_of(run: str) -> float:
    """When a run was due, or asked for: the time in its id."""
    moment = datetime.strptime(run[-_SUFFIX + 1 : -7], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return moment.timestamp()


def job_of(run: str) -> str:
    """The job of a run id."""
    return run[:-_SUFFIX]
