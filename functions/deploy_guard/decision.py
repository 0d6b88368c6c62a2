"""Whether to act, and what may stand in the way: every rule says its word, so that people can follow."""

from __future__ import annotations

from typing import Literal

import msgspec

from deploy_guard.actions import Action
from deploy_guard.last_known_good import Rejection
from deploy_guard.model import Version


class Rule(msgspec.Struct, frozen=True):
    """One rule and what it says here."""

    name: str
    allows: bool
    says: str


class Decision(msgspec.Struct, frozen=True):
    """``act`` now, ``would-act`` (dry run, notify), ``wait`` for ECS until ``until``, or do ``nothing``.

    ``reason`` is the sentence of the rule that settled it; ``action`` is also given where it is not
    taken, so that the alert can say what it would be. ``target`` is what will be served afterwards.
    """

    kind: Literal["act", "would-act", "wait", "nothing"]
    reason: str
    action: Action | None = None
    target: Version | None = None
    until: float | None = None
    rules: tuple[Rule, ...] = ()
    rejected: tuple[Rejection, ...] = ()
