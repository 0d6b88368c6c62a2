"""What the watch after COMPLETED comes to when nothing is rolled back."""

from __future__ import annotations

from deploy_guard.story import Story
from deploy_guard.wording import standing
from deploy_guard.wording.names import clock, failed_version

_SPACES = (
    " In the tag, names that have spaces themselves are written with a plus between them: "
    "High CPU + 5xx."
)


def late(story: Story) -> tuple[str, str]:
    """An alarm that went off, or came back, after the watch."""
    bake = story.row.bake
    names = ", ".join(bake.late) if bake else "?"
    ended = f" at {clock(bake.ends_at)}" if bake else ""
    return (
        f"alarm {names} went off after the watch of {failed_version(story)}",
        (
            f"The watch ended{ended}: no rollback by itself any more. {standing.serving(story)}\n"
            "Next: look at the alarm; if this version is the reason, roll back with the command below."
        ),
    )


def calm(story: Story) -> tuple[str, str]:
    """An alarm that went off in time, and was over before anything came of it."""
    bake = story.row.bake
    names = ", ".join(bake.fired) if bake else "?"
    new = failed_version(story)
    return (
        f"{new} stays, alarm {names} is over",
        (
            f"It went off while {new} was watched, and is over. The watch has ended: no rollback by itself "
            f"any more. {standing.serving(story)}\n"
            f"Next: see what set it off; {new} counts as bad until it is forgiven with the command below."
        ),
    )


def unwatched(story: Story) -> tuple[str, str]:
    """The watch has ended, and an alarm of it does not exist: that none went off proves nothing."""
    missing = story.row.bake.missing if story.row.bake else ()
    names = ", ".join(missing) or "?"
    what, do = ("alarms", "do") if len(missing) > 1 else ("alarm", "does")
    new = failed_version(story)
    return (
        f"nothing watched {new}, {what} {names} {do} not exist",
        (
            f"The watch after its deployment ended without {names}: {new} does not count as proven good. "
            f"{standing.serving(story)}\n"
            "Next: correct the names in the tag ecs-ops:bake-alarms, or in the service's own deployment "
            f"configuration, or create what is missing.{_SPACES if len(missing) > 1 else ''}"
        ),
    )
