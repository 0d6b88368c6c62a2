"""Whether to act: what the rules say together, and the action that it comes to."""

from __future__ import annotations

from typing import Literal

import msgspec

from deploy_guard import gates
from deploy_guard.actions import Action
from deploy_guard.gates import Case, Rule
from deploy_guard.last_known_good import Candidate, Rejection
from deploy_guard.model import Version
from deploy_guard.rollback_call import Way, way_back

LOOK_AGAIN_S = 60


class Decision(msgspec.Struct, frozen=True):
    """What to do. ``reason`` is the sentence of the rule that settled it.

    ``act``: have the executor do it. ``dry-run``: have it do all but the call. ``would-act``: only say
    what it would be. ``wait`` until ``until``, and look again. ``nothing``. ``action`` is given where
    one is known, so that the alert can name the call. ``target`` is what would be served then.
    """

    kind: Literal["act", "dry-run", "would-act", "wait", "nothing"]
    reason: str
    action: Action | None = None
    target: Version | None = None
    until: float | None = None
    rules: tuple[Rule, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    proof: str | None = None


def decide(case: Case, now: float) -> Decision:
    """The decision, with what every rule says."""
    way = way_back(case.row, case.reality, case.candidate)
    said = (
        gates.sees(case),
        gates.failed(case),
        gates.current(case),
        gates.no_loop(case),
        gates.once(case),
        gates.tasks(case),
        gates.cause(case),
        gates.reversible(case),
        gates.owner(case),
        gates.codedeploy(case),
        gates.native(case, now),
        gates.turn(case),
        gates.kill_switch(case),
        gates.freeze(case, now),
        gates.cap(case),
        Rule("way back", way.action is not None, way.says, until=_later(way, now)),
        # The last: what only has to wait for this is done then.
        gates.cool_off(case, now),
    )
    decision = Decision(
        "nothing",
        "",
        action=way.action,
        target=way.target,
        rules=said,
        rejected=case.candidate.rejected,
        proof=case.candidate.proof if isinstance(case.candidate, Candidate) else None,
    )
    against = next((rule for rule in said if not rule.allows), None)
    if against is not None:
        kind: Literal["wait", "nothing"] = "wait" if against.until is not None else "nothing"
        return msgspec.structs.replace(
            decision, kind=kind, reason=against.says, until=against.until
        )
    return _by_mode(case.settings.mode, decision)


def _by_mode(mode: str, decision: Decision) -> Decision:
    says = f"the tag ecs-ops:rollback says {mode}"
    kinds: dict[str, Literal["act", "dry-run", "would-act"]] = {
        "auto": "act",
        "dry-run": "dry-run",
        "notify": "would-act",
    }
    kind = kinds.get(mode, "nothing")
    rule = Rule("mode", mode != "off", says)
    return msgspec.structs.replace(decision, kind=kind, reason=says, rules=(*decision.rules, rule))


def _later(way: Way, now: float) -> float | None:
    return now + LOOK_AGAIN_S if way.undecided else None
