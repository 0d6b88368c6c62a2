"""How many tasks the cover has: raised at once, lowered in steps after quiet minutes.

Pure. The primary keeps its desired count, so that ECS itself goes on asking for Spot capacity:
"services retry launching tasks until the required capacity becomes available"
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html).
"""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from ecsops.wording import agreeing, counted
from spot_fallback.model import Cover, Evidence, Primary, Shadow

# How often ECS says that it still finds no place is not documented; about once a minute was seen.
FRESH_S = 300.0
STEP_SHARE = 0.25
STEP_EVERY_S = 60.0
RELAPSE_WITHIN_S = 3_600.0
FORGIVEN_AFTER_S = 21_600.0
LONGEST_HOLD_S = 7_200.0
STARTS_WITHIN_S = 180.0


class Control(msgspec.Struct, frozen=True):
    """The number of tasks, why, and what to remember."""

    target: int
    reason: str
    cover: Cover


def control(
    primary: Primary, shadow: Shadow, cover: Cover, evidence: Evidence, now: float
) -> Control:
    """Decide about the cover; it never acts while a deployment goes on, nor in a freeze."""
    cover = _noted(primary, shadow, cover, evidence, now)
    deficit = primary.deficit
    held = _held(primary)
    short = _short(cover, now)
    elsewhere = _not_allowed(primary) if short else _for_another_reason(primary, now)
    if held is None and elsewhere is None:
        waits = 0.0
    else:
        waits = (cover.waiting_since or (now if short or elsewhere else 0.0)) if deficit else 0.0
    cover = replace(cover, waiting_since=waits)
    if held is not None:
        return Control(shadow.desired, held, cover)
    most = _most(primary)
    needed = min(deficit, most)
    if needed > shadow.desired and short:
        return _raised(primary, shadow, cover, (deficit, needed), now)
    if shadow.desired > min(most, primary.room):
        return _cut(primary, cover, most)
    decided = _lowered(primary, shadow, cover, now)
    stays = elsewhere is not None and decided.target == shadow.desired
    return replace(decided, reason=elsewhere) if stays else decided


def hold_s(primary: Primary, cover: Cover) -> float:
    """How long it must have been quiet before the cover gets smaller: longer after each relapse."""
    return float(min(primary.settings.hold_s * 2.0**cover.relapses, LONGEST_HOLD_S))


def _held(primary: Primary) -> str | None:
    if primary.settings.frozen:
        return "the service is frozen (tag ecs-ops:freeze)"
    if primary.deploying:
        return "a deployment of the service is in progress"
    return None


def _most(primary: Primary) -> int:
    """A service that is wanted smaller, or not at all, is not kept up by its cover."""
    allowed = primary.settings.most
    return primary.desired if allowed is None else min(allowed, primary.desired)


def _not_allowed(primary: Primary) -> str | None:
    forbidden = primary.settings.most == 0 and primary.deficit
    return "its tag ecs-ops:spot-fallback-max allows no task" if forbidden else None


def _for_another_reason(primary: Primary, now: float) -> str | None:
    """Why tasks are missing that would not run on demand either: a quota, no address, an attribute."""
    said = primary.unplaced
    if said is None or said.short or not primary.deficit or not said.holds(now, FRESH_S):
        return None
    return f'on demand they would find no place either, for ECS says "{said.text}"'


def _noted(primary: Primary, shadow: Shadow, cover: Cover, evidence: Evidence, now: float) -> Cover:
    signs = [cover.shortage_at, evidence.spot_at or 0.0]
    said = primary.unplaced
    if said is not None and said.short and primary.spot_only:
        # A shortage that is covered may grow without another word; tasks that fail are none.
        known = shadow.desired > 0 or not said.started
        lasts = primary.deficit and known and said.holds(now, FRESH_S)
        signs.append(now if lasts else said.at)
    if primary.waiting:
        signs.append(now)
    forgiven = cover.relapses and not cover.target and now - cover.lowered_at > FORGIVEN_AFTER_S
    return replace(
        cover,
        shortage_at=min(max(signs), now),
        on_demand_short_at=max(cover.on_demand_short_at, evidence.on_demand_at or 0.0),
        relapses=0 if forgiven else cover.relapses,
        idle_at=(cover.idle_at or now) if _is_idle(shadow, cover, now) else 0.0,
    )


