"""What a tick leaves behind for others: datapoints, log lines, events, alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ecsops import alerts
from ecsops.errors import CALL_ERRORS, CallFailed
from ecsops.observability import count, logger
from ecsops.queue_status import QueueStatus
from queue_scaling.actuator import Actuator
from queue_scaling.aws import Service
from queue_scaling.explain import one_line
from queue_scaling.looking import Look
from queue_scaling.metrics import datapoints
from queue_scaling.outcome import Outcome
from queue_scaling.state import REFUSED, ServiceState
from queue_scaling.telling import (
    ScalingEvent,
    key_of,
    mended_alert,
    problem_alert,
    publish_events,
)

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True, slots=True)
class Reporting:
    """Publishes. Nothing of it may keep a tick from remembering what it did."""

    actuator: Actuator
    events: EventBridgeClient

    def publish(self, outcomes: Mapping[str, Outcome], found: Look, now: float) -> None:
        """The metrics of all services in one request, and who has none."""
        for arn, outcome in outcomes.items():
            signal, tasks = outcome.assessment.signal, outcome.assessment.observed.tasks
            logger.debug(  # each minute and service: what changes is told, the rest is in the table
                "assessed",
                service=arn,
                required=signal.required,
                desired=tasks.desired,
                running=tasks.running,
                ratio=round(signal.ratio, 1),
                why=one_line(outcome.assessment),
            )
        for arn, reason in found.unread.items():
            count("UnreadServices")
            logger.warning("service not read: nothing published", service=arn, reason=reason)
        values = [
            datapoint
            for arn, outcome in outcomes.items()
            for datapoint in datapoints(outcome.assessment, found.ages.get(arn, 0.0), now)
        ]
        try:
            self.actuator.publish(values)
        except CallFailed as error:
            count("PublishFailures")
            logger.error("metrics not published", reason=str(error))

    def tell_problems(
        self,
        found: Look,
        services: Mapping[str, Service],
        states: Mapping[str, ServiceState],
        now: float,
    ) -> dict[str, ServiceState]:
        """One alert for each set of problems, one when they are gone; the states that know of it."""
        told = {
            arn: (REFUSED if arn in found.refused else "") + key_of(wrong)
            for arn, wrong in found.problems.items()
        }
        known = {arn: state.told for arn, state in states.items() if state.told}
        news = [arn for arn, key in told.items() if known.get(arn) != key]
        mended = [
            arn
            for arn, key in known.items()
            if arn not in told and arn in found.assessments and not key.startswith(REFUSED)
        ]
        messages = [
            *(problem_alert(arn, found.problems[arn], services[arn].tags, now) for arn in news),
            *(mended_alert(arn, now) for arn in mended),
        ]
        for arn, wrong in found.problems.items():
            logger.error("configuration", service=arn, problems=[str(each) for each in wrong])
        if told:
            count("ConfigurationErrors", sum(map(len, found.problems.values())))
        try:
            alerts.publish(self.events, messages)
        except CALL_ERRORS as error:
            logger.error("problems not told", reason=str(error))
            return dict(states)
        after = dict(states)
        for arn in (*news, *mended):
            after[arn] = replace(after.get(arn) or ServiceState(now), told=told.get(arn, ""))
        return after

    def tell_changes(self, changes: Sequence[ScalingEvent]) -> None:
        """Every change of a desired count, with its reason."""
        if changes:
            count("DesiredCountChanges", len(changes))
        for change in changes:
            logger.info(
                "desired count changed",
                service=change.service_arn,
                before=change.before,
                after=change.after,
                reason=change.reason,
            )
        try:
            publish_events(self.events, changes)
        except CALL_ERRORS as error:
            logger.error("changes not published", reason=str(error))


def status_of(outcomes: Mapping[str, Outcome], found: Look) -> dict[str, QueueStatus]:
    """What the dashboard shows."""
    status = {}
    for arn, outcome in outcomes.items():
        latency_s, slo_s = outcome.assessment.latency
        status[arn] = QueueStatus(
            round(latency_s, 1),
            slo_s,
            outcome.assessment.signal.required,
            outcome.assessment.config.mode,
        )
    for arn, problems in found.problems.items():
        status[arn] = QueueStatus(0.0, 0.0, 0, "off", len(problems))
    return status
