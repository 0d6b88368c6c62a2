"""What a deployment has come to: a function of what is remembered and of what AWS shows now.

The trap: during a rollback ECS makes the *old* deployment PRIMARY again, under its old id, and in the
end calls it completed, in the words of any success. So no event is believed: the status of the service
deployment decides, and where that cannot be had, which of the two deployments is PRIMARY.
"""

from __future__ import annotations

import msgspec

from deploy_guard.model import Deployment, Outcome, Version
from deploy_guard.reality import Reality, ServiceDeployment
from deploy_guard.symptoms import (
    NOT_OF_THE_VERSION,
    STALLED_AFTER_S,
    Symptoms,
    failing,
    has_breaker,
    stalled,
    threshold,
)

NO_TASKS = "a desired count of 0 tells nothing"
_BY_STATUS = {
    "PENDING": Outcome.IN_PROGRESS,
    "IN_PROGRESS": Outcome.IN_PROGRESS,
    "SUCCESSFUL": Outcome.SUCCEEDED,
    "ROLLBACK_REQUESTED": Outcome.ROLLING_BACK,
    "ROLLBACK_IN_PROGRESS": Outcome.ROLLING_BACK,
    "ROLLBACK_SUCCESSFUL": Outcome.ROLLED_BACK,
    "ROLLBACK_FAILED": Outcome.ROLLBACK_FAILED,
}


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """``serving`` is what runs, or will once ECS is done; ``says`` are ECS's own words.

    ``by`` is who called it: ``ecs``, or ``guard`` where ECS itself would try for ever. ``rules`` are
    the sentences that led here.
    """

    outcome: Outcome
    at: float
    target: Version | None = None
    serving: Version | None = None
    says: str | None = None
    by: str = "ecs"
    rules: tuple[str, ...] = ()


def judge(row: Deployment, reality: Reality, symptoms: Symptoms, now: float) -> Verdict:
    """The verdict on a deployment of the ECS controller."""
    if reality.blind:
        blind = "blind: " + "; ".join(reality.blind)
        return Verdict(Outcome.UNKNOWN, now, row.target, rules=(blind,))
    if reality.status not in ("ACTIVE", "DRAINING"):
        gone = f"the service is {reality.status}"
        return Verdict(Outcome.SUPERSEDED, now, row.target, rules=(gone,))
    deployment = reality.find(row.id)
    if deployment is None:
        return _by_primary(row, reality, symptoms, now)
    return _by_status(row, reality, deployment, symptoms, now)


def _by_status(
    row: Deployment,
    reality: Reality,
    deployment: ServiceDeployment,
    symptoms: Symptoms,
    now: float,
) -> Verdict:
    outcome = _BY_STATUS.get(deployment.status)
    says = deployment.rollback_reason or deployment.reason
    told = f"the service deployment is {deployment.status}"
    at = deployment.finished_at or deployment.updated_at or now
    verdict = Verdict(
        outcome or Outcome.UNKNOWN, at, row.target, _serving(row, reality, deployment), says
    )
    if reality.desired == 0 or row.idle_at:
        parked = _without_tasks(row, reality, deployment, verdict)
        if parked is not None:
            return parked
    if outcome is Outcome.SUCCEEDED and is_yet_to_come(row, reality):
        outcome = Outcome.IN_PROGRESS
    match outcome:
        case Outcome.IN_PROGRESS:
            return _unfinished(row, reality, symptoms, msgspec.structs.replace(verdict, at=now))
        case Outcome.ROLLING_BACK:
            verdict = _going_back(row, reality, symptoms, verdict, now)
            return _because(verdict, verdict.outcome, told, *verdict.rules)
        case None if deployment.status in ("STOPPED", "STOP_REQUESTED"):
            return _stopped(reality, deployment, verdict)
        case None:
            told = f"{deployment.status} is a status that this version does not know"
        case Outcome.SUCCEEDED:
            # The watch of what completed without tasks begins when it has some.
            verdict = msgspec.structs.replace(verdict, at=max(verdict.at, row.idle_at))
            return _falling_apart(row, reality, deployment, symptoms, now) or _because(
                verdict, Outcome.SUCCEEDED, told
            )
    return _because(verdict, verdict.outcome, told)


def _without_tasks(
    row: Deployment, reality: Reality, deployment: ServiceDeployment, verdict: Verdict
) -> Verdict | None:
    """A desired count of 0, now or before: a deployment completes at once then, and nothing fails."""
    completed = verdict.outcome is Outcome.SUCCEEDED
    if row.outcome is Outcome.SUCCEEDED or not (
        completed or verdict.outcome is Outcome.IN_PROGRESS
    ):
        return None
    newer = newer_than(deployment, reality) if completed else None
    if newer is not None:
        return _because(verdict, Outcome.SUPERSEDED, f"a newer one replaced it: {newer.arn}")
    return _because(verdict, row.outcome, NO_TASKS) if reality.desired == 0 else None


def is_yet_to_come(row: Deployment, reality: Reality) -> bool:
    """It completed without tasks, and those that are wanted since do not run yet."""
    running = reality.primary.running if reality.primary is not None else reality.running
    return row.idle_at > 0 and row.outcome is not Outcome.SUCCEEDED and running < reality.desired


