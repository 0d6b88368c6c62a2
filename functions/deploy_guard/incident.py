"""What is told of a deployment, what is decided about it, and what is asked of the executor."""

from __future__ import annotations

import msgspec

from deploy_guard import following
from deploy_guard.actions import RegisterCopy, UpdateService
from deploy_guard.advice import Situation
from deploy_guard.audit import AuditRow
from deploy_guard.decision import Decision
from deploy_guard.difference import Change
from deploy_guard.finding_out import BAD_NEWS, ask_again, diagnosis_of, evidence_of
from deploy_guard.gates import Rule
from deploy_guard.model import Deployment, Judged, Outcome
from deploy_guard.observation import Finding
from deploy_guard.order import Order
from deploy_guard.reputation import served_before
from deploy_guard.scene import Scene
from deploy_guard.story import Story
from deploy_guard.wording.names import other_version
from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger

_DECIDED = frozenset({"failed", "stalled", "bake-alarm"})
_ACTING = frozenset({"auto", "dry-run"})
# An order that came to nothing, whatever the reason, is given again.
ORDER_AGAIN_S = 120


def tell_stage(scene: Scene, finding: Finding, stage: str) -> None:
    """Tell a stage of a deployment's outcome, and decide what is to be done about it."""
    if not scene.is_news(scene.row(finding.row), stage):
        return
    first = stage == "bake-alarm" or (stage in BAD_NEWS and not BAD_NEWS & set(finding.before.told))
    evidence = evidence_of(scene, finding) if first else None
    diagnosis = diagnosis_of(scene, finding)
    story = scene.story(finding, stage, diagnosis=diagnosis, evidence=evidence)
    decision = decision_of(scene, story) if stage in _DECIDED else None
    story = msgspec.structs.replace(story, decision=decision)
    if first:
        older = (decision.target if decision else None) or other_version(story) or story.row.source
        changes, unread = scene.investigator.changes(older, story.row, scene.reality, scene.now)
        notes = (*unread, *_notes(scene, story, decision, changes))
        story = msgspec.structs.replace(story, changes=changes, notes=notes)
    if first or stage in following.LEADS:
        story = following.with_group(scene, story)
    scene.tell(story)
    _follow_up(scene, story, decision)
    if first:
        ask_again(scene, finding)


def tell_known_bad(scene: Scene, finding: Finding, bad: Judged) -> None:
    """Tell that a version is deployed again which failed before; the owner may have it refused."""
    story = scene.story(finding, "known-bad", bad=bad)
    if not scene.is_news(story.row, story.stage):
        return
    decision = decision_of(scene, story)
    scene.tell(msgspec.structs.replace(story, decision=decision))
    order(scene, story, decision)


def decide_again(scene: Scene, finding: Finding) -> None:
    """What has been told, and was left or put off, may be done now."""
    row = scene.row(finding.row)
    waits = row.outcome in (Outcome.FAILED, Outcome.STALLED) or (row.bake and row.bake.firing)
    told = _DECIDED & set(row.told)
    if waits and told and may_order(scene, finding):
        stage = "bake-alarm" if "bake-alarm" in told else "failed"
        story = scene.story(finding, stage)
        order(scene, story, decision_of(scene, story))


def tell_following(scene: Scene, finding: Finding) -> None:
    """One that goes back with another: tell it, and order it when its turn has come."""
    row = following.still(scene, finding)
    if row is None:
        return
    news = scene.is_news(row, following.FOLLOWS)
    if not news and not may_order(scene, finding):
        return
    story = scene.story(finding, following.FOLLOWS)
    decision = decision_of(scene, story)
    story = msgspec.structs.replace(story, decision=decision)
    if news and decision.kind == "wait" and scene.settings.mode not in _ACTING:
        # The call that it would take is worth telling when its turn has come.
        return
    if news:
        scene.tell(story)
        _follow_up(scene, story, decision)
    else:
        order(scene, story, decision)
        following.tell_left_behind(scene, finding, decision)


def may_order(scene: Scene, finding: Finding) -> bool:
    """Whether the executor may be asked (again): a dry run is ordered once."""
    return scene.settings.mode in _ACTING and not _asked_lately(scene, scene.row(finding.row))


