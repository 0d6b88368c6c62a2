"""The other services of a release group, as the story of the one that failed tells of them."""

from __future__ import annotations

from deploy_guard.release_group import GOES_BACK, Plan
from deploy_guard.story import Story
from ecsops.alerts import Table

_NAMED = 3


def others(story: Story) -> str:
    """Who was released with it, and what becomes of them: one or two sentences."""
    plan = story.together
    if plan is None or not plan.members:
        return ""
    names = ", ".join(one.name for one in plan.members[:_NAMED])
    more = len(plan.members) - _NAMED
    released = f"Released with it: {names}{f' and {more} more' if more > 0 else ''}"
    following = len(plan.following)
    if not following:
        return f"{released}; none of them goes back with it."
    who = "all" if following == len(plan.members) else f"{following} of {len(plan.members)}"
    verb = "go" if story.outcome in GOES_BACK else "will go"
    return f"{released}; {who} {verb} back with it."


def table(plan: Plan) -> Table:
    """Each service with its version and what becomes of it."""
    rows = tuple(
        (
            one.name,
            one.row.target.name,
            str(one.row.outcome),
            one.stays or f"goes back too, turn {one.order}",
        )
        for one in plan.members
    )
    return Table(
        f"Released with it (group {plan.group})", ("service", "version", "is", "then"), rows
    )
