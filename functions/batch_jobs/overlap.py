"""The overlap lock: which run of a job may be active. The job's row is the lock, changed by its revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from batch_jobs.rows import JobRow

DISPLACED = "a newer run waits instead"


@dataclass(frozen=True, slots=True)
class Admission:
    """``replaced`` active runs are to be stopped; the job's ``displaced`` waiting ones never run."""

    job: JobRow
    says: Literal["start", "wait", "skip"]
    reason: str = ""
    replaced: tuple[str, ...] = ()


def admit(job: JobRow, run: str, overlap: str, queue_length: int, *, holds: bool) -> Admission:
    """Whether a run may start. Asked again about the same run it says the same, and changes nothing.

    ``holds`` is whether a forbidden run may wait: it has a starting deadline that is not over.
    """
    if run in job.active:
        return Admission(job, "start")
    if run in job.waiting:
        replaced = job.active if overlap == "replace" else ()
        return Admission(job, "wait", "waits for its turn", replaced)
    if run in job.displaced:
        return Admission(job, "skip", DISPLACED)
    if overlap == "allow" or not (job.active or job.waiting):
        return Admission(msgspec.structs.replace(job, active=(*job.active, run)), "start")
    return _behind(job, run, overlap, queue_length, holds=holds)


def _behind(job: JobRow, run: str, overlap: str, queue_length: int, *, holds: bool) -> Admission:
    """What happens to a run while another one is active."""
    named = ", ".join(job.active or job.waiting)
    if overlap == "queue":
        if len(job.waiting) >= queue_length:
            return Admission(job, "skip", f"{queue_length} runs wait already (queueLength)")
        queued = msgspec.structs.replace(job, waiting=(*job.waiting, run))
        return Admission(queued, "wait", f"overlap queue: waits for {named}")
    if overlap == "replace":
        why = f"overlap replace: waits until {named} has stopped"
        return Admission(_instead(job, run), "wait", why, job.active)
    if not holds:
        return Admission(job, "skip", f"overlap forbid: {named} is active")
    # As a CronJob does: of several slots that are due only the newest starts late.
    why = f"overlap forbid: {named} is active; starts if that ends in time"
    return Admission(_instead(job, run), "wait", why)


def release(job: JobRow, run: str) -> tuple[JobRow, str | None]:
    """The job without a run that is over, and the run whose turn it is now."""
    active = tuple(one for one in job.active if one != run)
    waiting = tuple(one for one in job.waiting if one != run)
    displaced = tuple(one for one in job.displaced if one != run)
    skipped = job.skipped if active == job.active else 0
    job = msgspec.structs.replace(
        job, active=active, waiting=waiting, displaced=displaced, skipped=skipped
    )
    if active or not waiting:
        return job, None
    following = waiting[0]
    return msgspec.structs.replace(job, active=(following,), waiting=waiting[1:]), following


def _instead(job: JobRow, run: str) -> JobRow:
    """The run waits, and nobody else; whoever comes after a crash still knows whom to tell."""
    displaced = (*job.displaced, *job.waiting)
    return msgspec.structs.replace(job, waiting=(run,), displaced=displaced)
