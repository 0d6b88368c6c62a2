"""What a look at a service comes to: each open deployment's new row, and what is worth telling."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from deploy_guard.causes import Diagnosis, Signals, diagnose, trips
from deploy_guard.codedeploy_verdict import judge_codedeploy
from deploy_guard.ledger import is_open, with_row
from deploy_guard.model import Act, Deployment, Heard, Judged, Ledger, Outcome
from deploy_guard.reality import Reality
from deploy_guard.reputation import served_before, with_judgement
from deploy_guard.symptoms import Symptoms
from deploy_guard.undoing import is_undone_after_all, just_ordered, linked, undone
from deploy_guard.verdict import Verdict, judge

# Told once each; a later one makes the earlier ones old news.
STAGES: dict[Outcome, str] = {
    Outcome.STALLED: "stalled",
    Outcome.FAILED: "failed",
    Outcome.ROLLING_BACK: "rolling-back",
    Outcome.ROLLED_BACK: "rolled-back",
    Outcome.ROLLBACK_FAILED: "rollback-failed",
    Outcome.SUPERSEDED: "superseded",
    Outcome.SUCCEEDED: "recovered",
    Outcome.UNKNOWN: "blind",
}
_BAD = frozenset(
    {Outcome.FAILED, Outcome.ROLLING_BACK, Outcome.ROLLED_BACK, Outcome.ROLLBACK_FAILED}
)
_BAD_STAGES = frozenset({"stalled", "failed", "rolling-back"})
_ONLY_AFTER_BAD_NEWS = frozenset({Outcome.SUPERSEDED, Outcome.SUCCEEDED})
_OF_THE_VERSION = frozenset({"release", "app", "config", "regression"})


class Finding(msgspec.Struct, frozen=True):
    """A deployment as it was remembered, as it is, and the stage to tell, if there is news."""

    before: Deployment
    row: Deployment
    verdict: Verdict
    diagnosis: Diagnosis
    stage: str | None = None


def observe(
    ledger: Ledger, reality: Reality, acts: Sequence[Act], now: float
) -> tuple[Ledger, list[Finding]]:
    """Judge every open deployment of the ledger, newest first."""
    ledger = linked(ledger, acts)
    findings = []
    for row in ledger.deployments:
        if not (is_open(row) or _owes_news(row) or is_undone_after_all(row, ledger)):
            continue
        finding = _look_at(row, ledger, reality, now)
        findings.append(finding)
        ledger = with_row(ledger, finding.row)
        ledger = _judged(ledger, finding, reality)
    return ledger, findings


def _owes_news(row: Deployment) -> bool:
    """ECS's word that it failed came after a newer one had replaced it."""
    superseded = row.outcome is Outcome.SUPERSEDED and STAGES[row.outcome] not in row.told
    return superseded and row.failed_at > 0


def judge_anew(
    row: Deployment, ledger: Ledger, reality: Reality, acts: Sequence[Act], now: float
) -> Verdict:
    """The verdict on one deployment, for the cause that was found before: with logs and registry heard."""
    ledger = linked(ledger, acts)
    _, symptoms = symptoms_of(row, ledger, reality)
    if row.diagnosis is not None:
        symptoms = msgspec.structs.replace(
            symptoms, blame=row.diagnosis.blame, trips=trips(row.diagnosis)
        )
    return _verdict(row, ledger, reality, symptoms, now)


def _verdict(
    row: Deployment, ledger: Ledger, reality: Reality, symptoms: Symptoms, now: float
) -> Verdict:
    known = undone(row, ledger)
    if known is not None:
        return known
    if row.controller == "CODE_DEPLOY":
        return judge_codedeploy(row, reality, symptoms, now)
    return judge(row, reality, symptoms, now)


def symptoms_of(row: Deployment, ledger: Ledger, reality: Reality) -> tuple[Diagnosis, Symptoms]:
    """Why its tasks fail, and how many did."""
    tasks = [task for task in ledger.failures if row.ecs_id and task.started_by == row.ecs_id]
    signals = _signals(row, ledger, reality)
    diagnosis = diagnose(tasks, signals)
    failed = ledger.counts.get(row.ecs_id or "", 0)
    back = 0
    if row.outcome is Outcome.ROLLING_BACK:
        back = _failures_behind(row, ledger, reality) - row.back_failures
    symptoms = Symptoms(failed, len(signals.placement), diagnosis.blame, trips(diagnosis), back)
    return diagnosis, symptoms


def _failures_behind(row: Deployment, ledger: Ledger, reality: Reality) -> int:
    """How many tasks have ever failed of the deployment that is PRIMARY in its stead."""
    primary = reality.primary
    if primary is None or primary.id == row.ecs_id:
        return 0
    return ledger.counts.get(primary.id, 0)


