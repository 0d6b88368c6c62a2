"""One look at one service: what is learned, what it comes to, and what there is to tell and to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from deploy_guard import bake, hearing, incident, investigation, watch
from deploy_guard.alarm_reader import AlarmReader
from deploy_guard.bake import AFTERMATH_S, AlarmSeen
from deploy_guard.companions import Companions
from deploy_guard.evidence.found import Evidence
from deploy_guard.failures import is_unclear
from deploy_guard.finding_out import BAD_NEWS, EVIDENCE, tell_late_evidence
from deploy_guard.investigation import Investigator
from deploy_guard.ledger import (
    absorb,
    is_open,
    unhandled,
    with_handled,
    with_row,
    with_rows,
    without_outlines,
)
from deploy_guard.ledger_store import Known
from deploy_guard.model import Deployment, Judged, Ledger, Outcome
from deploy_guard.observation import Finding, observe
from deploy_guard.reality import Reality
from deploy_guard.reputation import served_before, with_judgement
from deploy_guard.scene import Scene, Visited
from deploy_guard.signals import (
    KNOWN_NAMES,
    DeploymentChanged,
    Look,
    OfService,
    TaskFailed,
)
from deploy_guard.story import Story
from deploy_guard.undoing import just_ordered
from ecsops.errors import CALL_ERRORS
from ecsops.observability import count, logger

_PROOF = "it completed and survived its bake time"
_ASKED = "acted-REQUESTED"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Looks at services. Lives as long as the function's process."""

    investigator: Investigator
    alarms: AlarmReader
    companions: Companions

    def visit(
        self, known: Known, signals: Sequence[OfService], reality: Reality, now: float
    ) -> Visited:
        """A look at a service because of these signals."""
        ledger = learned(known, signals, reality)
        ledger, findings, evidence = self._judged(ledger, known, reality, now)
        settings = self.investigator.adviser.settings(reality, None)
        scene = Scene(
            known, ledger, reality, settings, now, self.investigator, self.companions, evidence
        )
        late = any(isinstance(one, Look) and one.why == EVIDENCE for one in signals)
        for finding in findings:
            self._tell(scene, finding, late=late)
        self._bakes(scene, findings)
        _tell_unknown(scene, signals)
        ledger = without_outlines(scene.ledger)
        return Visited(ledger, watch.due(ledger, now), scene.outbox)

    def hears(self, known: Known, signal: TaskFailed) -> bool:
        """Whether a failed task's log is to be heard before the service is looked at."""
        return hearing.hears(known, signal)

    def hear(self, known: Known, signal: TaskFailed, now: float) -> Ledger | None:
        """The ledger with what a failed task's log says; None: that is not all there is to do."""
        return hearing.heard(known, signal, self.investigator, now)

    def _judged(
        self, learned: Ledger, known: Known, reality: Reality, now: float
    ) -> tuple[Ledger, list[Finding], Mapping[str, Evidence]]:
        """The findings, with definitions and second witnesses where they matter."""
        ledger, findings = observe(learned, reality, known.acts, now)
        begun = [one.row for one in findings if investigation.wants_outline(one.row)]
        wanted = {
            one.row.target.task_definition for one in findings if _wants_definition(one, ledger)
        }
        wanted |= {one.task_definition for row in begun for one in (row.target, row.source) if one}
        doubted = [one for one in findings if investigation.wants_witness(one.row, one.diagnosis)]
        if not wanted and not doubted:
            return ledger, findings, {}
        definitions = self.investigator.definitions(wanted, now)
        learned = investigation.with_definitions(learned, definitions)
        for known_row in begun:
            row = learned.find(known_row.id) or known_row
            row = self.investigator.with_outline(row, definitions, reality, now)
            learned = with_row(learned, row)
        evidence = {}
        for one in doubted:
            told = self.investigator.evidence(one.row, one.diagnosis, learned, reality, now)
            evidence[one.row.id] = told
            row = learned.find(one.row.id) or one.row
            row = msgspec.structs.replace(row, heard=investigation.heard(told))
            learned = with_row(learned, row)
        return *observe(learned, reality, known.acts, now), evidence

    def _tell(self, scene: Scene, finding: Finding, *, late: bool) -> None:
        row = finding.row
        if scene.settings.tells_everything and _begins(finding) and not _may_be_ours(scene, row):
            scene.tell(scene.story(finding, "started"))
        self._tell_known_bad(scene, finding)
        for hook in _waiting_hooks(row, scene.reality):
            scene.tell(scene.story(finding, f"hook-{hook}"))
        if finding.stage is not None:
            logger.info(
                "verdict",
                service=scene.reality.service,
                deployment=row.id,
                outcome=row.outcome,
                cause=finding.diagnosis.cause_id,
                rules=finding.verdict.rules,
            )
            incident.tell_stage(scene, finding, finding.stage)
        else:
            incident.decide_again(scene, finding)
        if late or not is_open(row) or scene.now - row.failed_at > watch.LOOK_EVERY_S:
            tell_late_evidence(scene, finding)
        incident.tell_following(scene, finding)
        good_news = row.outcome is Outcome.SUCCEEDED and not BAD_NEWS & set(row.told)
        if good_news and "started" in scene.row(row).told and row.bake is None:
            scene.tell(scene.story(finding, "succeeded"))

    def _tell_known_bad(self, scene: Scene, finding: Finding) -> None:
        row = finding.row
        bad = scene.ledger.bad(row.target)
        if bad is None or bad.deployment == row.id or row.rolls_back:
            return
        if row.outcome is Outcome.IN_PROGRESS:
            incident.tell_known_bad(scene, finding, bad)

    def _bakes(self, scene: Scene, findings: Sequence[Finding]) -> None:
        for finding in findings:
            row = scene.row(finding.row)
            begun = bake.begun(row, scene.reality, scene.settings, scene.failures(row), scene.now)
            if begun is row:
                again = bake.resumed(row, scene.ledger, scene.reality, scene.settings, scene.now)
                begun = again or row
            if begun is not row and begun.bake is not None and not begun.bake.over:
                look = Look(scene.reality.service, "the bake time ends")
                scene.outbox.schedules.append((begun.bake.ends_at, look))
            scene.keep(begun)
        for row in scene.ledger.deployments:
            if _is_watched(row, scene.now):
                scene.keep(bake.cut_short(row, scene.ledger.deployments))
        watched = [row for row in scene.ledger.deployments if _is_watched(row, scene.now)]
        seen = self._alarms(scene, watched)
        if seen is None:
            return
        by_id = {one.row.id: one for one in findings}
        for row in watched:
            self._bake(scene, row, by_id.get(row.id), seen)

    def _alarms(self, scene: Scene, watched: Sequence[Deployment]) -> tuple[AlarmSeen, ...] | None:
        """How the alarms stand; None while they cannot be read: a watch stays open until they can."""
        names = [alarm for row in watched for alarm in (row.bake.alarms if row.bake else ())]
        try:
            return tuple(self.alarms.states(names).values())
        except CALL_ERRORS as error:
            logger.error("alarms not read", service=scene.reality.service, reason=str(error))
            look = Look(scene.reality.service, "the alarms could not be read")
            scene.outbox.wakes.append((watch.LOOK_EVERY_S, look))
            return None

    def _bake(
        self, scene: Scene, row: Deployment, finding: Finding | None, seen: tuple[AlarmSeen, ...]
    ) -> None:
        if row.bake is None:
            return
        watched = bake.after_look(row.bake, seen, scene.now)
        row = msgspec.structs.replace(row, bake=watched)
        scene.keep(row)
        unread = scene.reality.unread
        if watched.fired and not unread and not served_before(row, scene.ledger, scene.reality):
            # Whoever acts on it, or nobody: it is no version to go back to.
            why = f"alarm {', '.join(watched.fired)} went off while it was watched (ALARM)"
            bad = Judged(row.target, False, row.began, row.id, why)
            scene.ledger = with_judgement(scene.ledger, bad)
        if watched.fired and finding is not None:
            incident.tell_stage(scene, msgspec.structs.replace(finding, row=row), "bake-alarm")
        if bake.came_to_nothing(watched) and "bake-alarm" in scene.row(row).told:
            scene.tell(Story("alarm-over", scene.now, scene.row(row), scene.reality))
        if watched.over and watched.missing and not watched.fired:
            scene.tell(Story("unwatched", scene.now, scene.row(row), scene.reality))
        if watched.late:
            scene.tell(Story("late-alarm", scene.now, scene.row(row), scene.reality))
        if bake.proven(watched, scene.failures(row)) and not unread:
            proof = Judged(row.target, True, watched.ends_at, row.id, _PROOF)
            scene.ledger = with_judgement(scene.ledger, proof)


