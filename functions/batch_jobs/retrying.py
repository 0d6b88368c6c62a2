"""What follows an attempt: nothing more, or another one, paid from the budget of what went wrong."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from batch_jobs.causes import CAPACITY, QUOTA, waits
from batch_jobs.evaluate_on_exit import glob_matches, says_retry
from batch_jobs.ids import AttemptId
from batch_jobs.spec import Rule, Spec
from batch_jobs.verdict import Kind, Lasting, Verdict
from ecsops.durations import parse_duration

# Even retries that cost nothing end some day.
MOST_ATTEMPTS = 200
_NEVER_AGAIN = frozenset({Kind.TIMED_OUT, Kind.CANCELLED})
_BUDGETS = {
    Kind.NOT_STARTED: "launch",
    Kind.INTERRUPTED: "interruption",
    Kind.LOST: "interruption",
    Kind.FAILED: "application",
    Kind.OUT_OF_MEMORY: "application",
}


class Used(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a shard has used so far."""

    launch: int = 0
    interruption: int = 0
    application: int = 0
    batch: int = 0  # failed attempts, as evaluateOnExit counts them


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an attempt runs: the rung of the capacity ladder, and the memory step (0: as defined)."""

    option: int = 0
    memory: int = 0


class Next(msgspec.Struct, frozen=True, omit_defaults=True):
    """``fail-run`` fails the shard and, with it, the run."""

    step: Literal["done", "failed", "fail-run", "retry"]
    used: Used = Used()
    place: Place = Place()
    due: float = 0.0
    why: str = ""


class Before(msgspec.Struct, frozen=True):
    """What is known from the attempt before: what was used up, and its cause."""

    used: Used = Used()
    cause: str = ""


def next_step(
    spec: Spec, attempt: AttemptId, place: Place, verdict: Verdict, before: Before, at: float
) -> Next:
    """What follows an attempt that ended ``at``. The same arguments give the same answer, always."""
    used = before.used
    if not verdict.failed:
        return Next("done", used, place)
    if verdict.kind in _NEVER_AGAIN:
        return Next("failed", used, place, why="not retried, whatever the rules say")
    if attempt.attempt >= MOST_ATTEMPTS:
        return Next("failed", used, place, why=f"{MOST_ATTEMPTS} attempts")
    nowhere_else = verdict.lasting is Lasting.OTHER_OPTION and len(spec.capacity) == 1
    if verdict.lasting is Lasting.YES or nowhere_else:
        return Next("fail-run", used, place, why="another attempt would be refused too")
    # AWS Batch's strategy counts its attempts whatever their cause.
    in_vain = verdict.lasting is Lasting.SECOND_TIME and before.cause == verdict.cause
    if in_vain and spec.strategy is None:
        return Next("failed", used, place, why=f"{verdict.cause}: twice in a row")
    return _by_policy(spec, attempt, place, verdict, used, at)


def _by_policy(
    spec: Spec, attempt: AttemptId, place: Place, verdict: Verdict, used: Used, at: float
) -> Next:
    rule = next((rule for rule in spec.rules if rule_matches(rule, verdict)), None)
    if rule and rule.action in ("fail", "failRun"):
        step: Literal["failed", "fail-run"] = "failed" if rule.action == "fail" else "fail-run"
        return Next(step, used, place, why=f"rule {spec.rules.index(rule) + 1} says {rule.action}")
    # The rungs of the memory ladder are its own budget; with a rule or without.
    if verdict.kind is Kind.OUT_OF_MEMORY and place.memory < len(spec.memory_steps):
        higher = Place(place.option, place.memory + 1)
        return Next("retry", used, higher, at, f"{spec.memory_steps[place.memory]} MiB")
    option, waits_before = _rung(spec, place, verdict)
    free = rule is not None and rule.action == "ignore"
    paid, refusal = (used, "") if free else _pay(spec, verdict, used, option)
    if refusal:
        return Next("failed", paid, place, why=refusal)
    due = at + (backoff(spec, attempt, verdict.cause) if waits_before else 0.0)
    return Next("retry", paid, Place(option, place.memory), due)


def _pay(spec: Spec, verdict: Verdict, used: Used, option: int) -> tuple[Used, str]:
    """What another attempt costs, or why there is none.

    A round of the capacity ladder costs as much as a single rung; what the account's quota holds up costs
    nothing: its launches go on, ever more slowly, as soon as others end.
    """
    refused_by_run_task = (
        verdict.kind is Kind.NOT_STARTED and verdict.stop_code != "TaskFailedToStart"
    )
    graceful = verdict.kind is Kind.INTERRUPTED and verdict.exit_code == 0
    strategy = spec.strategy
    if strategy and not refused_by_run_task and not graceful:
        # AWS Batch counts every failed attempt; those two it never sees as one.
        used = msgspec.structs.replace(used, batch=used.batch + 1)
        if says_retry(strategy, verdict, used.batch):
            return used, ""
        return used, f"evaluateOnExit: EXIT after attempt {used.batch}"
    goes_on = _looks_elsewhere(verdict) and option != 0
    if verdict.kind is Kind.NOT_STARTED and (goes_on or verdict.cause == QUOTA):
        return used, ""
    budget = _BUDGETS[verdict.kind]
    spent, allowed = getattr(used, budget), getattr(spec.retries, budget)
    if spent >= allowed:
        return used, f"retries.{budget}={allowed} is used up"
    return msgspec.structs.replace(used, **{budget: spent + 1}), ""


def _looks_elsewhere(verdict: Verdict) -> bool:
    return verdict.cause == CAPACITY or verdict.lasting is Lasting.OTHER_OPTION


def _rung(spec: Spec, place: Place, verdict: Verdict) -> tuple[int, bool]:
    """The rung of the capacity ladder for the next attempt, and whether to wait before it."""
    rungs = len(spec.capacity)
    if _looks_elsewhere(verdict):
        # A rung that was not tried yet is tried at once; back on the first one, after a while.
        option = (place.option + 1) % rungs
        return option, option == 0
    if verdict.kind is Kind.INTERRUPTED:
        return min(place.option + 1, rungs - 1), False
    return place.option, True


def backoff(spec: Spec, attempt: AttemptId, cause: str) -> float:
    """Doubling, up to the spec's most, between half and all of it: the same for the same attempt."""
    base, most = parse_duration(spec.retries.backoff), parse_duration(spec.retries.max_backoff)
    whole = min(base * 2 ** min(attempt.attempt - 1, 16) * waits(cause), most)
    drawn = int(hashlib.sha256(attempt.started_by.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return float(whole * (0.5 + drawn / 2))


def rule_matches(rule: Rule, verdict: Verdict) -> bool:
    """Whether all that the rule asks for is so. Exit code 0 is no failure: it never matches."""
    if rule.container is not None and rule.container != verdict.container:
        return False
    code = verdict.exit_code
    if rule.exit_codes is not None and code not in rule.exit_codes:
        return False
    if rule.not_exit_codes is not None and (not code or code in rule.not_exit_codes):
        return False
    if rule.stop_code is not None and not glob_matches(rule.stop_code, _stop_code(verdict)):
        return False
    return rule.reason is None or any(
        glob_matches(rule.reason, text) for text in (verdict.reason, verdict.container_reason)
    )


def _stop_code(verdict: Verdict) -> str:
    """What ECS says; ``Lost`` for a task of which it says nothing any more."""
    return "Lost" if verdict.kind is Kind.LOST else verdict.stop_code or ""
