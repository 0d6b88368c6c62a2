"""What is known of versions: which have proven good, which have failed, and which a person has forgiven."""

from __future__ import annotations

import msgspec

from deploy_guard.model import Deployment, Judged, Ledger, Outcome
from deploy_guard.reality import Reality

_JUDGED, _FORGIVEN = 60, 20


def with_judgement(ledger: Ledger, judged: Judged) -> Ledger:
    """Of what is known about a version the latest holds, whenever it was learned."""
    if not judged.good and any(_covers(one, judged) for one in ledger.forgiven):
        return ledger
    same = [one for one in ledger.judged if one.version.is_same(judged.version)]
    if any((one.at, one.good) >= (judged.at, judged.good) for one in same):
        return ledger
    kept = [one for one in ledger.judged if one not in same]
    newest = sorted((*kept, judged), key=lambda one: (one.at, one.deployment))[-_JUDGED:]
    return msgspec.structs.replace(ledger, judged=tuple(newest))


def forgiven(ledger: Ledger, bad: Judged) -> Ledger:
    """A person says that a version is not bad: what it was called bad for counts no more.

    That is remembered, for the next look at the deployment would find the same again. A later deployment
    of it that fails is another matter.
    """
    kept = tuple(one for one in ledger.judged if one.good or not one.version.is_same(bad.version))
    return msgspec.structs.replace(
        ledger, judged=kept, forgiven=(*ledger.forgiven, bad)[-_FORGIVEN:]
    )


def redeploys(row: Deployment) -> bool:
    """Whether it is of the version that ran before: that is started again, or moved."""
    return row.source is not None and row.source.is_same(row.target)


def served_before(row: Deployment, ledger: Ledger, reality: Reality) -> bool:
    """Whether it starts again what has served already, as it was or in another network.

    Then the version is not to blame, and an older one is nothing that anybody asked for.
    """
    version, bad = row.target, ledger.bad(row.target)
    if not redeploys(row) or (bad is not None and bad.deployment != row.id):
        return False
    served = [one.version for one in ledger.judged if one.good]
    served += [
        one.target
        for one in ledger.deployments
        if one.began < row.began and one.outcome is Outcome.SUCCEEDED
    ]
    served += [
        found
        for one in reality.history
        if one.created_at < row.began and one.status == "SUCCESSFUL"
        if (found := reality.version(one.target)) is not None
    ]
    left = any(
        one.rollout_state == "COMPLETED" and one.task_definition == version.task_definition
        for one in reality.deployments
        if one.id != row.ecs_id
    )
    return left or any(one.is_same(version) for one in served)


def _covers(forgiven: Judged, judged: Judged) -> bool:
    same = forgiven.deployment == judged.deployment or forgiven.version.is_same(judged.version)
    return same and judged.at <= forgiven.at
