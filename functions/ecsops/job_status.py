"""How the last runs of jobs went: written by batch jobs, read by the dashboard.

One small item for each job in batch jobs' table, under a key of their own, so that one query finds them
all and no capability needs to know how another remembers things.
"""

from __future__ import annotations

import zlib

import msgspec
from msgspec.structs import replace

STATUS_KEY = "status"
RUNS = 20
ENDED = frozenset({"succeeded", "failed", "missed", "cancelled", "skipped"})


class RunStatus(msgspec.Struct, frozen=True, array_like=True):
    """One run. ``at`` is when it should have begun; ``took_s`` and ``late_s`` count from its launch.

    ``state`` is one of ``ENDED``, or what it is until then: waiting, running, stopping.
    """

    run: str
    state: str
    at: float
    took_s: float = 0.0
    shards: int = 1
    failed_shards: int = 0
    late_s: float = 0.0


class JobStatus(msgspec.Struct, frozen=True, array_like=True):
    """A job's last runs, oldest first."""

    cluster: str
    runs: tuple[RunStatus, ...] = ()
    paused: bool = False


def with_run(status: JobStatus, run: RunStatus) -> JobStatus:
    """The status once this is known of a run; in any order, any number of times.

    What ended has ended, whatever is heard later of the time before.
    """
    known = {each.run: each for each in status.runs}
    before = known.get(run.run)
    if before is None or before.state not in ENDED or run.state in ENDED:
        known[run.run] = run
    latest = sorted(known.values(), key=lambda each: (each.at, each.run))[-RUNS:]
    return replace(status, runs=tuple(latest))


def encode_job_status(status: JobStatus) -> bytes:
    """As it is written."""
    return zlib.compress(msgspec.msgpack.encode(status))


def decode_job_status(content: bytes) -> JobStatus | None:
    """As it was read; None for what another version wrote and is not understood."""
    try:
        return msgspec.msgpack.decode(zlib.decompress(content), type=JobStatus)
    except (msgspec.DecodeError, zlib.error):
        return None