def _asked_lately(scene: Scene, row: Deployment) -> bool:
    again = scene.settings.mode != "dry-run" and scene.now - row.ordered_at >= ORDER_AGAIN_S
    return bool(row.ordered_at) and not again


def decision_of(scene: Scene, story: Story) -> Decision:
    """What is to be done by all that can be read now."""
    if story.verdict is None or story.diagnosis is None:
        raise ValueError("a decision needs a verdict and a diagnosis")
    definition = scene.investigator.outlined(story.row, scene.now)
    try:
        situation = Situation(
            story.row,
            story.verdict,
            story.diagnosis,
            scene.ledger,
            scene.reality,
            scene.known,
            definition,
            scene.companions.turn(story.row, scene.now),
        )
        return scene.investigator.adviser.decide(situation, scene.now)
    except CALL_ERRORS as error:
        # Whoever cannot see does not act; the alert goes out all the same.
        says = f"could not be read: {error}"
        logger.error("no decision", service=scene.reality.service, reason=str(error))
        return Decision("nothing", says, rules=(Rule("sees", False, says),))


def order(scene: Scene, story: Story, decision: Decision) -> None:
    """Ask the executor, if the decision comes to that and it has not just been asked."""
    if decision.kind not in ("act", "dry-run") or decision.action is None:
        return
    if _asked_lately(scene, scene.row(story.row)):
        return
    scene.keep(msgspec.structs.replace(scene.row(story.row), ordered_at=scene.now))
    scene.outbox.orders.append(
        Order(
            service=scene.reality.service,
            deployment=story.row.id,
            kind="act" if decision.kind == "act" else "dry-run",
            action=decision.action,
            mode=scene.settings.mode,
            reason=decision.reason,
            cause=story.diagnosis.cause_id if story.diagnosis else "UNKNOWN",
            incident=story.incident,
            decided_at=scene.now,
            target=decision.target,
        )
    )


def _notes(
    scene: Scene, story: Story, decision: Decision | None, changes: tuple[Change, ...]
) -> tuple[str, ...]:
    notes = list(scene.settings.problems)
    if served_before(story.row, scene.ledger, scene.reality):
        notes.append("this very version served before this deployment: look at what else changed")
    stay = [one.field for one in changes if one.field.startswith("service ")]
    if stay and decision and isinstance(decision.action, UpdateService | RegisterCopy):
        notes.append(
            "UpdateService brings back the task definition only; these stay as they are: "
            + ", ".join(stay)
        )
    if decision and decision.target and isinstance(decision.action, RegisterCopy):
        old = decision.target.name
        notes.append(
            f"a copy of {old} will be the latest revision of {old.rpartition(':')[0]}: build the next "
            "release on the revision that failed, not on the latest"
        )
    return tuple(notes)


def _follow_up(scene: Scene, story: Story, decision: Decision | None) -> None:
    row = scene.row(story.row)
    if decision is not None:
        rules = tuple(f"{one.name}: {one.says}" for one in decision.rules)
        scene.keep(msgspec.structs.replace(row, decided=rules))
        order(scene, story, decision)
    why = decision.reason if decision and decision.kind == "nothing" else None
    if story.stage == "superseded" and story.verdict:
        why = "; ".join(story.verdict.rules)
    if why is not None and scene.settings.mode in _ACTING:
        scene.outbox.notes.append(_note(scene, story, decision, why))


def _note(scene: Scene, story: Story, decision: Decision | None, why: str) -> AuditRow:
    primary = scene.reality.primary
    return AuditRow(
        service=scene.reality.service,
        deployment=story.row.id,
        at=scene.now,
        state="SUPERSEDED" if "superseded" in (story.stage, why[:10]) else "REFUSED",
        executed=False,
        calls=(),
        why=why,
        cause=story.diagnosis.cause_id if story.diagnosis else "UNKNOWN",
        mode=scene.settings.mode,
        before=primary.id if primary else None,
        rules=tuple(f"{one.name}: {one.says}" for one in decision.rules) if decision else (),
    )
