"""The rules of a rollback. Each says its word about every case, so that people can follow."""

from __future__ import annotations

import msgspec

from deploy_guard.last_known_good import Candidate, NoCandidate
from deploy_guard.model import Act, Deployment, Freeze, Judged, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Reality
from deploy_guard.verdict import Verdict, newer_than

NATIVE_DEADLINE_S = 900
COOL_OFF_S = 1800
CAP, CAP_WINDOW_S = 2, 86_400
NOT_ASKED = "not asked"
# Classes of causes that the version, or what it was deployed with, is to blame for.
_OF_THE_VERSION = frozenset({"release", "app", "config", "regression"})
_UNCLEAR = frozenset({"unknown", "symptom"})
# What may have been a rollback counts as one.
_COUNTED = frozenset({"REQUESTED", "CONFIRMED", "UNCONFIRMED"})
# What may still go back because another one does.
_FOLLOWING = frozenset({Outcome.IN_PROGRESS, Outcome.SUCCEEDED, Outcome.FAILED, Outcome.STALLED})


class Rule(msgspec.Struct, frozen=True):
    """One rule and what it says here. A rule that only asks for patience says until when."""

    name: str
    allows: bool
    says: str
    until: float | None = None


class Case(msgspec.Struct, frozen=True):
    """Everything that a decision rests on. ``kill_switch`` is ``on``, ``off``, None if unreadable.

    ``failed_at`` is when the deployment was first known to have failed: ECS gets its time from there, and
    the day of the cap ends there.
    ``bad`` is what is known against its version from another deployment. ``turn`` is given for one that
    goes back together with another: whether its turn has come. ``codedeploy`` tells whether the guard
    may call CodeDeploy: IAM cannot hold it to single services there.
    """

    row: Deployment
    verdict: Verdict
    reality: Reality
    settings: OwnerSettings
    candidate: Candidate | NoCandidate
    cause: str = "UNKNOWN"
    blame: str = "unknown"
    failed_at: float = 0.0
    kill_switch: str | None = None
    freezes: tuple[Freeze, ...] = ()
    acts: tuple[Act, ...] = ()
    bad: Judged | None = None
    turn: Rule | None = None
    codedeploy: bool = False

    @property
    def refused(self) -> Judged | None:
        """Why the owner does not want this version: it is deployed again, and failed before."""
        under_way = self.verdict.outcome is Outcome.IN_PROGRESS
        return self.bad if self.settings.refuses_bad and under_way else None


def sees(case: Case) -> Rule:
    """Whoever cannot see does not act."""
    unread = (*case.reality.blind, *case.reality.unread)
    blind = (*unread, *(() if case.kill_switch else ("the kill switch",)))
    if blind:
        return Rule("sees", False, "could not be read: " + "; ".join(blind))
    if case.verdict.outcome is Outcome.UNKNOWN:
        return Rule("sees", False, "; ".join(case.verdict.rules) or "the state is not known")
    return Rule("sees", True, "everything could be read")


def failed(case: Case) -> Rule:
    """Only a failed deployment, or one that an alarm condemned after it had completed."""
    outcome = case.verdict.outcome
    if case.refused is not None:
        return Rule("failed", True, f"it failed before: {case.refused.why}")
    bake = case.row.bake if outcome is Outcome.SUCCEEDED else None
    if bake is not None and bake.firing:
        says = f"alarm {', '.join(bake.firing)} went off while the version was watched"
        return Rule("failed", True, says)
    if outcome is Outcome.ROLLING_BACK:
        return Rule("failed", False, "a rollback is under way already")
    if case.turn is not None and outcome in _FOLLOWING:
        return Rule("failed", True, "it goes back with the one that failed")
    if bake is not None and bake.fired:
        says = f"alarm {', '.join(bake.fired)} went off while the version was watched, and is over"
        return Rule("failed", False, says)
    settled = outcome in (Outcome.FAILED, Outcome.STALLED)
    return Rule("failed", settled, f"the deployment is {outcome}")


