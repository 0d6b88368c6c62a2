"""Makes passes of the launcher, wakes the next one, and tells what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from batch_jobs import messages, telling
from batch_jobs.endings import Runs
from batch_jobs.ids import job_of
from batch_jobs.jobs import Jobs
from batch_jobs.launch_calls import Tally
from batch_jobs.launching import Launcher
from ecsops.alerts import NextStep
from ecsops.errors import CALL_ERRORS
from ecsops.observability import count, logger
from ecsops.queue import Message

_QUOTAS = "https://console.aws.amazon.com/servicequotas/home/services/fargate/quotas"


@dataclass(frozen=True, slots=True)
class LaunchWorker:
    """Works on the launch queue's messages, which say no more than that there may be work."""

    launcher: Launcher
    jobs: Jobs
    runs: Runs
    off: bool = False

    def work(self, batch: Sequence[Message], now: float) -> set[str]:
        """Make a pass; all messages are tried again if it fails."""
        strangers = {one.id for one in batch if one.body != messages.PUMP}
        for message_id in strangers:
            count("RejectedMessages")
            reason = f"expected {messages.PUMP}"
            logger.error("message rejected", path="$", reason=reason, message_id=message_id)
        if self.off:
            logger.warning("nothing is launched: BatchJobsMode is off")
            return strangers
        tally = Tally()
        try:
            wait = self.launcher.launch(now, tally)
            if wait is not None:
                self.runs.pump(wait)
            self._alert(tally, now)
        except CALL_ERRORS as error:
            logger.exception("launches not made", reason=str(error))
            return {one.id for one in batch}
        finally:
            _count(tally)
        return strangers

    def _alert(self, tally: Tally, now: float) -> None:
        for run, reason in tally.quota.items():
            job = self.jobs.get(job_of(run))
            title = f"Job {job.job}: a quota of the account holds up its tasks"
            summary = f"ECS says of run {run}: {reason}. It is tried again, ever more slowly."
            alert = telling.problem(job, "quota", now, title, summary)
            steps = (NextStep("Ask for a higher quota:", link=_QUOTAS),)
            self.jobs.open(job, {"quota": msgspec.structs.replace(alert, next_steps=steps)}, now)


def _count(tally: Tally) -> None:
    for name, number in (
        ("TasksLaunched", tally.launched),
        ("LaunchFailures", sum(tally.refused.values())),
        ("LaunchesThrottled", tally.throttled),
    ):
        if number:
            count(name, number)
    for run in tally.began:
        telling.count_begin(run)
    for job in tally.late:
        count("RunsLate", Job=job)
