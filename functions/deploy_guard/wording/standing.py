"""What serves now, and what was done about it or will be."""

from __future__ import annotations

from deploy_guard.audit import AuditRow
from deploy_guard.decision import Decision
from deploy_guard.model import Outcome
from deploy_guard.reputation import redeploys
from deploy_guard.story import Story
from deploy_guard.wording.names import (
    clock,
    counted,
    deployer,
    failed_version,
    older_version,
    quoted,
    sentence,
)
from deploy_guard.wording.overtaken import told_since

# What the ledger keeps of the stage "acted": with the state of the act.
_ASKED = "acted-REQUESTED"


def serving(story: Story) -> str:
    """Which version serves, with how many tasks."""
    reality, old = story.reality, older_version(story)
    run = f"{reality.running} of {reality.desired} tasks run"
    if reality.desired == 0:
        return "The desired count is 0: nothing is to run."
    newer = told_since(story)
    if newer is not None:
        return newer
    by_outcome = {
        Outcome.ROLLED_BACK: f"{old or 'The version before'} serves again, {run}.",
        Outcome.ROLLING_BACK: f"{old or 'The version before'} is coming back, {run}.",
        Outcome.SUCCEEDED: f"{failed_version(story)} serves, {run}.",
    }
    return by_outcome.get(story.outcome) or _beside(story, old, run)


def _beside(story: Story, old: str | None, run: str) -> str:
    """What serves while the new version does not get up."""
    if old is None:
        first = "it is the first version, so there is none to go back to"
        return sentence(f"{'' if story.reality.running else 'nothing serves: '}{first}; {run}")
    shown = _still_running(story)
    left = story.reality.running if shown is None else shown
    if left:
        return f"{old} still serves with {counted(left, 'task')}."
    if story.reality.running:
        return f"{old} has no task left; {run}, all of {failed_version(story)}."
    return f"Nothing serves: {old} has no task left; {run}."


def nothing_serves(story: Story) -> bool:
    """Whether requests fail, as far as the counts tell."""
    return story.reality.desired > 0 and story.reality.running == 0


def is_first(story: Story) -> bool:
    """Whether no version ran before this one."""
    return older_version(story) is None


def done(story: Story) -> str:
    """What was done about it, by whom, or why nothing was."""
    if story.audit is not None:
        return acted(story.audit, story)
    if story.outcome is Outcome.ROLLBACK_FAILED or is_first(story):
        said = story.verdict.says if story.verdict else None
        return quoted(said, deployer(story)) if said else ""
    if story.outcome in (Outcome.ROLLING_BACK, Outcome.ROLLED_BACK):
        return _who_rolls_back(story)
    return decided(story.decision, story) if story.decision else ""


def decided(decision: Decision, story: Story) -> str:
    """What the decision comes to."""
    named = decision.target if not redeploys(story.row) else None
    old = named.name if named else older_version(story) or "the one before"
    match decision.kind:
        case "act":
            if story.stage == "bake-alarm":
                return (
                    f"The toolkit looks at the alarm once more and rolls back to {old} if it holds."
                )
            return f"The toolkit is rolling back to {old} now."
        case "dry-run":
            return f"Dry run: the toolkit would run {_calls(decision)} to go back to {old}."
        case "would-act":
            call = f"The toolkit would run {_calls(decision)} to go back to {old}"
            return f"{call}, but {decision.reason}."
        case "wait":
            until = f" until {clock(decision.until)}" if decision.until else ""
            counts = _breaker_counts(story) if "ECS's own" in decision.reason else ""
            return f"Waiting{until}: {decision.reason}.{counts}"
    return f"Not rolled back: {decision.reason}."


def acted(row: AuditRow, story: Story) -> str:
    """What the executor did, or why it did not."""
    old = row.task_definition.rpartition("/")[2] if row.task_definition else older_version(story)
    back = f"a rollback to {old}" if old else "a rollback"
    because = f": {row.note or row.why}" if row.note or row.why else ""
    says = {
        "REQUESTED": f"The toolkit asked for {back}{because}.",
        "CONFIRMED": sentence(f"{back} {row.stands or 'is under way'}{because}"),
        "UNCONFIRMED": f"The toolkit may have asked for {back}{because}. {sentence(row.why)}",
        "DRY_RUN": f"Dry run: the toolkit would have asked for {back}, and did nothing.",
        "FAILED": f"The toolkit asked for {back}, and AWS refused{because}.",
        "SUPERSEDED": f"Nothing was done, somebody else was faster{because}.",
    }
    return says.get(row.state, f"Not rolled back{because}.")


def _who_rolls_back(story: Story) -> str:
    if _ASKED in story.row.told or (story.verdict and story.verdict.by == "guard"):
        return "The toolkit asked for it."
    deployment = story.reality.find(story.row.id)
    breaker = deployment.breaker if deployment else None
    alarms = deployment.alarms if deployment else None
    if breaker is not None and breaker.status == "TRIGGERED":
        counts = f"{counted(breaker.failures, 'failure')}, the threshold is {breaker.threshold}"
        return f"ECS's own circuit breaker asked for it: {counts}."
    if alarms is not None and alarms.status == "TRIGGERED":
        return f"ECS itself asked for it, for the alarm {', '.join(alarms.triggered)}."
    said = story.verdict.says if story.verdict else None
    return quoted(said, deployer(story)) if said else "The toolkit did not ask for it."


def _breaker_counts(story: Story) -> str:
    # As ECS reports them: the threshold can be configured, and moves with the desired count.
    deployment = story.reality.find(story.row.id)
    breaker = deployment.breaker if deployment else None
    if breaker is None or breaker.status == "DISABLED":
        return ""
    failures = counted(breaker.failures, "failure")
    return f" It has counted {failures}, the threshold is {breaker.threshold}."


def _calls(decision: Decision) -> str:
    calls = decision.action.calls if decision.action else ()
    return " and ".join(call.operation for call in calls) or "nothing"


def _still_running(story: Story) -> int | None:
    """Tasks of the deployments before this one; None if ECS does not show them apart."""
    mine = story.row.ecs_id
    if story.row.controller == "CODE_DEPLOY":
        sets = story.reality.description.get("taskSets") or ()
        others = [one for one in sets if one.get("externalId") != story.row.id]
        return (
            sum(one.get("runningCount", 0) for one in others) if len(others) < len(sets) else None
        )
    if mine is None or not any(one.id == mine for one in story.reality.deployments):
        return None
    return sum(one.running for one in story.reality.deployments if one.id != mine)