def current(case: Case) -> Rule:
    """Only the latest: whatever came after it, somebody wanted."""
    primary, row = case.reality.primary, case.row
    deployment = case.reality.find(row.id)
    newer = newer_than(deployment, case.reality) if deployment else None
    if newer is not None:
        return Rule("current", False, f"superseded: a newer deployment began, {newer.arn}")
    if primary is not None and row.ecs_id is not None and primary.id != row.ecs_id:
        return Rule("current", False, f"superseded: {primary.id} is PRIMARY, not {row.ecs_id}")
    later = [
        one
        for one in case.reality.code_deployments
        if one.created_at > row.began and row.id not in (one.id, one.rolls_back)
    ]
    if row.controller == "CODE_DEPLOY" and later:
        return Rule("current", False, f"superseded: a newer deployment began, {later[0].id}")
    running = case.reality.task_definition
    if row.controller == "ECS" and running not in (None, row.target.task_definition):
        return Rule("current", False, f"superseded: the service is to run {running}")
    return Rule("current", True, "it is the service's latest deployment")


def no_loop(case: Case) -> Rule:
    """A rollback is never rolled back."""
    if case.row.rolls_back:
        return Rule("no loop", False, f"it is itself a rollback, of {case.row.rolls_back}")
    return Rule("no loop", True, "it is no rollback")


def once(case: Case) -> Rule:
    """One action for each deployment, whatever became of it."""
    for act in case.acts:
        # An attempt whose end nobody noted: the executor finds out what came of it.
        if act.executed and act.deployment == case.row.id and act.state != "ATTEMPT":
            return Rule("once", False, f"acted on already: {act.call} is {act.state}")
    return Rule("once", True, "nothing has been done about it yet")


def tasks(case: Case) -> Rule:
    """Without tasks nothing fails and nothing is proven."""
    desired = case.reality.desired
    return Rule("tasks", desired > 0, f"the desired count is {desired}")


def cause(case: Case) -> Rule:
    """Another version helps only where the version is to blame."""
    if case.refused is not None:
        return Rule("cause", True, "ecs-ops:known-bad=enforce: it is not tried again")
    if case.turn is not None:
        return Rule("cause", True, "the one that failed has it")
    says = f"the cause is {case.cause} ({case.blame})"
    if case.blame in _UNCLEAR and not case.settings.may_roll_back_unknown:
        return Rule("cause", False, f"{says}; ecs-ops:rollback-unknown=on would allow it")
    allowed = case.blame in _OF_THE_VERSION or case.blame in _UNCLEAR
    return Rule("cause", allowed, says if allowed else f"{says}: another version would not help")


def reversible(case: Case) -> Rule:
    """A release that cannot be undone, such as one that migrated a database."""
    marked = case.settings.irreversible
    says = f"ecs-ops:irreversible is set on {marked}" if marked else "it is not irreversible"
    return Rule("reversible", marked is None, says)


def owner(case: Case) -> Rule:
    """What something else manages would drift from its owner's idea of it."""
    if case.reality.controller == "EXTERNAL":
        return Rule("owner", False, "an EXTERNAL controller deploys it: it has to roll back")
    owner = case.reality.managed_by
    if owner is not None and not case.settings.may_roll_back_managed:
        says = f"{owner} manages it; ecs-ops:rollback-managed=on would allow it"
        return Rule("owner", False, says)
    return Rule("owner", True, "nothing else manages it" if owner is None else f"{owner} allows it")


def codedeploy(case: Case) -> Rule:
    """CodeDeploy's StopDeployment cannot be held to tagged services: the stack's owner says yes first."""
    if case.row.controller != "CODE_DEPLOY":
        return Rule("codedeploy", True, "CodeDeploy has no part in it")
    says = f"the stack's parameter DeployGuardCodeDeploy says {'on' if case.codedeploy else 'off'}"
    return Rule("codedeploy", case.codedeploy, says)


