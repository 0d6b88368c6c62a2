"""What is done about an assessment, by mode; and what is remembered afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from queue_scaling.assessment import Assessment
from queue_scaling.direct import Decision, Memory, decide
from queue_scaling.explain import explanation, one_line
from queue_scaling.managed import Plan, plan
from queue_scaling.state import Change, ServiceState

# A lost tick or two are no gap.
_FORGOTTEN_WINDOWS = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """``decision`` in direct mode and on dry run, ``plan`` in managed mode; ``acts`` if it is meant."""

    assessment: Assessment
    before: ServiceState | None
    decision: Decision
    plan: Plan | None = None
    acts: bool = False

    @property
    def count(self) -> int | None:
        """The desired count to be set now; None if it stays."""
        desired = self.assessment.observed.tasks.desired
        if not self.acts or self.plan is not None or self.decision.count == desired:
            return None
        return self.decision.count

    @property
    def calls(self) -> bool:
        """Whether anything is to be changed now."""
        return self.count is not None or bool(self.plan and self.plan.calls)


def conclude(
    assessment: Assessment, before: ServiceState | None, now: float, *, dry_run: bool
) -> Outcome:
    """Decide; on dry run everything is decided as in direct mode, and nothing is done."""
    config, tasks = assessment.config, assessment.observed.tasks
    mode = "dry-run" if dry_run and config.mode in ("managed", "direct") else config.mode
    window_s = max(config.window_s, config.interval_s)
    decision = decide(
        assessment.signal,
        tasks.desired,
        _memory(before, now, window_s),
        now,
        window_s=window_s,
        out_step=config.out_step,
    )
    if mode == "managed":
        required = assessment.signal.required
        return Outcome(
            assessment, before, decision, plan(config, required, tasks, before, now), acts=True
        )
    return Outcome(assessment, before, decision, acts=mode == "direct")


def change_of(outcome: Outcome, now: float) -> Change | None:
    """A change of the desired count: ours, or one that somebody else made since the last look."""
    tasks, before = outcome.assessment.observed.tasks, outcome.before
    if outcome.count is not None:
        reason = f"{outcome.decision.reason} ({one_line(outcome.assessment)})"
        return Change(now, tasks.desired, outcome.count, reason)
    if before is None or not before.since or before.desired == tasks.desired:
        return None
    mode = outcome.assessment.config.mode
    who = "Application Auto Scaling" if mode in ("metric", "managed") else "somebody else"
    seen = f"{before.required} were required when last looked at ({before.reason})"
    return Change(now, before.desired, tasks.desired, f"by {who}; {seen}")


def state_after(outcome: Outcome, now: float, *, succeeded: bool) -> ServiceState:
    """What to remember; of what failed, nothing: it is done again at the next tick."""
    assessment, before = outcome.assessment, outcome.before
    old = before or ServiceState(at=now)
    memory, tasks = outcome.decision.memory, assessment.observed.tasks
    done = outcome.count if succeeded and outcome.count is not None else tasks.desired
    latency_s, slo_s = assessment.latency
    managed = outcome.plan if succeeded else None
    return ServiceState(
        at=now,
        queues=assessment.queues,
        since=memory.since,
        held=memory.held,
        recent=memory.recent,
        required=assessment.signal.required,
        running=tasks.running,
        desired=done,
        latency_s=latency_s,
        slo_s=slo_s,
        change=(change_of(outcome, now) if succeeded else None) or old.change,
        reason=one_line(assessment),
        told="",
        managed=managed.managed if managed else old.managed,
        managed_at=managed.managed_at if managed else old.managed_at,
        lifted=managed.lifted if managed else old.lifted,
        lifted_at=managed.lifted_at if managed else old.lifted_at,
        explanation=(*explanation(assessment), f"decision: {_decided(outcome)}"),
    )


def _decided(outcome: Outcome) -> str:
    mode, desired = outcome.assessment.config.mode, outcome.assessment.observed.tasks.desired
    if outcome.plan is not None:
        return outcome.plan.reason or "managed: target tracking follows the ratio"
    if mode == "metric":
        return "metric: published, whoever scales follows it"
    verb = "set" if outcome.acts else "would set"
    text = f"{verb} {outcome.decision.count}" if outcome.decision.count != desired else "hold"
    return f"{mode}: {text}, {outcome.decision.reason}"


def _memory(before: ServiceState | None, now: float, window_s: float) -> Memory | None:
    # A service that was not looked at for a while begins anew: what was needed then says nothing, and
    # one look after an outage is no window in which little was required.
    if before is None or not before.since or now - before.at > _FORGOTTEN_WINDOWS * window_s:
        return None
    return Memory(before.since, before.at, before.held, before.recent)