def _signals(row: Deployment, ledger: Ledger, reality: Reality) -> Signals:
    deployment, of_codedeploy = reality.find(row.id), reality.code_deployment(row.id)
    said = (deployment.rollback_reason or deployment.reason or "") if deployment else ""
    if of_codedeploy is not None and of_codedeploy.error_code:
        said = f"{of_codedeploy.error_code}: {of_codedeploy.error or ''}"
    since = [
        one
        for one in ledger.notices
        if one.at >= row.began and one.deployment in (None, row.id, row.ecs_id)
    ]
    alarms = deployment.alarms.triggered if deployment and deployment.alarms else ()
    fired = row.bake.fired if row.bake else ()
    heard = row.heard or Heard()
    return Signals(
        status_reason=said,
        service_events=reality.events_since(row.began),
        placement=tuple(one.text for one in since if one.kind == "placement"),
        configuration=tuple(one.text for one in since if one.kind == "configuration"),
        hooks=tuple(one.text for one in since if one.kind == "hook"),
        alarms=tuple(dict.fromkeys((*alarms, *fired))),
        image_exists=heard.image_exists,
        log_lines=heard.log_lines,
    )


def _look_at(row: Deployment, ledger: Ledger, reality: Reality, now: float) -> Finding:
    diagnosis, symptoms = symptoms_of(row, ledger, reality)
    verdict = _verdict(row, ledger, reality, symptoms, now)
    if verdict.outcome is Outcome.UNKNOWN or _may_be_undone(row, verdict, ledger, now):
        # What was known stays known.
        blind = verdict.outcome is Outcome.UNKNOWN
        return Finding(row, row, verdict, diagnosis, _stage(row, row, verdict) if blind else None)
    after = _with_verdict(row, verdict, diagnosis, reality, now)
    if after.outcome is Outcome.ROLLING_BACK and row.outcome is not Outcome.ROLLING_BACK:
        behind = _failures_behind(row, ledger, reality)
        after = msgspec.structs.replace(after, back_failures=behind)
    return Finding(row, after, verdict, diagnosis, _stage(row, after, verdict))


def _may_be_undone(row: Deployment, verdict: Verdict, ledger: Ledger, now: float) -> bool:
    """Whether the next look will know better whose deployment it is that replaced this one."""
    superseded = verdict.outcome is Outcome.SUPERSEDED and undone(row, ledger) is None
    return superseded and just_ordered(row, now)


def _with_verdict(
    row: Deployment, verdict: Verdict, diagnosis: Diagnosis, reality: Reality, now: float
) -> Deployment:
    primary = reality.primary
    goes_back = verdict.outcome is Outcome.ROLLING_BACK
    mine = primary is not None and (goes_back or primary.id == row.ecs_id)
    running = primary.running if primary and mine else row.running
    bad = verdict.outcome in _BAD or verdict.outcome is Outcome.STALLED
    changed = verdict.outcome is not row.outcome
    return msgspec.structs.replace(
        row,
        outcome=verdict.outcome,
        outcome_at=verdict.at if changed else row.outcome_at,
        reason=verdict.says or row.reason,
        serving=verdict.serving or row.serving,
        diagnosis=diagnosis if diagnosis.total or bad else row.diagnosis,
        running=running,
        progress_at=now if running > row.running else row.progress_at,
        idle_at=now if reality.desired == 0 else row.idle_at,
        failed_at=row.failed_at or (verdict.at if bad else 0.0),
        rules=verdict.rules,
        by=verdict.by,
    )


def _stage(before: Deployment, after: Deployment, verdict: Verdict) -> str | None:
    """What to tell of it, if it has not been told yet. A rollback's story is that of the failed one."""
    stage = STAGES.get(verdict.outcome)
    if stage is None or stage in before.told or after.rolls_back:
        return None
    if verdict.outcome in _ONLY_AFTER_BAD_NEWS and not (
        _BAD_STAGES & set(before.told) or after.failed_at
    ):
        return None
    if stage == "failed" and {"rolling-back", "rolled-back"} & set(before.told):
        return None
    return stage


def _judged(ledger: Ledger, finding: Finding, reality: Reality) -> Ledger:
    """A version that failed is bad, unless it was not to blame."""
    row = finding.row
    if reality.unread or reality.desired == 0:
        return ledger
    if row.outcome not in _BAD or served_before(row, ledger, reality):
        return ledger
    diagnosis = finding.diagnosis
    deployment = reality.find(row.id)
    monitors = (deployment.breaker, deployment.alarms) if deployment else ()
    triggered = any(one is not None and one.status == "TRIGGERED" for one in monitors)
    unclear = diagnosis.blame in ("unknown", "symptom") and (triggered or diagnosis.total > 0)
    if diagnosis.blame not in _OF_THE_VERSION and not unclear:
        return ledger
    why = f"{diagnosis.cause.says} ({diagnosis.cause_id})"
    return with_judgement(ledger, Judged(row.target, False, row.began, row.id, why))