def native(case: Case, now: float) -> Rule:
    """ECS itself goes first, if it was told to roll back."""
    if case.turn is not None:
        return Rule("native", True, "ECS knows nothing of release groups")
    if case.row.controller == "CODE_DEPLOY":
        return _codedeploys_own(case, now)
    deployment = case.reality.find(case.row.id)
    watching = [
        name
        for name, monitor in (
            ("circuit breaker", deployment.breaker if deployment else None),
            ("alarms", deployment.alarms if deployment else None),
        )
        if monitor is not None and monitor.watches
    ]
    going = deployment is not None and deployment.status in ("PENDING", "IN_PROGRESS")
    deadline = case.failed_at + NATIVE_DEADLINE_S
    if watching and going and now < deadline:
        says = f"ECS's own {watching[0]} will roll back; it has {NATIVE_DEADLINE_S // 60} minutes"
        return Rule("native", False, says, until=deadline)
    late = f"ECS's own {watching[0]} did not act in time" if watching and going else None
    return Rule("native", True, late or "ECS itself will not roll back")


def _codedeploys_own(case: Case, now: float) -> Rule:
    """CodeDeploy too goes first, where its group says so: two rollbacks would race for one service."""
    mine, events = case.reality.code_deployment(case.row.id), case.reality.auto_rollback
    deadline = case.failed_at + NATIVE_DEADLINE_S
    if not events or mine is None or mine.status == "Succeeded":
        return Rule("native", True, "CodeDeploy itself will not roll back")
    if now < deadline:
        minutes = NATIVE_DEADLINE_S // 60
        says = f"CodeDeploy itself rolls back on {', '.join(events)}; it has {minutes} minutes"
        return Rule("native", False, says, until=deadline)
    return Rule("native", True, "CodeDeploy itself did not act in time")


def turn(case: Case) -> Rule:
    """Of a release group each goes back in its turn."""
    return case.turn or Rule("release group", True, "it follows no other service")


def kill_switch(case: Case) -> Rule:
    """One switch stops everything."""
    switch = case.kill_switch
    if switch == NOT_ASKED:
        return Rule("kill switch", True, "not asked: nothing will be done in this mode")
    return Rule("kill switch", switch == "on", f"the guard is switched {switch or 'unreadable'}")


def freeze(case: Case, now: float) -> Rule:
    """People who are at work on it come first."""
    freezes = (*case.freezes, *((case.settings.freeze,) if case.settings.freeze else ()))
    for freeze in freezes:
        if freeze.holds(now):
            return Rule("freeze", False, freeze.told)
    return Rule("freeze", True, "no freeze is in force")


def _done(case: Case) -> list[Act]:
    return [act for act in case.acts if act.executed and act.state in _COUNTED]


def cap(case: Case) -> Rule:
    """A service that needs many rollbacks needs a person: what failed then is not undone a day later."""
    recent = [act for act in _done(case) if case.failed_at - act.at < CAP_WINDOW_S]
    says = f"{len(recent)} of at most {CAP} rollbacks in 24 hours"
    if len(recent) < CAP:
        return Rule("cap", True, says)
    return Rule("cap", False, f"{says}, a person has to decide")


def cool_off(case: Case, now: float) -> Rule:
    """Let the last rollback settle."""
    if case.kill_switch == NOT_ASKED:
        return Rule("cool-off", True, "not asked: nothing will be done in this mode")
    last = max((act.at for act in _done(case)), default=None)
    if last is not None and now - last < COOL_OFF_S:
        minutes = round((now - last) / 60)
        says = f"the last rollback was {minutes} minutes ago, the cool-off is {COOL_OFF_S // 60}"
        return Rule("cool-off", False, says, until=last + COOL_OFF_S)
    return Rule("cool-off", True, "no rollback lately")
