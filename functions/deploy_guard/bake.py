"""The watch after COMPLETED: ECS itself protects nothing any more, and most regressions show now.

An alarm counts if it went into ALARM after the watch began. One that was in ALARM already tells
nothing about this version until it has been OK in between; INSUFFICIENT_DATA is neither. An alarm of the
watch can be acted on for as long as it stays in ALARM: one that comes back after the watch is a late one.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from deploy_guard.model import Bake, Deployment, Ledger, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Reality

# Nothing is done any more then, but people are told.
AFTERMATH_S = 3600


class AlarmSeen(msgspec.Struct, frozen=True):
    """An alarm as CloudWatch describes it: its state, and since when it is in it."""

    name: str
    state: str
    since: float


def begun(
    row: Deployment, reality: Reality, settings: OwnerSettings, failures: int, now: float
) -> Deployment:
    """The row with its watch, if it is to be watched.

    ``failures`` are its tasks that have failed so far. A rollback of ours is not watched: what it
    went back to has proven good before. What completed so long ago that its watch would be over has
    not been watched: it is neither proven nor condemned.
    """
    if row.outcome is not Outcome.SUCCEEDED or row.bake is not None:
        return row
    if row.rolls_back or reality.desired == 0:
        return row
    alarms = settings.bake_alarms if settings.bake_alarms is not None else reality.alarm_names
    bake = Bake(row.outcome_at, row.outcome_at + settings.bake_s, alarms, failures=failures)
    if bake.ends_at <= now:
        bake = Bake(bake.began, bake.ends_at, cancelled=True, over=True)
    return msgspec.structs.replace(row, bake=bake)


def resumed(
    back: Deployment, ledger: Ledger, reality: Reality, settings: OwnerSettings, now: float
) -> Deployment | None:
    """The row of what serves again since ``back`` was rolled back, watched once more; None if it need not.

    A watch that was cut short proved nothing, and without proof a much older version would be gone back
    to, however long this one serves from now on.
    """
    if back.outcome is not Outcome.ROLLED_BACK or back.serving is None or reality.desired == 0:
        return None
    if any(one.began > back.began and one.rolls_back != back.id for one in ledger.deployments):
        return None
    older = (one for one in ledger.deployments if one.began < back.began)
    row = next((one for one in older if one.target.is_same(back.serving)), None)
    if row is None or row.outcome is not Outcome.SUCCEEDED or row.bake is None:
        return None
    # Not cut short yet, where the newer one is seen only now that it has been rolled back.
    unproven = row.bake.cancelled or not (row.bake.over or row.bake.again)
    if not unproven or row.bake.fired:
        return None
    alarms = settings.bake_alarms if settings.bake_alarms is not None else reality.alarm_names
    failures = failures_of(row, ledger)
    bake = Bake(now, now + settings.bake_s, alarms, failures=failures, again=True)
    return msgspec.structs.replace(row, bake=bake)


def failures_of(row: Deployment, ledger: Ledger) -> int:
    """How many of its tasks have failed, also under the rollbacks that brought its version back."""
    mine = [
        one
        for one in ledger.deployments
        if one.id == row.id
        or (one.rolls_back and one.began > row.began and one.target.is_same(row.target))
    ]
    return sum(ledger.counts.get(one.ecs_id or "", 0) for one in mine)


def after_look(bake: Bake, alarms: tuple[AlarmSeen, ...], now: float) -> Bake:
    """The watch after a look at its alarms.

    One that goes off in a watch of what serves again ends it without proof, and nothing else comes of
    it: it is no news of a deployment, and nobody chains to ever older versions.
    """
    seen = watched(bake, alarms, now)
    if bake.again and seen.fired:
        return Bake(bake.began, bake.ends_at, over=True, cancelled=True)
    return seen


def watched(bake: Bake, alarms: tuple[AlarmSeen, ...], now: float) -> Bake:
    """The watch after a look at its alarms."""
    if bake.over and now > bake.ends_at + AFTERMATH_S:
        return bake
    off = [
        one
        for one in alarms
        if one.name in bake.alarms and one.state == "ALARM" and one.since > bake.began
    ]
    if not bake.over:
        known = {one.name for one in alarms}
        inside = [one for one in off if one.since <= bake.ends_at]
        bake = msgspec.structs.replace(
            bake,
            fired=_joined(bake.fired, tuple(one.name for one in inside)),
            fired_at=bake.fired_at or min((one.since for one in inside), default=0.0),
            missing=tuple(name for name in bake.alarms if name not in known),
        )
    bake = still_firing(bake, off)
    late = tuple(one.name for one in off if one.name not in bake.firing)
    return msgspec.structs.replace(
        bake, over=bake.over or now >= bake.ends_at, late=_joined(bake.late, late)
    )


def still_firing(bake: Bake, alarms: Iterable[AlarmSeen]) -> Bake:
    """Those that are still in ALARM, without a break: one that came and went proves nothing."""
    now = {
        one.name
        for one in alarms
        if one.state == "ALARM" and bake.began < one.since <= bake.ends_at
    }
    return msgspec.structs.replace(bake, firing=tuple(one for one in bake.fired if one in now))


def cut_short(row: Deployment, deployments: tuple[Deployment, ...]) -> Deployment:
    """A newer deployment ends the watch and what follows it: alarms speak of another version then."""
    bake = row.bake
    if bake is None or bake.cancelled:
        return row
    since = bake.began if bake.again else row.began
    if not any(one.began > since for one in deployments):
        return row
    if bake.over and bake.firing:
        return row
    cut = msgspec.structs.replace(bake, alarms=(), over=True, cancelled=not bake.over)
    return msgspec.structs.replace(row, bake=cut)


def came_to_nothing(bake: Bake) -> bool:
    """Whether the watch has ended, and nothing will come of the alarms that went off in it."""
    return bake.over and bool(bake.fired) and not bake.firing and not bake.cancelled


def proven(bake: Bake, failures: int) -> bool:
    """Whether the version has survived: no alarm, none missing, and no task that failed meanwhile."""
    survived = bake.over and not bake.fired and not bake.cancelled and not bake.missing
    return survived and failures <= bake.failures


def _joined(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))
