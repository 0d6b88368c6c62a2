"""What is to be done about one service: actions, and what people have to know."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from ecsops.wording import counted
from spot_fallback import news as told
from spot_fallback.control import Control, control
from spot_fallback.following import is_behind, noted
from spot_fallback.model import Cover, Evidence, Primary, Shadow
from spot_fallback.owed import News, Owed
from spot_fallback.shadow import differences

_LONGEST_PROBLEM = 400


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


class Plan(msgspec.Struct, frozen=True):
    """What to do and to remember. ``before`` and ``target`` are tasks of the cover.

    ``incident`` is when the cover began that the news are about; ``problem`` why it was not done.
    """

    before: int
    target: int
    reason: str
    cover: Cover
    actions: tuple[Action, ...] = ()
    incident: float = 0.0
    problem: str = ""

    @property
    def news(self) -> tuple[News, ...]:
        """What to tell."""
        return self.cover.owed.news if self.cover.owed else ()


def plan(
    primary: Primary, shadow: Shadow, cover: Cover, evidence: Evidence, now: float, *, dry_run: bool
) -> Plan:
    """Decide about a service whose tag says ``on`` or ``dry-run``; ``cover`` owes nothing."""
    problems = (*primary.settings.problems, *primary.problems)
    if problems:
        # Nothing is changed: a cover that is there stays as it is until a person has decided.
        text = "; ".join(problems)
        unable = Plan(shadow.desired, shadow.desired, text, cover)
        news = told.unable(cover, problems, now)
        news += told.lasting(primary, cover.since, shadow.desired, now)
        return _told(unable, primary, news, now)
    if not shadow.ours:
        text = (
            f"the service {shadow.name} is not this toolkit's (its tag ecs-ops:fallback-for does not "
            "name this service): rename or delete it, or switch the cover off"
        )
        taken = Plan(shadow.desired, shadow.desired, text, cover)
        return _told(taken, primary, told.taken(cover, text, now), now)
    wished = control(primary, shadow, noted(primary, shadow, cover), evidence, now)
    if shadow.status == "draining":
        reason = "the cover was deleted and still drains: it is made anew once it is gone"
        news = [News("edited", f"deleted-{shadow.arn}", reason)] if wished.target else []
        return _told(Plan(0, 0, reason, replace(wished.cover, target=0)), primary, news, now)
    actions = _actions(primary, shadow, wished)
    if dry_run:
        would = replace(wished.cover, target=shadow.desired, since=cover.since)
        text = f"would have {counted(wished.target, 'task')} on demand: {wished.reason}"
        news = told.would(cover, wished.target, text, now) if actions else told.would_not(cover)
        news += told.mended(cover) + told.lasting(primary, cover.since, shadow.desired, now)
        return _told(Plan(shadow.desired, shadow.desired, text, would), primary, news, now)
    confirmed = not actions and shadow.desired == wished.target
    kept = replace(wished.cover, confirmed=confirmed)
    incident = wished.cover.since or cover.since
    done = Plan(
        shadow.desired, wished.target, wished.reason, kept, tuple(actions), incident=incident
    )
    return _told(done, primary, told.of_a_look(primary, shadow, cover, wished, now), now)


def failed(planned: Plan, before: Cover, problem: str, primary: Primary, now: float) -> Plan:
    """What remains of a plan whose action was refused: its news did not come true, this did.

    The cover has been written once since ``before`` if the plan changed it.
    """
    written = planned.cover.version + (planned.cover != before)
    cover = replace(planned.cover, told=before.told, confirmed=False, version=written)
    text = (
        f"the cover could not be set from {planned.before} to {counted(planned.target, 'task')}, "
        f"which is tried again each minute: {problem[:_LONGEST_PROBLEM]}"
    )
    done = replace(
        planned, target=planned.before, reason=text, cover=cover, actions=(), problem=problem
    )
    return _told(done, primary, [News("failed", "failed", text)], now)


def _actions(primary: Primary, shadow: Shadow, wished: Control) -> list[Action]:
    if shadow.status == "absent":
        if not wished.target:
            return []
        return [Create(primary.cluster, wished.target, dict(primary.wanted))]
    # A deployment or a freeze of the primary is not ours to carry into the cover.
    settled = not (primary.deploying or primary.settings.frozen)
    changes = differences(primary.wanted, shadow.shape) if settled else {}
    if settled and is_behind(primary, wished.cover):
        changes["forceNewDeployment"] = True
    desired = wished.target if wished.target != shadow.desired else None
    if desired is None and not changes:
        return []
    return [Update(primary.cluster, shadow.name, desired, changes)]


def _told(done: Plan, primary: Primary, news: list[News], now: float) -> Plan:
    owed = Owed(
        id=f"{primary.arn}/{done.cover.version + 1}",
        at=now,
        before=done.before,
        target=done.target,
        wanted=primary.desired,
        there=primary.there,
        running=primary.running,
        missing=primary.missing,
        reason=done.reason,
        incident=done.incident or done.cover.since or done.cover.raised_at,
    )
    return replace(done, cover=told.owing(owed, done.cover, news))
