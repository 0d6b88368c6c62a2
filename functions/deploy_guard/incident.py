"""What is told of a deployment, and what is asked of the executor: one look's mail, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from deploy_guard import investigation
from deploy_guard.actions import RegisterCopy, UpdateService
from deploy_guard.advice import Situation
from deploy_guard.audit import AuditRow
from deploy_guard.causes import Diagnosis
from deploy_guard.decision import Decision
from deploy_guard.difference import Change
from deploy_guard.evidence.found import Evidence
from deploy_guard.gates import Rule
from deploy_guard.investigation import Investigator
from deploy_guard.ledger import with_row
from deploy_guard.ledger_store import Known
from deploy_guard.model import Deployment, Heard, Judged, Ledger, Outcome
from deploy_guard.observation import Finding, symptoms_of
from deploy_guard.order import Order
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Reality
from deploy_guard.signals import Look
from deploy_guard.story import Story
from deploy_guard.wording.names import other_version
from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger

EVIDENCE = "evidence"
# The first of these that is told comes with everything that could be found out.
BAD_NEWS = frozenset({"failed", "stalled", "rolling-back", "rolled-back", "rollback-failed"})
_DECIDED = frozenset({"failed", "stalled", "bake-alarm"})
_ACTING = frozenset({"auto", "dry-run"})
# An order that came to nothing, whatever the reason, is given again.
ORDER_AGAIN_S = 120
# A log line can be read some seconds after it was written.
_ASK_AGAIN_S = (10, 20)
_EVIDENCE_TRIES = len(_ASK_AGAIN_S)


@dataclass(slots=True)
class Outbox:
    """What a look at a service leaves to be sent. ``wakes`` are (seconds from now, message)."""

    stories: list[Story] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    notes: list[AuditRow] = field(default_factory=list)
    wakes: list[tuple[int, Look]] = field(default_factory=list)
    schedules: list[tuple[float, Look]] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    """A service at the moment of a look; the ledger grows while things are told."""

    known: Known
    ledger: Ledger
    reality: Reality
    settings: OwnerSettings
    now: float
    investigator: Investigator
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)

    def tell(self, story: Story) -> None:
        """Have it told, once: a stage that has been told is remembered."""
        if self.settings.mode == "off" or story.stage in story.row.told:
            return
        self.outbox.stories.append(story)
        self.keep(msgspec.structs.replace(story.row, told=(*story.row.told, story.stage)))

    def keep(self, row: Deployment) -> None:
        """Remember a row as it is now."""
        self.ledger = with_row(self.ledger, row)

    def row(self, known: Deployment) -> Deployment:
        """The row as it is now."""
        return self.ledger.find(known.id) or known

    def failures(self, row: Deployment) -> int:
        """How many of its tasks have failed."""
        return self.ledger.counts.get(row.ecs_id or "", 0)

    def story(self, finding: Finding, stage: str, **more: object) -> Story:
        """A story about a deployment, with what is known of it anyway."""
        row = self.row(finding.row)
        given = {"verdict": finding.verdict, "diagnosis": finding.diagnosis} | more
        return Story(stage, finding.verdict.at, row, self.reality, **given)  # type: ignore[arg-type]

    def tell_stage(self, finding: Finding, stage: str) -> None:
        """Tell a stage of a deployment's outcome, and decide what is to be done about it."""
        if self.settings.mode == "off" or stage in self.row(finding.row).told:
            return
        first = stage == "bake-alarm" or (
            stage in BAD_NEWS and not BAD_NEWS & set(finding.before.told)
        )
        evidence = self._evidence(finding) if first else None
        diagnosis = self._diagnosis(finding)
        story = self.story(finding, stage, diagnosis=diagnosis, evidence=evidence)
        decision = self._decision(story) if stage in _DECIDED else None
        story = msgspec.structs.replace(story, decision=decision)
        if first:
            older = (decision.target if decision else None) or other_version(story)
            changes = self.investigator.changes(older, story.row, self.reality, self.now)
            notes = self._notes(decision, changes)
            story = msgspec.structs.replace(story, changes=changes, notes=notes)
        self.tell(story)
        self._follow(story, decision)

    def tell_known_bad(self, finding: Finding, bad: Judged) -> None:
        """Tell that a version is deployed again which failed before; the owner may have it refused."""
        story = self.story(finding, "known-bad", bad=bad)
        if self.settings.mode == "off" or story.stage in story.row.told:
            return
        decision = self._decision(story)
        self.tell(msgspec.structs.replace(story, decision=decision))
        self._order(story, decision)

    def decide_again(self, finding: Finding) -> None:
        """What has been told, and was left or put off, may be done now."""
        row = self.row(finding.row)
        waits = row.outcome in (Outcome.FAILED, Outcome.STALLED) or (row.bake and row.bake.fired)
        told = _DECIDED & set(row.told)
        if self.settings.mode not in _ACTING or not waits or not told:
            return
        if row.ordered_at and (
            self.settings.mode == "dry-run" or self.now - row.ordered_at < ORDER_AGAIN_S
        ):
            return
        stage = "bake-alarm" if "bake-alarm" in told else "failed"
        story = self.story(finding, stage)
        self._order(story, self._decision(story))

    def tell_late_evidence(self, finding: Finding) -> None:
        """What arrived only after the alert: log lines, or the answer of a throttled call."""
        row = self.row(finding.row)
        if not row.owed or not BAD_NEWS & set(row.told):
            return
        evidence = self.investigator.evidence(
            row, finding.diagnosis, self.ledger, self.reality, self.now, row.owed
        )
        found = set(row.owed) - set(evidence.late) if not evidence.missing else set()
        asked = row.asked + 1
        over = bool(found) or asked >= _EVIDENCE_TRIES
        owed = () if over else row.owed
        known = row.heard or Heard()
        told = investigation.heard(evidence)
        both = Heard(
            told.image_exists if known.image_exists is None else known.image_exists,
            told.log_lines or known.log_lines,
        )
        self.keep(msgspec.structs.replace(row, heard=both, owed=owed, asked=asked))
        if found:
            diagnosis = self._diagnosis(finding)
            self.tell(self.story(finding, EVIDENCE, diagnosis=diagnosis, evidence=evidence))
        elif not over:
            self.outbox.wakes.append((_ASK_AGAIN_S[-1], Look(self.reality.service, EVIDENCE)))

    def _diagnosis(self, finding: Finding) -> Diagnosis:
        """The cause by all that is known by now; the executor goes by it."""
        row = self.row(finding.row)
        diagnosis, _ = symptoms_of(row, self.ledger, self.reality)
        self.keep(msgspec.structs.replace(row, diagnosis=diagnosis))
        return diagnosis

    def _evidence(self, finding: Finding) -> Evidence:
        row = self.row(finding.row)
        evidence = self.evidence.get(row.id) or self.investigator.evidence(
            row, finding.diagnosis, self.ledger, self.reality, self.now
        )
        heard = investigation.heard(evidence)
        self.keep(msgspec.structs.replace(row, heard=heard, owed=evidence.late))
        if evidence.late:
            self.outbox.wakes.append((_ASK_AGAIN_S[0], Look(self.reality.service, EVIDENCE)))
        return evidence

    def _decision(self, story: Story) -> Decision:
        arn = story.row.target.task_definition
        if story.verdict is None or story.diagnosis is None:
            raise ValueError("a decision needs a verdict and a diagnosis")
        definition = self.investigator.definitions([arn], self.now).get(arn)
        situation = Situation(
            story.row,
            story.verdict,
            story.diagnosis,
            self.ledger,
            self.reality,
            self.known,
            definition,
        )
        try:
            return self.investigator.adviser.decide(situation, self.now)
        except CALL_ERRORS as error:
            # Whoever cannot see does not act; the alert goes out all the same.
            says = f"could not be read: {error}"
            logger.error("no decision", service=self.reality.service, reason=str(error))
            return Decision("nothing", says, rules=(Rule("sees", False, says),))

    def _notes(self, decision: Decision | None, changes: tuple[Change, ...]) -> tuple[str, ...]:
        notes = list(self.settings.problems)
        stay = [one.field for one in changes if one.field.startswith("service ")]
        if stay and decision and isinstance(decision.action, UpdateService | RegisterCopy):
            notes.append(
                "UpdateService brings back the task definition only; these stay as they are: "
                + ", ".join(stay)
            )
        return tuple(notes)

    def _follow(self, story: Story, decision: Decision | None) -> None:
        row = self.row(story.row)
        if decision is not None:
            rules = tuple(f"{one.name}: {one.says}" for one in decision.rules)
            self.keep(msgspec.structs.replace(row, decided=rules))
            self._order(story, decision)
        why = decision.reason if decision and decision.kind == "nothing" else None
        if story.stage == "superseded" and story.verdict:
            why = "; ".join(story.verdict.rules)
        if why is not None and self.settings.mode in _ACTING:
            self.outbox.notes.append(self._note(story, decision, why))

    def _note(self, story: Story, decision: Decision | None, why: str) -> AuditRow:
        primary = self.reality.primary
        return AuditRow(
            service=self.reality.service,
            deployment=story.row.id,
            at=self.now,
            state="SUPERSEDED" if "superseded" in (story.stage, why[:10]) else "REFUSED",
            executed=False,
            calls=(),
            why=why,
            cause=story.diagnosis.cause_id if story.diagnosis else "UNKNOWN",
            mode=self.settings.mode,
            before=primary.id if primary else None,
            rules=tuple(f"{one.name}: {one.says}" for one in decision.rules) if decision else (),
        )

    def _order(self, story: Story, decision: Decision) -> None:
        if decision.kind not in ("act", "dry-run") or decision.action is None:
            return
        self.keep(msgspec.structs.replace(self.row(story.row), ordered_at=self.now))
        self.outbox.orders.append(
            Order(
                service=self.reality.service,
                deployment=story.row.id,
                kind="act" if decision.kind == "act" else "dry-run",
                action=decision.action,
                mode=self.settings.mode,
                reason=decision.reason,
                cause=story.diagnosis.cause_id if story.diagnosis else "UNKNOWN",
                incident=story.incident,
                decided_at=self.now,
                target=decision.target,
            )
        )
