"""A story as an alert: the title says what, its next line why, the one after that what holds now.

Whoever is woken at night reads these three and knows what to do.
"""

from __future__ import annotations

from deploy_guard.story import Story
from deploy_guard.wording import standing
from deploy_guard.wording.blocks import blocks
from deploy_guard.wording.names import place
from deploy_guard.wording.stages import UNKNOWN_EVENT, words
from deploy_guard.wording.steps import next_steps
from ecsops.alerts import Alert, Severity, State
from ecsops.redaction import redact
from ecsops.tags import alert_route

CAPABILITY = "deploy_guard"
_GOOD_NEWS = frozenset({"started", "succeeded", "recovered", "superseded", "alarm-over"})
# Of these an alert that says how it happened has been sent before.
_TOLD_BEFORE = frozenset({*_GOOD_NEWS, "acted"})
# Nobody does anything about it unless a person does.
_LEFT_ALONE = frozenset({"nothing", "would-act", "dry-run"})
_ACTED: dict[str, Severity] = {
    "REQUESTED": "warning",
    "CONFIRMED": "warning",
    "UNCONFIRMED": "critical",
    "FAILED": "critical",
    "REFUSED": "warning",
}


def tell(story: Story) -> Alert:
    """The alert of a stage."""
    cluster, service = place(story)
    title, summary = words(story)
    deployment = (story.row.id,) if story.row.id.startswith("arn:") else ()
    alert = Alert(
        incident=story.incident,
        stage=story.stage_in_thread(story.stage),
        severity=_severity(story),
        state="update" if story.row.follows else _state(story.stage),
        at=story.at,
        capability=CAPABILITY,
        title=f"{cluster}/{service}: {title}",
        summary=summary,
        cluster=cluster,
        service=service,
        route=alert_route(story.reality.tags),
        evidence=() if story.stage in _TOLD_BEFORE else blocks(story),
        next_steps=next_steps(story),
        resources=(story.reality.service, *deployment),
    )
    # Whatever reads the event from the bus, before the alerts' own redaction, must see no secret.
    return redact(alert)


def _severity(story: Story) -> Severity:
    """Critical is what a person has to act on now: nothing serves, or nobody else will act."""
    stage = story.stage
    if stage in _GOOD_NEWS or stage.startswith(UNKNOWN_EVENT):
        return "info"
    if stage in ("rollback-failed", "left-behind") or standing.nothing_serves(story):
        return "critical"
    if stage == "acted" and story.audit is not None:
        return _ACTED.get(story.audit.state, "info")
    if stage in ("failed", "stalled") and standing.is_first(story):
        return "critical"
    left_alone = story.decision is None or story.decision.kind in _LEFT_ALONE
    return "critical" if stage == "bake-alarm" and left_alone else "warning"


def _state(stage: str) -> State:
    """A rollback is no happy end: it stays open until a version is deployed that works."""
    if stage in ("recovered", "superseded", "succeeded", "alarm-over"):
        return "resolved"
    return "open" if stage in ("started", "failed", "stalled") else "update"
