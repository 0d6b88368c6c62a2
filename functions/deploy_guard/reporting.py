"""What the executor tells of an act: an alert, a metric, a log line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from deploy_guard.attempt import Try, rule
from deploy_guard.audit import AuditRow
from deploy_guard.story import Story
from deploy_guard.telling import tell
from ecsops import alerts
from ecsops.observability import count, logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True, slots=True)
class Reporter:
    """Publishes to the bus."""

    events: EventBridgeClient

    def report(self, this: Try, row: AuditRow) -> None:
        """Tell; to tell the same again changes nothing, for incident and stage are the same."""
        reason = rule(this.look.decision) if row.state == "REFUSED" else row.state.lower()
        logger.info(
            "rollback decided",
            service=row.service,
            deployment=row.deployment,
            state=row.state,
            executed=row.executed,
            reason=row.why,
            note=row.note,
            calls=list(row.calls),
            request_id=row.request_id,
        )
        count("RollbackDecision", Action=row.state, Reason=reason)
        alerts.publish(self.events, [_alert(this, row)])


def _alert(this: Try, row: AuditRow) -> alerts.Alert:
    look = this.look
    story = Story(
        stage="acted",
        at=row.at,
        row=look.row,
        reality=look.reality,
        verdict=look.verdict,
        diagnosis=look.diagnosis,
        decision=look.decision,
        audit=row,
    )
    # Each end is told once, and a refusal once for each rule.
    stage = f"acted-{row.state}"
    if row.state == "REFUSED":
        stage += f"-{rule(look.decision)}"
    return msgspec.structs.replace(tell(story), stage=story.stage_in_thread(stage))