def _is_idle(shadow: Shadow, cover: Cover, now: float) -> bool:
    return shadow.running < shadow.desired and now - cover.raised_at >= STARTS_WITHIN_S


def _short(cover: Cover, now: float) -> bool:
    return now - cover.shortage_at <= FRESH_S


def _raised(
    primary: Primary, shadow: Shadow, cover: Cover, counts: tuple[int, int], now: float
) -> Control:
    deficit, needed = counts
    # What is still covered is still the same shortage, however long it is since it was less.
    recent = shadow.desired > 0 or 0 < now - cover.lowered_at <= RELAPSE_WITHIN_S
    relapsed = recent and cover.lowered_at > cover.raised_at
    reason = (
        f"{deficit} of {counted(primary.desired, 'task')} {agreeing(deficit, 'finds', 'find')} no Spot "
        f"capacity: {needed} {agreeing(needed, 'is', 'are')} started on demand until "
        f"{agreeing(deficit, 'it does', 'they do')}"
    )
    return Control(
        needed,
        reason,
        replace(
            cover,
            target=needed,
            since=cover.since or now,
            peak=max(needed, cover.peak if shadow.desired else 0),
            raised_at=now,
            relapses=cover.relapses + relapsed,
            reason=reason,
        ),
    )


def _cut(primary: Primary, cover: Cover, most: int) -> Control:
    """Lowered at once. It was not Spot that held: what follows is no relapse of it."""
    target = min(most, primary.room)
    reason = f"no more than {counted(most, 'task')} may cover"
    if primary.room < most:
        # Who never wants two at once gets no quiet time: what is back on Spot takes their place.
        at_once = primary.desired * primary.maximum_percent // 100
        on_spot = f"{primary.there} {agreeing(primary.there, 'is', 'are')} on Spot"
        reason = f"no more than {counted(at_once, 'task')} may run at once, and {on_spot}"
    return Control(target, reason, replace(cover, target=target, reason=reason))


def _lowered(primary: Primary, shadow: Shadow, cover: Cover, now: float) -> Control:
    current = shadow.desired
    if current == 0:
        return Control(
            0, "nothing to cover", replace(cover, target=0, since=0.0, peak=0, window_at=0.0)
        )
    excess = current - primary.missing
    if excess <= 0:
        reason = missing(primary.missing)
        return Control(current, reason, replace(cover, target=current, window_at=0.0))
    cover = _seen(primary, cover, current, now)
    wait = hold_s(primary, cover)
    least = _needed(primary, cover, current, wait, now)
    if least >= current:
        left = math.ceil((wait - (now - quiet_since(cover))) / 60)
        reason = f"Spot is back; the cover stays for {counted(left, 'more quiet minute')}"
        return Control(current, reason, replace(cover, target=current))
    if now - cover.lowered_at < STEP_EVERY_S:
        return Control(current, "the last step down is too recent", replace(cover, target=current))
    step = max(1, math.ceil(STEP_SHARE * max(cover.peak, current)))
    target = max(least, current - step)
    quiet = now - quiet_since(cover)
    minutes = round((quiet if quiet >= wait else now - cover.window_at) / 60)
    reason = f"Spot has held for {counted(minutes, 'minute')}: {current - target} fewer on demand"
    return Control(target, reason, replace(cover, target=target, lowered_at=now, reason=reason))


def missing(number: int) -> str:
    """How many tasks are."""
    return f"{counted(number, 'task')} {agreeing(number, 'is', 'are')} missing"


def quiet_since(cover: Cover) -> float:
    """When there was the last sign of a shortage."""
    return max(cover.shortage_at, cover.raised_at)


def _seen(primary: Primary, cover: Cover, current: int, now: float) -> Cover:
    """What was missing at most since less was missing than is covered."""
    if cover.window_at <= cover.raised_at or cover.window_need >= current:
        return replace(cover, window_at=now, window_need=primary.missing)
    return replace(cover, window_need=max(cover.window_need, primary.missing))


def _needed(primary: Primary, cover: Cover, current: int, wait: float, now: float) -> int:
    """How many have to stay covered, as far as can be said.

    Once all is quiet: what is missing. While Spot is still short of some tasks: what was missing at most
    all the time that it takes to trust Spot. That once only: who relapsed waits until it is quiet.
    """
    if now - quiet_since(cover) >= wait:
        return primary.missing
    if not cover.relapses and now - cover.window_at >= wait:
        return cover.window_need
    return current
