"""What each stage of a deployment's story is called, and what its two lines say."""

from __future__ import annotations

from collections.abc import Callable

from deploy_guard.reality import Hook
from deploy_guard.reputation import redeploys
from deploy_guard.story import Story
from deploy_guard.wording import standing, watched
from deploy_guard.wording.names import clock, day, failed_version, older_version, sentence
from deploy_guard.wording.steps import HOOK, by_hand, fix
from deploy_guard.wording.together import others
from deploy_guard.wording.why import diagnosis_of, fate, leader, why

UNKNOWN_EVENT = "unknown-"
Words = tuple[str, str]


def words(story: Story) -> Words:
    """Title, without the service's name, and summary."""
    for beginning, teller in _BY_BEGINNING.items():
        if story.stage.startswith(beginning):
            return teller(story)
    return _STAGES.get(story.stage, _failed)(story)


def hook_of(story: Story) -> Hook | None:
    """The hook that waits for a person."""
    deployment = story.reality.find(story.row.id)
    hooks = deployment.hooks if deployment else ()
    wanted = story.stage.removeprefix(HOOK)
    return next((one for one in hooks if one.id == wanted), None)


def _because(story: Story) -> str:
    return diagnosis_of(story).cause.says


def _lines(story: Story, *more: str) -> str:
    """Why, and below it what holds, what was done and what is to be done."""
    below = (standing.serving(story), standing.done(story), others(story), *more)
    return f"{why(story)}\n{' '.join(part for part in below if part)}"


def _next(story: Story) -> str:
    if by_hand(story):
        return f"Next: roll back with the command below, or fix it. {fix(story)}"
    under_way = story.audit is None or story.audit.state in ("REQUESTED", "CONFIRMED")
    if story.decision is not None and story.decision.kind == "act" and under_way:
        return f"Next: wait for word that it is back; for the next release: {fix(story)}"
    return f"Next: {fix(story)}"


def _failed(story: Story) -> Words:
    if story.bad is not None:
        title = f"{failed_version(story)} is refused, it is known to be bad"
        below = (standing.serving(story), standing.done(story), _next(story))
        return title, f"{_failed_before(story)}\n{' '.join(part for part in below if part)}"
    if standing.is_first(story):
        title = f"first deployment failed ({failed_version(story)}), {_because(story)}"
    else:
        title = f"{failed_version(story)} failed, {_because(story)}"
    return title, _lines(story, _next(story))


def _stalled(story: Story) -> Words:
    known = diagnosis_of(story).cause_id != "UNKNOWN"
    because = _because(story) if known else "; ".join(story.verdict.rules if story.verdict else ())
    title = f"{failed_version(story)} is stuck, {because or 'nothing moves'}"
    return title, _lines(story, _next(story))


def _rolling_back(story: Story) -> Words:
    old = older_version(story) or "the version before"
    title = f"rolling back to {old}; {fate(story)}"
    return title, _lines(story, _next(story))


def _rolled_back(story: Story) -> Words:
    old = older_version(story) or "the version before"
    title = f"rolled back, serving {old}; {fate(story)}"
    gone = "is not deployed anew" if redeploys(story.row) else "is not deployed"
    return title, _lines(story, f"{failed_version(story)} {gone}. {_next(story)}")


def _rollback_failed(story: Story) -> Words:
    if standing.is_first(story):
        return _failed(story)
    end = "got nowhere" if story.verdict and story.verdict.by == "guard" else "failed"
    title = f"rollback {end}, a person is needed; {failed_version(story)}: {_because(story)}"
    return title, _lines(
        story,
        "The toolkit tries no second time.",
        f"Next: see why {older_version(story)} does not start either, or deploy a version that works.",
    )


def _evidence(story: Story) -> Words:
    title = f"more about why {failed_version(story)} failed, {_because(story)}"
    return title, _lines(story, _next(story))


def _superseded(story: Story) -> Words:
    gone = story.reality.status not in ("ACTIVE", "DRAINING")
    then = "the service was deleted" if gone else "a newer deployment has replaced it"
    title = f"{failed_version(story)} failed, and {then}"
    because = story.verdict.rules if story.verdict else ()
    told = sentence("; ".join(because))
    return title, f"{why(story)}\n{told} Nothing was done, and nothing is to be done about it."


def _recovered(story: Story) -> Words:
    title = f"{failed_version(story)} is deployed after all"
    return title, f"It had failures before: {_because(story)}.\n{standing.serving(story)}"


def _blind(story: Story) -> Words:
    unread = "; ".join(story.verdict.rules if story.verdict else story.reality.blind)
    return (
        f"blind, whether {failed_version(story)} failed is not known",
        (
            f"{sentence(unread or 'AWS could not be asked')}\nNothing will be done until it can be read. "
            "Next: look at the service yourself; if this stays, check the permissions of the guard."
        ),
    )


