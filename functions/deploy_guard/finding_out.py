"""Evidence for a story: asked when the bad news is told, and again for what did not answer in time."""

from __future__ import annotations

import msgspec

from deploy_guard import investigation
from deploy_guard.causes import Diagnosis
from deploy_guard.evidence.found import Evidence
from deploy_guard.model import Deployment, Heard
from deploy_guard.observation import Finding, symptoms_of
from deploy_guard.scene import Scene
from deploy_guard.signals import Look

EVIDENCE = "evidence"
# The first of these that is told comes with everything that could be found out.
BAD_NEWS = frozenset({"failed", "stalled", "rolling-back", "rolled-back", "rollback-failed"})
# A log line can be read some seconds after it was written.
_ASK_AGAIN_S = (10, 20)
_EVIDENCE_TRIES = len(_ASK_AGAIN_S)


def evidence_of(scene: Scene, finding: Finding) -> Evidence:
    """What can be found out now; what answers too late is owed."""
    row = scene.row(finding.row)
    evidence = scene.evidence.get(row.id) or scene.investigator.evidence(
        row, finding.diagnosis, scene.ledger, scene.reality, scene.now
    )
    heard = investigation.heard(evidence)
    scene.keep(msgspec.structs.replace(row, heard=heard, owed=evidence.late))
    return evidence


def ask_again(scene: Scene, finding: Finding) -> None:
    """Have what is owed asked for soon; after an order, when that is over or a minute has gone by."""
    if scene.row(finding.row).owed and not scene.outbox.orders:
        scene.outbox.wakes.append((_ASK_AGAIN_S[0], Look(scene.reality.service, EVIDENCE)))


def diagnosis_of(scene: Scene, finding: Finding) -> Diagnosis:
    """The cause by all that is known by now; the executor goes by it."""
    row = scene.row(finding.row)
    diagnosis, _ = symptoms_of(row, scene.ledger, scene.reality)
    scene.keep(msgspec.structs.replace(row, diagnosis=diagnosis))
    return diagnosis


def tell_late_evidence(scene: Scene, finding: Finding) -> None:
    """What arrived only after the alert: log lines, or the answer of a throttled call."""
    row = scene.row(finding.row)
    if not finding.before.owed or not row.owed or not BAD_NEWS & set(row.told):
        return
    evidence = scene.investigator.evidence(
        row, finding.diagnosis, scene.ledger, scene.reality, scene.now, row.owed
    )
    found = set(row.owed) - set(evidence.late) if not evidence.missing else set()
    asked = row.asked + 1
    over = bool(found) or asked >= _EVIDENCE_TRIES
    owed = () if over else row.owed
    both = _heard_before_and_now(row, investigation.heard(evidence))
    scene.keep(msgspec.structs.replace(row, heard=both, owed=owed, asked=asked))
    if found:
        diagnosis = diagnosis_of(scene, finding)
        scene.tell(scene.story(finding, EVIDENCE, diagnosis=diagnosis, evidence=evidence))
    elif not over:
        scene.outbox.wakes.append((_ASK_AGAIN_S[-1], Look(scene.reality.service, EVIDENCE)))


def _heard_before_and_now(row: Deployment, now: Heard) -> Heard:
    known = row.heard or Heard()
    return Heard(
        now.image_exists if known.image_exists is None else known.image_exists,
        now.log_lines or known.log_lines,
    )
