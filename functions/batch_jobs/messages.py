"""What the functions tell each other through their queues, and what people tell them."""

from __future__ import annotations

from typing import Literal

import msgspec

from batch_jobs.ids import RUN_ID, job_of
from batch_jobs.spec import Name, RequestKey
from ecsops.errors import InvalidMessage
from ecsops.events.envelope import read_document

PUMP = '{"batch_jobs":"pump"}'


class Cancel(msgspec.Struct, frozen=True, tag_field="command", tag="cancel"):
    """End a run: launch no more, stop what runs."""

    run: str
    by: str = ""


class Pause(msgspec.Struct, frozen=True, tag_field="command", tag="pause"):
    """Skip the job's slots until it is resumed."""

    job: Name
    by: str = ""


class Resume(msgspec.Struct, frozen=True, tag_field="command", tag="resume"):
    """Run the job's slots again."""

    job: Name
    by: str = ""


class Rerun(msgspec.Struct, frozen=True, tag_field="command", tag="rerun", rename="camel"):
    """Run a run's spec again: all shards, or those that failed."""

    run: str
    failed_shards: bool = False
    by: str = ""
    key: RequestKey | None = None


class FollowUp(msgspec.Struct, frozen=True):
    """Our own: start a run that waited, stop one, finish one, check a job."""

    batch_jobs: Literal["start", "stop", "finish", "check"]
    run: str = ""
    job: str = ""
    sweep: bool = False


Command = Cancel | Pause | Resume | Rerun


class _Probe(msgspec.Struct, frozen=True):
    command: str | None = None
    batch_jobs: str | None = None
    source: str | None = None


class _Named(msgspec.Struct, frozen=True):
    job: str = ""
    run: str = ""


def job_in(body: str) -> str:
    """The job that a message is about; empty for the tick, and for what cannot be read."""
    try:
        named = msgspec.json.decode(body, type=_Named)
    except msgspec.DecodeError:
        return ""
    return named.job or job_of(named.run)


def start(run: str) -> str:
    """What a run waited for may be there."""
    return msgspec.json.encode(FollowUp("start", run=run)).decode()


def stop(run: str) -> str:
    """Tasks of a run are to be stopped."""
    return msgspec.json.encode(FollowUp("stop", run=run)).decode()


def finish(run: str) -> str:
    """A run is over, and nobody was told yet."""
    return msgspec.json.encode(FollowUp("finish", run=run)).decode()


def check(job: str, *, sweep: bool) -> str:
    """Hold a job's rows against what is; ``sweep``: and look for tasks that nobody should have started."""
    return msgspec.json.encode(FollowUp("check", job=job, sweep=sweep)).decode()


def read(body: str) -> Command | FollowUp | Literal["tick"] | None:
    """A message that is no spec; None if it looks like one. Raises ``InvalidMessage``."""
    probe = read_document(body, _Probe)
    if probe.command is not None:
        command: Command = read_document(body, Command)  # type: ignore[arg-type]
        if isinstance(command, Cancel | Rerun) and not RUN_ID.fullmatch(command.run):
            raise InvalidMessage("$.run", f"expected the id of a run, got {command.run[:80]!r}")
        return command
    if probe.batch_jobs is not None:
        return read_document(body, FollowUp)
    return "tick" if probe.source == "aws.events" else None