def _worse(story: Story) -> Words:
    fired = story.row.bake.fired if story.row.bake else ()
    title = f"{failed_version(story)} got worse, alarm {', '.join(fired) or '?'} went off"
    return title, _lines(story, _next(story))


def _acted(story: Story) -> Words:
    row = story.audit
    if row is None:
        return _failed(story)
    old = row.task_definition.rpartition("/")[2] if row.task_definition else older_version(story)
    new = failed_version(story)
    titles = {
        "REQUESTED": f"the toolkit rolls back to {old}; {fate(story)}",
        "CONFIRMED": f"the rollback to {old} {row.stands or 'is under way'}; {fate(story)}",
        "UNCONFIRMED": f"whether {new} was rolled back is not known, look at the service",
        "DRY_RUN": f"dry run, would roll back to {old}; {fate(story)}",
        "FAILED": f"AWS refused the rollback of {new}, roll back by hand",
        "SUPERSEDED": f"no rollback of {new}, somebody else was faster",
    }
    title = titles.get(row.state, f"no rollback of {new}")
    return title, _lines(story, _next(story))


def _follows(story: Story) -> Words:
    verbs = {"nothing": "stays, though it was released", "act": "goes back", "wait": "goes back"}
    kind = story.decision.kind if story.decision else "nothing"
    return (
        f"{failed_version(story)} {verbs.get(kind, 'would go back')} with {leader(story)}",
        _lines(story, _next(story)),
    )


def _left_behind(story: Story) -> Words:
    title = f"{failed_version(story)} was not rolled back with {leader(story)}"
    return title, _lines(story, "Nothing more is tried.", _next(story))


def _known_bad(story: Story) -> Words:
    # The decision of a deployment that is under way says at most that it has not failed yet.
    acted = standing.acted(story.audit, story) if story.audit else ""
    settled = story.decision is not None and story.decision.kind != "nothing"
    decided = standing.decided(story.decision, story) if story.decision and settled else ""
    return (
        f"{failed_version(story)} is being deployed and known to be bad",
        (
            f"{_failed_before(story)}\n{acted or decided or 'It is deployed again all the same.'} "
            "Next: stop the deployment, or deploy a version that was corrected."
        ),
    )


def _failed_before(story: Story) -> str:
    bad = story.bad
    return sentence(f"it failed on {day(bad.at)}: {bad.why}" if bad else "it failed before")


def _hook(story: Story) -> Words:
    hook, deployment = hook_of(story), story.reality.find(story.row.id)
    until = f" until {clock(hook.expires_at)}" if hook and hook.expires_at else ""
    stage = f" in stage {deployment.stage}" if deployment and deployment.stage else ""
    then = {"CONTINUE": "goes on", "ROLLBACK": "rolls back"}.get(
        (hook.on_timeout if hook else None) or "ROLLBACK", "ends it"
    )
    return (
        f"{failed_version(story)} waits for an answer{until}",
        (
            f"The deployment waits{stage} for somebody to say whether it goes on.\n"
            f"Next: answer with one of the commands below; without an answer ECS {then}."
        ),
    )


def _unknown_event(story: Story) -> Words:
    name = story.stage.removeprefix(UNKNOWN_EVENT)
    return (
        f"ECS sent {name}, which this version does not know",
        "Nothing was done about it.\nNext: see whether a newer version of the toolkit does.",
    )


def _started(story: Story) -> Words:
    old = older_version(story)
    new = failed_version(story)
    return f"deploying {new}", f"It replaces {old}." if old else "It is the first version."


def _succeeded(story: Story) -> Words:
    return f"{failed_version(story)} is deployed", standing.serving(story)


_BY_BEGINNING: dict[str, Callable[[Story], Words]] = {
    HOOK: _hook,
    UNKNOWN_EVENT: _unknown_event,
}
_STAGES: dict[str, Callable[[Story], Words]] = {
    "failed": _failed,
    "stalled": _stalled,
    "rolling-back": _rolling_back,
    "rolled-back": _rolled_back,
    "rollback-failed": _rollback_failed,
    "superseded": _superseded,
    "evidence": _evidence,
    "recovered": _recovered,
    "blind": _blind,
    "bake-alarm": _worse,
    "alarm-over": watched.calm,
    "late-alarm": watched.late,
    "unwatched": watched.unwatched,
    "acted": _acted,
    "follows": _follows,
    "left-behind": _left_behind,
    "known-bad": _known_bad,
    "started": _started,
    "succeeded": _succeeded,
}