def learned(known: Known, signals: Sequence[OfService], reality: Reality) -> Ledger:
    """The ledger with what the signals and AWS say, before anything is judged."""
    # What is noted is in the ledger, and the look makes it handled: it is not to count once more.
    ledger = with_handled(known.ledger, known.notes)
    signals = unhandled(ledger, signals)
    ledger = absorb(ledger, signals)
    ledger = with_rows(ledger, reality, older=names_unknown(known.ledger, signals))
    # A reason that came with an event finds its row only now. Tasks were counted.
    ledger = absorb(ledger, [one for one in signals if not isinstance(one, TaskFailed)])
    for act in known.acts:
        row = ledger.find(act.deployment)
        asked = act.executed and act.state in ("REQUESTED", "CONFIRMED")
        if row is not None and asked and _ASKED not in row.told:
            ledger = with_row(ledger, msgspec.structs.replace(row, told=(*row.told, _ASKED)))
    return ledger


def names_unknown(ledger: Ledger, signals: Sequence[OfService]) -> bool:
    """Whether an event is of a deployment that has never been seen."""
    return any(
        isinstance(one, DeploymentChanged) and ledger.find(one.ecs_id) is None for one in signals
    )


def _wants_definition(finding: Finding, ledger: Ledger) -> bool:
    """Where its content matters: a version that is judged, or is like one that was."""
    row = finding.row
    unknown = row.target.content_hash is None and bool(row.target.task_definition)
    if unknown and (finding.stage in BAD_NEWS or row.outcome is Outcome.SUCCEEDED):
        return True
    if unknown and any(not one.good for one in ledger.judged):
        return True
    return any(is_unclear(task) for task in ledger.failures if task.started_by == row.ecs_id)


