"""The account's own schedules that send job specs to the submit queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from batch_jobs.spec import Spec
from batch_jobs.spec_reading import InvalidSpec, parse_spec
from batch_jobs.times import iso
from ecsops.errors import call_failed

SLOT = "<aws.scheduler.scheduled-time>"


@dataclass(frozen=True, slots=True)
class JobSchedule:
    """``described`` by GetSchedule. ``window_s`` is how much later than due it may send.

    ``slotted``: its messages name their slots.
    """

    name: str
    spec: Spec
    described: Mapping[str, Any]
    window_s: float = 0.0
    slotted: bool = True


@dataclass(slots=True)
class Schedules:
    """Reads them; what did not change is not read again."""

    scheduler: Callable[[], Any]
    queue_arn: str
    # What a schedule says, as long as it was not modified: name -> (modified, description).
    known: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def read(self, now: float) -> list[JobSchedule]:
        """Those that are enabled and whose input is a spec: of any other its own message will tell."""
        found = [_job_schedule(name, described, now) for name, described in self._all()]
        return [one for one in found if one is not None]

    def _all(self) -> Iterator[tuple[str, Any]]:
        scheduler = self.scheduler()
        try:
            for page in scheduler.get_paginator("list_schedules").paginate():
                for summary in page["Schedules"]:
                    if summary.get("Target", {}).get("Arn") == self.queue_arn:
                        yield self._described(scheduler, summary)
        except (ClientError, BotoCoreError) as error:
            raise call_failed("ListSchedules", error) from error

    def _described(self, scheduler: Any, summary: Any) -> tuple[str, Any]:
        group, name = summary.get("GroupName", "default"), summary["Name"]
        modified, described = self.known.get(f"{group}/{name}", (None, None))
        if described is None or modified is None or modified != summary.get("LastModificationDate"):
            described = scheduler.get_schedule(GroupName=group, Name=name)
            self.known[f"{group}/{name}"] = (summary.get("LastModificationDate"), described)
        return f"{group}/{name}", described


def _job_schedule(name: str, described: Mapping[str, Any], now: float) -> JobSchedule | None:
    if described.get("State", "ENABLED") != "ENABLED":
        return None
    try:
        spec = parse_spec(str(described["Target"].get("Input", "")).replace(SLOT, iso(now)))
    except InvalidSpec:
        return None
    window = described.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes", 0) * 60
    return JobSchedule(name, spec, described, window, slotted=spec.slot == iso(now))
