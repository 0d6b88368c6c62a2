"""What is known of versions: which have proven good, which have failed, and which a person has forgiven."""

from __future__ import annotations

import msgspec

from deploy_guard.model import Judged, Ledger

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


def _covers(forgiven: Judged, judged: Judged) -> bool:
    same = forgiven.deployment == judged.deployment or forgiven.version.is_same(judged.version)
    return same and judged.at <= forgiven.at
