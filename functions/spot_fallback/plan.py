"""What is to be done about one service: actions, and what people have to know."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from spot_fallback.control import Control, control
from spot_fallback.model import Cover, Evidence, Primary, Shadow
from spot_fallback.shadow import differences

WAITED_TOO_LONG_S = 600.0
_TOLD_AT_MOST = 12
_LONGEST_PROBLEM = 400

NewsKind = Literal[
    "covering", "grown", "capped", "on-demand-short", "waiting", "long", "edited", "restored",
    "problem", "mended", "taken", "would", "failed",
]  # fmt: skip


class Create(msgspec.Struct, frozen=True):
    """CreateService with ``desired`` tasks."""

    cluster: str
    desired: int
    parameters: dict[str, Any]


class Update(msgspec.Struct, frozen=True):
    """UpdateService: the desired count, what follows the primary, or both."""

    cluster: str
    name: str
    desired: int | None = None
    changes: dict[str, Any] = {}


class Delete(msgspec.Struct, frozen=True):
    """DeleteService, its tasks included."""

    cluster: str
    name: str


Action = Create | Update | Delete


class News(msgspec.Struct, frozen=True):
    """One thing to tell; ``key`` makes it unique within the incident."""

    kind: NewsKind
    key: str
    text: str


class Plan(msgspec.Struct, frozen=True):
    """What to do, to tell and to remember. ``before`` and ``target`` are tasks of the cover.

    ``incident`` is when the cover began that the news are about; ``problem`` why it was not done.
    """

    before: int
    target: int
    reason: str
    cover: Cover
    actions: tuple[Action, ...] = ()
    news: tuple[News, ...] = ()
    incident: float = 0.0
    problem: str = ""


def plan(
    primary: Primary, shadow: Shadow, cover: Cover, evidence: Evidence, now: float, *, dry_run: bool
) -> Plan:
    """Decide about a service whose tag says ``on`` or ``dry-run``."""
    problems = (*primary.settings.problems, *primary.problems)
    if problems:
        return _unable(shadow, cover, problems)
    if not shadow.ours:
        text = (
            f"the service {shadow.name} is not this toolkit's (its tag ecs-ops:fallback-for does not "
            "name this service): rename or delete it, or switch the cover off"
        )
        return _told(
            Plan(shadow.desired, shadow.desired, text, cover), [News("taken", "taken", text)]
        )
    wished = control(primary, shadow, cover, evidence, now)
    if shadow.status == "draining":
        reason = "the cover was deleted and still drains: it is made anew once it is gone"
        news = [News("edited", f"deleted-{shadow.arn}", reason)] if wished.target else []
        return _told(Plan(0, 0, reason, replace(wished.cover, target=0)), news)
    actions = _actions(primary, shadow, wished)
    news = list(_news(primary, shadow, cover, wished, now))
    if dry_run:
        would = replace(wished.cover, target=shadow.desired, since=cover.since)
        text = f"would have {wished.target} tasks on demand: {wished.reason}"
        told = [News("would", f"would-{wished.target}", text)] if actions else []
        return _told(Plan(shadow.desired, shadow.desired, text, would), told)
    confirmed = not actions and shadow.desired == wished.target
    kept = replace(wished.cover, confirmed=confirmed)
    done = Plan(shadow.desired, wished.target, wished.reason, kept, tuple(actions))
    return _told(replace(done, incident=wished.cover.since or cover.since), news)


def failed(planned: Plan, before: Cover, problem: str) -> Plan:
    """What remains of a plan whose action was refused: its news did not come true, this did.

    The cover has been written once since ``before`` if the plan changed it.
    """
    written = planned.cover.version + (planned.cover != before)
    cover = replace(planned.cover, told=before.told, confirmed=False, version=written)
    text = (
        f"the cover could not be set from {planned.before} to {planned.target} tasks, "
        f"which is tried again each minute: {problem[:_LONGEST_PROBLEM]}"
    )
    done = replace(
        planned, target=planned.before, reason=text, cover=cover, actions=(), problem=problem
    )
    return _told(done, [News("failed", "failed", text)])


def _actions(primary: Primary, shadow: Shadow, wished: Control) -> list[Action]:
    if shadow.status == "absent":
        if not wished.target:
            return []
        return [Create(primary.cluster, wished.target, dict(primary.wanted))]
    # A deployment or a freeze of the primary is not ours to carry into the cover.
    settled = not (primary.deploying or primary.settings.frozen)
    changes = differences(primary.wanted, shadow.shape) if settled else {}
    desired = wished.target if wished.target != shadow.desired else None
    if desired is None and not changes:
        return []
    return [Update(primary.cluster, shadow.name, desired, changes)]


def _news(
    primary: Primary, shadow: Shadow, cover: Cover, wished: Control, now: float
) -> list[News]:
    found = []
    since = f"{wished.cover.since:.0f}"
    if wished.target > shadow.desired:
        kind: NewsKind = "grown" if shadow.desired else "covering"
        found.append(News(kind, f"{kind}-{wished.target}", wished.reason))
    if cover.confirmed and shadow.desired != cover.target:
        was = f"from {cover.target} to {shadow.desired} tasks"
        text = f"somebody set the cover {was}; the toolkit sets it to {wished.target}"
        found.append(News("edited", f"edited-{shadow.desired}", text))
    most = primary.settings.most
    if most is not None and wished.cover.since and primary.deficit > most:
        text = f"{primary.deficit} tasks find no Spot capacity, and only {most} may be covered"
        found.append(News("capped", f"capped-{since}", text))
    if wished.target and now - wished.cover.on_demand_short_at < WAITED_TOO_LONG_S:
        text = "there is no on-demand capacity either: the cover cannot start"
        found.append(News("on-demand-short", f"on-demand-{since}", text))
    if wished.cover.waiting_since and now - wished.cover.waiting_since >= WAITED_TOO_LONG_S:
        text = f"{primary.deficit} tasks find no Spot capacity and are not covered: {wished.reason}"
        found.append(News("waiting", f"waiting-{wished.cover.waiting_since:.0f}", text))
    lasted = now - wished.cover.since if wished.cover.since else 0.0
    if lasted > primary.settings.longest_s:
        day = int(lasted // primary.settings.longest_s)
        text = f"the cover of {wished.target} tasks has lasted for {lasted / 3600:.0f} hours"
        found.append(News("long", f"long-{since}-{day}", text))
    if shadow.desired and not wished.target:
        found.append(News("restored", f"restored-{cover.since:.0f}", "all tasks run on Spot again"))
    if not wished.target and not shadow.desired and "failed" in cover.told:
        found.append(
            News("restored", f"restored-{cover.since:.0f}", "no task needs a cover any more")
        )
    if any(key.startswith("problem-") for key in cover.told):
        found.append(News("mended", f"mended-{now:.0f}", "its cover works again"))
    return found


def _unable(shadow: Shadow, cover: Cover, problems: tuple[str, ...]) -> Plan:
    """Nothing is changed: a cover that is there stays as it is until a person has decided."""
    text = "; ".join(problems)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    news = News("problem", f"problem-{digest}", text)
    return _told(Plan(shadow.desired, shadow.desired, text, cover), [news])


def _told(done: Plan, news: list[News]) -> Plan:
    """Tell each thing once; the end of something makes what was told of it old."""
    before = done.cover.told
    fresh = tuple(each for each in news if each.key not in before)
    ends = any(each.kind in ("restored", "mended") for each in fresh)
    told = () if ends else (*before, *(each.key for each in fresh))[-_TOLD_AT_MOST:]
    return replace(done, cover=replace(done.cover, told=told), news=fresh)
