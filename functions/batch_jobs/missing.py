"""Slots of the account's own schedules that brought no run: made up for, or recorded as missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from batch_jobs import telling
from batch_jobs.ids import run_of_slot
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.refusing import Refusing
from batch_jobs.rows import MISSED, JobRow, RunRow, run_key
from batch_jobs.slots import TOO_MANY, schedule_of, unmet
from batch_jobs.spec import Spec
from batch_jobs.spec_reading import InvalidSpec, parse_spec
from batch_jobs.submitting import Submitting
from batch_jobs.times import iso, seconds
from ecsops.errors import InvalidSetting, OpsError, call_failed
from ecsops.observability import logger

# "60-second precision" and a retry or two: what has not come by then was not sent.
_GRACE_S = 300.0
_SLOT = "<aws.scheduler.scheduled-time>"
# Of a long gap so many are recorded one by one.
_RECORDED = 20


@dataclass(slots=True)
class Missing:
    """Looks through the schedules that send to the submit queue."""

    ledger: Ledger
    jobs: Jobs
    submitting: Submitting
    refusing: Refusing
    schedules: Callable[[], Any]
    queue_arn: str
    # What a schedule says, as long as it was not modified: name -> (modified, description).
    known: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Look at every schedule; one that fails does not hold up the others."""
        failed: OpsError | None = None
        for described in self._schedules():
            if described.get("State", "ENABLED") != "ENABLED":
                continue
            spec = _spec_of(described, now)
            if spec is None:
                continue
            try:
                self._one(described, spec, now)
            except OpsError as error:
                logger.warning("schedule not looked at", job=spec.job, reason=str(error))
                failed = error
        if failed is not None:
            raise failed

    def _one(self, described: Mapping[str, Any], spec: Spec, now: float) -> None:
        job = self.jobs.get(spec.job)
        window = described.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes", 0) * 60
        schedule = schedule_of(described, job.last_slot, now)
        try:
            found = unmet(
                schedule,
                # What happened before the history that is kept nobody can tell.
                max(job.last_slot or 0.0, job.settled, schedule.since, now - self.ledger.keep_s),
                now - _GRACE_S - window,
                catch_up=spec.catch_up,
                limit=spec.catch_up_limit,
                deadline_s=seconds(spec.starting_deadline),
            )
        except InvalidSetting as error:
            self._unusable(job, spec, described, str(error), now)
            return
        if job.paused:
            return
        self._make_up(spec, found.run, now)
        self._missed(spec, found.missed, now)
        if found.too_many:
            logger.warning("too many missed slots", job=spec.job, more_than=TOO_MANY)

    def _make_up(self, spec: Spec, slots: tuple[float, ...], now: float) -> None:
        if len(slots) > 1 and spec.overlap == "forbid":
            # All of them were asked for: the first one must not forbid the others.
            length = max(spec.queue_length, len(slots))
            spec = msgspec.structs.replace(spec, overlap="queue", queue_length=length)
        for slot in slots:
            run = run_of_slot(spec.job, slot)
            logger.warning("slot made up for", job=spec.job, run=run)
            try:
                self.submitting.submit(msgspec.structs.replace(spec, slot=iso(slot)), run, now)
            except InvalidSpec as error:
                self.refusing.refuse(error, slot, now)

    def _missed(self, spec: Spec, slots: tuple[float, ...], now: float) -> None:
        for slot in slots[-_RECORDED:]:
            run = run_of_slot(spec.job, slot)
            if self.ledger.get(run_key(run), RunRow) is not None:
                continue
            others = max(len(slots) - _RECORDED, 0)
            more = f"; so were {others} slots before the last {_RECORDED}" if others else ""
            why = f"nobody asked for a run at {iso(slot)}, and catchUp is {spec.catch_up}{more}"
            of_slot = msgspec.structs.replace(spec, slot=iso(slot))
            self.submitting.record(of_slot, run, (MISSED, why), now)

    def _unusable(
        self, job: JobRow, spec: Spec, described: Mapping[str, Any], why: str, now: float
    ) -> None:
        job = msgspec.structs.replace(job, job=spec.job, cluster=spec.cluster)
        title = f"Job {spec.job}: its schedule {described['Name']} cannot be understood"
        since = schedule_of(described, None, now).modified
        alert = telling.problem(job, "refused", since, title, f"{why}.")
        self.jobs.open(job, {"refused": alert}, now)

    def _schedules(self) -> Iterator[Any]:
        scheduler = self.schedules()
        try:
            for page in scheduler.get_paginator("list_schedules").paginate():
                for summary in page["Schedules"]:
                    if summary.get("Target", {}).get("Arn") == self.queue_arn:
                        yield self._described(scheduler, summary)
        except (ClientError, BotoCoreError) as error:
            raise call_failed("ListSchedules", error) from error

    def _described(self, scheduler: Any, summary: Any) -> Any:
        group, name = summary.get("GroupName", "default"), summary["Name"]
        modified, described = self.known.get(f"{group}/{name}", (None, None))
        if described is None or modified is None or modified != summary.get("LastModificationDate"):
            described = scheduler.get_schedule(GroupName=group, Name=name)
            self.known[f"{group}/{name}"] = (summary.get("LastModificationDate"), described)
        return described


def _spec_of(described: Mapping[str, Any], now: float) -> Spec | None:
    """The spec in a schedule's input; None where it is none, which its own message will tell."""
    text = str(described["Target"].get("Input", ""))
    try:
        return parse_spec(text.replace(_SLOT, iso(now)))
    except InvalidSpec:
        return None
