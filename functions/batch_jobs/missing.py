"""Slots of the account's own schedules that brought no run: made up for, or recorded as missed.

Every slot is asked for by name, once: a later one that came says nothing of those before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from batch_jobs import telling
from batch_jobs.ids import run_of_slot
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.refusing import Refusing
from batch_jobs.rows import LOOKED, MISSED, JobRow, Key, Looked, job_key, run_key
from batch_jobs.schedules import SLOT, JobSchedule, Schedules
from batch_jobs.slots import TOO_MANY, due, schedule_of, unmet
from batch_jobs.spec import Spec
from batch_jobs.spec_reading import InvalidSpec
from batch_jobs.submitting import Submitting
from batch_jobs.times import iso, seconds
from ecsops.errors import InvalidSetting, OpsError
from ecsops.observability import logger
from ecsops.parallel import chunks

# "60-second precision" and a retry or two: what has not come by then was not sent.
_GRACE_S = 300.0
# Of a long gap so many are recorded one by one.
_RECORDED = 20
# The rows of their runs are read together: in one call, as long as each was due once.
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Due:
    """Slots that must have come by now; ``newest`` is the last one that is due, and may still come."""

    name: str
    spec: Spec
    slots: list[float]
    newest: float


@dataclass(frozen=True, slots=True)
class Missing:
    """Looks through the schedules that send to the submit queue."""

    ledger: Ledger
    jobs: Jobs
    submitting: Submitting
    refusing: Refusing
    schedules: Schedules

    def look(self, now: float) -> None:
        """Look at every schedule; one that fails does not hold up the others."""
        schedules = self.schedules.read(now)
        known = self.ledger.get(LOOKED, Looked)
        if known is None and not schedules:
            return
        looked = known.row if known else Looked()
        jobs = self._jobs(schedules)
        found: list[_Due] = []
        useless: list[tuple[JobSchedule, str]] = []
        for one in schedules:
            try:
                found.append(_due(one, jobs[one.spec.job], looked, self.ledger.keep_s, now))
            except InvalidSetting as error:
                useless.append((one, str(error)))
        failed = self._make_good(found, now)
        told = self._tell(useless, looked.told, now)
        behind = {name: looked.behind.get(name, looked.at) for name in failed}
        # Who was faster has looked at the same slots.
        row = Looked(at=now, behind=behind, told=told)
        self.ledger.write(LOOKED, row, known.rev if known else 0, now)
        if failed:
            raise next(iter(failed.values()))

    def _jobs(self, schedules: Iterable[JobSchedule]) -> dict[str, JobRow]:
        names = {one.spec.job for one in schedules}
        known = self.ledger.get_many(map(job_key, names), JobRow).values()
        return {name: JobRow(job=name) for name in names} | {one.row.job: one.row for one in known}

    def _make_good(self, found: Iterable[_Due], now: float) -> dict[str, OpsError]:
        """What went wrong, by the name of the schedule."""
        failed: dict[str, OpsError] = {}
        for part in chunks([one for one in found if one.slots], _AT_ONCE):
            keys = [_key(one.spec, slot) for one in part for slot in one.slots]
            known = self.ledger.get_items(keys).keys()
            for one in part:
                try:
                    self._one(
                        one, [slot for slot in one.slots if _key(one.spec, slot) not in known], now
                    )
                except OpsError as error:
                    logger.warning("schedule not looked at", job=one.spec.job, reason=str(error))
                    failed[one.name] = error
        return failed

    def _one(self, one: _Due, lost: Sequence[float], now: float) -> None:
        spec = one.spec
        found = unmet(
            lost,
            one.newest,
            now,
            catch_up=spec.catch_up,
            limit=spec.catch_up_limit,
            deadline_s=seconds(spec.starting_deadline),
        )
        self._make_up(spec, found.run, one.newest, now)
        self._missed(spec, found.missed, now)
        if found.too_many:
            logger.warning("too many missed slots", job=spec.job, more_than=TOO_MANY)

    def _make_up(self, spec: Spec, slots: tuple[float, ...], newest: float, now: float) -> None:
        if spec.overlap == "forbid" and (len(slots) > 1 or (slots and slots[0] < newest)):
            # All of them were asked for: one must not forbid the others.
            length = max(spec.queue_length, len(slots))
            spec = msgspec.structs.replace(spec, overlap="queue", queue_length=length)
        for slot in slots:
            run = run_of_slot(spec.job, slot)
            logger.warning("slot made up for", job=spec.job, run=run)
            try:
                self.submitting.submit(msgspec.structs.replace(spec, slot=iso(slot)), run, now)
            except InvalidSpec as error:
                self.refusing.refuse(error, slot, now, spec)

    def _missed(self, spec: Spec, slots: tuple[float, ...], now: float) -> None:
        others = max(len(slots) - _RECORDED, 0)
        more = f"; so were {others} slots before the last {_RECORDED}" if others else ""
        for slot in slots[-_RECORDED:]:
            why = f"nobody asked for a run at {iso(slot)}, and catchUp is {spec.catch_up}{more}"
            of_slot = msgspec.structs.replace(spec, slot=iso(slot))
            self.submitting.record(of_slot, run_of_slot(spec.job, slot), (MISSED, why), now)

    def _tell(
        self, useless: Iterable[tuple[JobSchedule, str]], told: Mapping[str, str], now: float
    ) -> dict[str, str]:
        """Tell of schedules that cannot be understood, and of those that can be again: whom of, by name."""
        still = {one.name: one.spec.job for one, _ in useless}
        for one, why in useless:
            if one.name not in told and one.spec.alerts_on("refused"):
                self._open(one, why, now)
        for name, job in told.items():
            if name not in still and job not in still.values():
                how = f"Its schedule {name} was mended, disabled or deleted."
                self.jobs.close(job, ("misscheduled",), how, now)
        return still

    def _open(self, one: JobSchedule, why: str, now: float) -> None:
        spec = one.spec
        job = JobRow(job=spec.job, cluster=spec.cluster, route=spec.alerts.route)
        title = f"Job {spec.job}: its schedule {one.name} cannot be understood"
        alert = telling.problem(
            job, "misscheduled", schedule_of(one.described, None, now).modified, title, f"{why}."
        )
        self.jobs.open(job, {"misscheduled": alert}, now)


def _due(one: JobSchedule, job: JobRow, looked: Looked, keep_s: float, now: float) -> _Due:
    """The slots to look at; raises ``InvalidSetting``."""
    if not one.slotted:
        what = "no slot is written in its input: each message starts another run by hand, late or twice"
        if one.spec.slot:
            what = (
                f"the slot in its input is always {one.spec.slot}: every message asks for that run"
            )
        raise InvalidSetting(f'{what}. Write "slot": "{SLOT}"')
    before = looked.behind.get(one.name, looked.at)
    sent = -_grace_s(one.spec) - one.window_s
    # Who has never looked cannot tell what was lost before the last slot that came, and nobody what was
    # before the history.
    since = max(job.settled, before + sent if before else job.last_slot or 0.0, now - keep_s)
    slots = due(schedule_of(one.described, job.last_slot, now), since, now)
    held = {*job.active, *job.waiting, *job.displaced}
    judged = [
        slot
        for slot in slots
        if slot <= now + sent
        and float(int(slot)) not in job.refused
        and run_of_slot(job.job, slot) not in held
    ]
    return _Due(one.name, one.spec, [] if job.paused else judged, slots[-1] if slots else 0.0)


def _grace_s(spec: Spec) -> float:
    """Where nothing is made up for, a message may come as late as the job may start."""
    if spec.catch_up != "none":
        return _GRACE_S
    return max(_GRACE_S, seconds(spec.starting_deadline) or 0.0)


def _key(spec: Spec, slot: float) -> Key:
    return run_key(run_of_slot(spec.job, slot))
