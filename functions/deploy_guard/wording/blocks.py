"""The evidence, in blocks that every sink can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from deploy_guard.evidence.alarm_states import AlarmStates
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.story import Story
from deploy_guard.wording.names import failed_version, older_version
from deploy_guard.wording.together import table
from deploy_guard.wording.why import diagnosis_of, follows_another
from ecsops.alerts import Diff, Lines, Table

_CHANGES = 20
# A decision stands beside these.
_DECIDED = frozenset({"failed", "stalled", "bake-alarm", "follows", "left-behind"})

Block = Table | Lines | Diff


def blocks(story: Story) -> tuple[Block, ...]:
    """What was found, the most telling first; then what was not, and why it was decided so."""
    return tuple(_blocks(story))


def _blocks(story: Story) -> Iterator[Block]:
    diagnosis = diagnosis_of(story)
    if diagnosis.detail and not follows_another(story):
        yield Lines("Reason given", (diagnosis.detail,))
    if story.changes:
        title = f"Changed from {older_version(story) or 'before'} to {failed_version(story)}"
        shown = tuple((one.field, one.before, one.after) for one in story.changes[:_CHANGES])
        more = len(story.changes) - _CHANGES
        if more > 0:
            shown = (*shown, ("...", "", f"and {more} more"))
        yield Diff(title, shown)
    if story.evidence is not None:
        yield from _evidence(story.evidence)
    if story.together is not None and story.together.members:
        yield table(story.together)
    if story.notes:
        yield Lines("To know", story.notes)
    yield from _rules(story)


def _evidence(evidence: Evidence) -> Iterator[Block]:
    if isinstance(evidence.logs, LogLines):
        yield Lines(f"Log of container {evidence.logs.container}", evidence.logs.lines)
    if isinstance(evidence.target_health, TargetHealth):
        columns = ("target", "state", "reason", "description")
        title = f"Targets of {evidence.target_health.group}"
        yield Table(title, columns, evidence.target_health.rows)
    if isinstance(evidence.registry, Registry) and evidence.registry.newest:
        rows = tuple((tag, _moment(at)) for tag, at in evidence.registry.newest)
        title = f"Newest tags in {evidence.registry.image.repository}"
        yield Table(title, ("tag", "pushed at (UTC)"), rows)
    if isinstance(evidence.alarms, AlarmStates):
        yield Table("Alarms", ("alarm", "state", "reason"), evidence.alarms.rows)
    if evidence.events:
        yield Lines("Service events", evidence.events)
    if evidence.missing:
        yield Lines("Could not be found out", tuple(str(one) for one in evidence.missing))


def _rules(story: Story) -> Iterator[Block]:
    decision = story.decision
    if decision is None or story.stage not in _DECIDED:
        return
    if decision.kind in ("would-act", "dry-run") and decision.action is not None:
        yield Lines("Would run", tuple(str(call) for call in decision.action.calls))
    if decision.rejected:
        rows = tuple((one.version.name, one.why) for one in decision.rejected)
        yield Table("Versions not to go back to", ("version", "why"), rows)
    against = tuple((rule.name, rule.says) for rule in decision.rules if not rule.allows)
    if against:
        yield Table("Against a rollback", ("rule", "says"), against)


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