def _falling_apart(
    row: Deployment,
    reality: Reality,
    deployment: ServiceDeployment,
    symptoms: Symptoms,
    now: float,
) -> Verdict | None:
    """COMPLETED, and while it is watched its tasks die one after the other: ECS starts them for ever.

    https://github.com/aws/containers-roadmap/issues/1206
    """
    bake, limit = row.bake, threshold(row, reality)
    if bake is None or bake.over or symptoms.failures - bake.failures < limit:
        return None
    newer = newer_than(deployment, reality)
    if newer is not None:
        told = f"a newer one replaced it: {newer.arn}"
        return Verdict(Outcome.SUPERSEDED, now, row.target, rules=(told,))
    told = f"{symptoms.failures - bake.failures} tasks failed since ECS called it completed"
    outcome = Outcome.STALLED if symptoms.blame in NOT_OF_THE_VERSION else Outcome.FAILED
    return Verdict(
        outcome, now, row.target, row.source, by="guard", rules=(told, f"{limit} are the limit")
    )


def _going_back(
    row: Deployment, reality: Reality, symptoms: Symptoms, verdict: Verdict, now: float
) -> Verdict:
    """A rollback that gets nowhere: without a circuit breaker ECS tries that for ever, too."""
    primary = reality.primary
    if primary is None or primary.running >= reality.desired:
        return verdict
    # Until ECS says something else it stays what we called it, for the reason that we had.
    known = row.outcome is Outcome.ROLLBACK_FAILED
    why = row.rules[1:] if known else _gets_nowhere(row, reality, symptoms, now)
    if not why and not known:
        return verdict
    return msgspec.structs.replace(
        verdict, outcome=Outcome.ROLLBACK_FAILED, at=now, by="guard", rules=why
    )


def _gets_nowhere(
    row: Deployment, reality: Reality, symptoms: Symptoms, now: float
) -> tuple[str, ...]:
    limit = threshold(row, reality)
    if symptoms.back >= limit and not has_breaker(row, reality):
        return (f"{symptoms.back} tasks of the version gone back to failed, {limit} are the limit",)
    began = row.outcome_at if row.outcome is Outcome.ROLLING_BACK else now
    if now - max(began, row.progress_at) < STALLED_AFTER_S:
        return ()
    return (f"the rollback did not move for {round(STALLED_AFTER_S / 60)} minutes",)


def _stopped(reality: Reality, deployment: ServiceDeployment, verdict: Verdict) -> Verdict:
    """STOPPED is the end of a deployment that failed and may not roll back, and of one replaced."""
    told = f"the service deployment is {deployment.status}"
    newer = newer_than(deployment, reality)
    if newer is not None:
        return _because(verdict, Outcome.SUPERSEDED, told, f"a newer one replaced it: {newer.arn}")
    return _because(verdict, Outcome.FAILED, told, "no newer deployment has replaced it")


def newer_than(deployment: ServiceDeployment, reality: Reality) -> ServiceDeployment | None:
    """The latest deployment that began after this one."""
    newest = max(reality.history, key=lambda one: one.created_at, default=None)
    return newest if newest and newest.created_at > deployment.created_at else None


def _by_primary(row: Deployment, reality: Reality, symptoms: Symptoms, now: float) -> Verdict:
    """Without service deployments: is its own deployment PRIMARY, an older one, or a newer one?"""
    primary = reality.primary
    if primary is None or row.ecs_id is None:
        return Verdict(
            Outcome.UNKNOWN, now, row.target, rules=("ECS shows no such deployment any more",)
        )
    verdict = Verdict(Outcome.UNKNOWN, now, row.target, row.source, primary.reason)
    state = primary.rollout_state
    if primary.id == row.ecs_id:
        told = f"{primary.id} is PRIMARY and {state or 'has no rollout state'}"
        if state == "COMPLETED" and reality.desired:
            return _because(verdict, Outcome.SUCCEEDED, told)
        if state == "FAILED":
            return _because(verdict, Outcome.FAILED, told)
        return _unfinished(row, reality, symptoms, verdict)
    if primary.created_at > row.began:
        newer = f"a newer deployment, {primary.id}, is PRIMARY"
        return _because(verdict, Outcome.SUPERSEDED, newer)
    outcome = {"COMPLETED": Outcome.ROLLED_BACK, "FAILED": Outcome.ROLLBACK_FAILED}.get(
        state or "", Outcome.ROLLING_BACK
    )
    back = f"the older deployment {primary.id} is PRIMARY again and {state}"
    serving = msgspec.structs.replace(verdict, serving=_version_of(primary.task_definition, row))
    return _because(serving, outcome, back)


def _unfinished(row: Deployment, reality: Reality, symptoms: Symptoms, verdict: Verdict) -> Verdict:
    """ECS still tries. Whether that can come to anything is ours to say, for it may try for ever."""
    if reality.desired == 0:
        return _because(verdict, row.outcome, NO_TASKS)
    given_up = failing(row, reality, symptoms) or stalled(row, reality, symptoms, verdict.at)
    if given_up is None:
        return _because(verdict, Outcome.IN_PROGRESS, "ECS is at it")
    outcome, why = given_up
    return _because(msgspec.structs.replace(verdict, by="guard"), outcome, why)


def _serving(row: Deployment, reality: Reality, deployment: ServiceDeployment) -> Version | None:
    if deployment.status == "SUCCESSFUL":
        return row.target
    return reality.version(deployment.rolled_back_to) or row.source


def _version_of(task_definition: str, row: Deployment) -> Version:
    if row.source is not None and row.source.task_definition == task_definition:
        return row.source
    return Version(task_definition)


def _because(verdict: Verdict, outcome: Outcome, *rules: str) -> Verdict:
    return msgspec.structs.replace(verdict, outcome=outcome, rules=rules)
