"""The version to go back to: one with proof, never simply the one before.

The one before may itself be a failed one, the image of an old one may have been deleted, and with a
mutable tag the same task definition may be the bad version as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from deploy_guard.model import Deployment, Ledger, Outcome, Version
from deploy_guard.reality import Reality
from deploy_guard.reputation import served_before

PROVEN = "it completed and survived its bake time"
SUCCESSFUL = "ECS calls its deployment successful"
ROLLED_BACK_TO = "ECS rolled back to it successfully"
RAN_BEFORE = "it ran before this deployment"
_RAN_ALREADY = "it served before this deployment too, so an older version is no way back"
STILL_THERE = "its deployment is completed and still draining"


class Rejection(msgspec.Struct, frozen=True):
    """A version that was considered, and why it will not do."""

    version: Version
    why: str


class Candidate(msgspec.Struct, frozen=True):
    """The version to go back to, and what proves it.

    ``copy`` says why it cannot be deployed as it is, but only as a copy: its tags are ``mutable``, or
    the task definition is ``inactive``. ``against_source`` is what speaks against ECS's own way back,
    to the source of the deployment.
    """

    version: Version
    proof: str
    rejected: tuple[Rejection, ...] = ()
    copy: str | None = None
    against_source: str | None = None


class NoCandidate(msgspec.Struct, frozen=True):
    """There is none: a person has to decide."""

    rejected: tuple[Rejection, ...] = ()
    against_source: str | None = None


class Facts(msgspec.Struct, frozen=True):
    """What was found out about candidates, and what the owner has opted in to.

    ``moved`` are pairs of an image's name and a digest that it no longer means.
    """

    inactive: frozenset[str] = frozenset()
    missing_digests: frozenset[str] = frozenset()
    moved: frozenset[tuple[str, str]] = frozenset()
    may_pin: bool = False
    may_reregister: bool = False


def choose(
    failed: Deployment, ledger: Ledger, reality: Reality, facts: Facts
) -> Candidate | NoCandidate:
    """The first version with proof that nothing speaks against."""
    rejected: list[Rejection] = []
    if served_before(failed, ledger, reality):
        return NoCandidate((Rejection(failed.target, _RAN_ALREADY),), _gone(failed.target, facts))
    against_source = _against_source(failed, ledger, facts)
    for version, proof in _considered(failed, ledger, reality):
        if any(version.is_same(one.version) for one in rejected):
            continue
        why = _against(version, failed, ledger, facts) or _against_name(version, failed, facts)
        if why is None:
            copy = _copy(version, failed, facts)
            return Candidate(version, proof, tuple(rejected), copy, against_source)
        rejected.append(Rejection(version, why))
    return NoCandidate(tuple(rejected), against_source)


def _against(version: Version, failed: Deployment, ledger: Ledger, facts: Facts) -> str | None:
    """What speaks against running a version again, by whatever way."""
    if version.is_same(failed.target) or _same_images(version, failed.target):
        return "it is the version that failed"
    bad = ledger.bad(version)
    if bad is not None:
        return f"it is known to be bad: {bad.why}"
    return _gone(version, facts)


def _gone(version: Version, facts: Facts) -> str | None:
    gone = sorted({one.digest for one in version.images if one.digest} & facts.missing_digests)
    return f"its image {gone[0]} is no longer in the registry" if gone else None


def _against_name(version: Version, failed: Deployment, facts: Facts) -> str | None:
    """What speaks against deploying a version by the ARN of its task definition."""
    if version.task_definition in facts.inactive and not facts.may_reregister:
        return "its task definition is INACTIVE (ecs-ops:reregister=on allows a copy)"
    moved = _moved(version, failed.target, facts)
    if _shares_name(version, failed.target):
        mutable = (
            "mutable tag: its task definition is the failed one's, and would start the failed image "
            "again"
        )
    elif moved:
        mutable = f"mutable tag: {moved[0]} means another image by now"
    else:
        return None
    if version.digests is None:
        return f"{mutable}; the digests of its images are not known"
    return None if facts.may_pin else f"{mutable} (ecs-ops:pin-digests=on allows a pinned copy)"


def _against_source(failed: Deployment, ledger: Ledger, facts: Facts) -> str | None:
    """ECS goes back to the source *revision*: neither mutable tags nor INACTIVE are in its way."""
    if failed.source is None:
        return "nothing ran before it"
    return _against(failed.source, failed, ledger, facts)


def _considered(
    failed: Deployment, ledger: Ledger, reality: Reality
) -> Iterator[tuple[Version, str]]:
    for judged in ledger.good():
        yield judged.version, PROVEN
    if failed.source is not None and _succeeded_before(failed.source, failed, ledger):
        yield failed.source, SUCCESSFUL
    yield from _of_ecs_history(failed, reality)
    for done in sorted(reality.code_deployments, key=lambda one: -one.created_at):
        if done.status == "Succeeded" and done.task_definition and done.created_at < failed.began:
            yield Version(done.task_definition), SUCCESSFUL
    if failed.source is not None:
        yield failed.source, RAN_BEFORE
    for shown in reality.deployments:
        if shown.rollout_state == "COMPLETED" and shown.id != failed.ecs_id:
            yield _described(shown.task_definition, reality), STILL_THERE


def _succeeded_before(source: Version, failed: Deployment, ledger: Ledger) -> bool:
    """Whether the ledger remembers the success of what ran before: then there is none that is newer."""
    return any(
        one.outcome is Outcome.SUCCEEDED and one.began < failed.began and one.target.is_same(source)
        for one in ledger.deployments
    )


def needs_history(found: Candidate | NoCandidate, failed: Deployment) -> bool:
    """Whether ECS's own list of successes may know a better one."""
    if not isinstance(found, Candidate):
        return True
    last = failed.source is not None and found.version.is_same(failed.source)
    return found.proof != PROVEN and not (last and found.proof == SUCCESSFUL)


