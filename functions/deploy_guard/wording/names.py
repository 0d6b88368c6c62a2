"""Names, times and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

from deploy_guard.model import Version
from deploy_guard.reputation import redeploys
from deploy_guard.story import Story
from ecsops.arns import parse_arn

_DIGEST = 15


def place(story: Story) -> tuple[str, str]:
    """Cluster and service."""
    service = parse_arn(story.reality.service)
    cluster = service.cluster or (
        parse_arn(story.reality.cluster).name if story.reality.cluster else "default"
    )
    return cluster, service.name


def failed_version(story: Story) -> str:
    """The version that is deployed, told apart from the one before if both have one name."""
    return _told_apart(story.row.target, other_version(story))


def older_version(story: Story) -> str | None:
    """The version that serves, or will again; None: nothing ran before."""
    other = other_version(story)
    if other is None and redeploys(story.row):
        return f"{story.row.target.name}'s older deployment"
    return _told_apart(other, story.row.target) if other else None


def other_version(story: Story) -> Version | None:
    """The version beside the failed one: what is gone back to, or ran before."""
    served = story.verdict.serving if story.verdict else None
    target = story.decision.target if story.decision else None
    for version in (served, target, story.row.serving, story.row.source):
        if version is not None and not version.is_same(story.row.target):
            return version
    return None


def _told_apart(version: Version, other: Version | None) -> str:
    if other is None or version.name != other.name or not version.digests:
        return version.name
    # A mutable tag: one task definition, two images.
    return f"{version.name} ({version.digests[0][1][:_DIGEST]})"


def clock(at: float) -> str:
    """``10:15 UTC``."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M} UTC"


def day(at: float) -> str:
    """``12 Aug 2026``."""
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y}".lstrip("0")


def span(seconds: float) -> str:
    """``97 s``, ``6 min``, ``3 h``."""
    if seconds < 120:
        return f"{round(seconds)} s"
    return f"{round(seconds / 60)} min" if seconds < 7_200 else f"{round(seconds / 3_600)} h"


def counted(number: int, thing: str) -> str:
    """``1 task``, ``2 tasks``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def sentence(text: str) -> str:
    """Begins with a capital letter and ends with a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


def quoted(text: str, who: str = "ECS") -> str:
    """``ECS says "no".`` as the end of a sentence."""
    return f'{who} says "{text.strip().rstrip(".")}".'


def deployer(story: Story) -> str:
    """Whose words a deployment's are."""
    return "CodeDeploy" if story.row.controller == "CODE_DEPLOY" else "ECS"