def _may_be_ours(scene: Scene, row: Deployment) -> bool:
    """A rollback is no news of its own; of one that was ordered just now the next look knows."""
    ordered = any(just_ordered(one, scene.now) for one in scene.ledger.deployments)
    return bool(row.rolls_back) or ordered


def _begins(finding: Finding) -> bool:
    return finding.row.outcome is Outcome.IN_PROGRESS and not finding.row.told


def _waiting_hooks(row: Deployment, reality: Reality) -> list[str]:
    deployment = reality.find(row.id)
    hooks = deployment.hooks if deployment else ()
    return [one.id for one in hooks if one.status == "AWAITING_ACTION" and one.id]


def _is_watched(row: Deployment, now: float) -> bool:
    if row.outcome is not Outcome.SUCCEEDED or row.bake is None or row.bake.cancelled:
        return False
    return is_open(row) or now <= row.bake.ends_at + AFTERMATH_S


def _tell_unknown(scene: Scene, signals: Sequence[OfService]) -> None:
    for one in signals:
        if not isinstance(one, DeploymentChanged) or one.name in KNOWN_NAMES:
            continue
        count("UnknownEvents")
        row = scene.ledger.find(one.ecs_id) or next(iter(scene.ledger.deployments), None)
        if row is not None:
            scene.tell(Story(f"unknown-{one.name}", one.at, row, scene.reality))