def _of_ecs_history(failed: Deployment, reality: Reality) -> Iterator[tuple[Version, str]]:
    for one in sorted(reality.history, key=lambda one: -one.created_at):
        if one.finished_at is None or one.finished_at > failed.began:
            continue
        target, back = reality.version(one.target), reality.version(one.rolled_back_to)
        if one.status == "SUCCESSFUL" and target is not None:
            yield target, SUCCESSFUL
        elif one.status == "ROLLBACK_SUCCESSFUL" and back is not None:
            yield back, ROLLED_BACK_TO


def _described(task_definition: str, reality: Reality) -> Version:
    known = [one for one in reality.versions.values() if one.task_definition == task_definition]
    return known[0] if len(known) == 1 else Version(task_definition)


def _same_images(version: Version, failed: Version) -> bool:
    """Whether nothing but the name would change.

    With another content it is another version: a configuration that was broken and is not any more.
    """
    if version.digests is None or version.digests != failed.digests:
        return False
    return version.content_hash == failed.content_hash


def _shares_name(version: Version, failed: Version) -> bool:
    return version.task_definition == failed.task_definition


def _moved(version: Version, failed: Version, facts: Facts) -> list[str]:
    """Names of images that would be other ones today.

    The failed version shows it where it has the same name with another digest; of the rest the registry
    was asked.
    """
    resolved = {(one.image, one.digest) for one in failed.images if one.digest}
    names = {name for name, _ in resolved}
    return [
        one.image
        for one in version.images
        if one.digest
        and "@" not in one.image
        and (
            (one.image, one.digest) in facts.moved
            or (one.image in names and (one.image, one.digest) not in resolved)
        )
    ]


def _copy(version: Version, failed: Deployment, facts: Facts) -> str | None:
    if _shares_name(version, failed.target) or _moved(version, failed.target, facts):
        return "mutable"
    return "inactive" if version.task_definition in facts.inactive else None
