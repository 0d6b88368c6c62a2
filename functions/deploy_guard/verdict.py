"""What a deployment has come to: a function of what is remembered and of what AWS shows now."""

from __future__ import annotations

import msgspec

from deploy_guard.model import Outcome, Version


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """``serving`` is what runs, or will once ECS is done; ``says`` are ECS's own words.

    ``by`` is who called it: ``ecs``, or ``guard`` where ECS itself would try for ever. ``rules`` are
    the sentences that led here.
    """

    outcome: Outcome
    at: float
    target: Version | None = None
    serving: Version | None = None
    says: str | None = None
    by: str = "ecs"
    rules: tuple[str, ...] = ()
