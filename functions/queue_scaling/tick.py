"""One tick for all services: look, decide, act, publish, remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ecsops.discovery import Discovery
from ecsops.parallel import run_all
from queue_scaling.acting import Acting
from queue_scaling.aws import Aws, Service
from queue_scaling.configuration import ServiceConfig
from queue_scaling.looking import Look, configured, look
from queue_scaling.outcome import Outcome, change_of, conclude, state_after
from queue_scaling.reporting import Reporting, status_of
from queue_scaling.state import REFUSED, ServiceState
from queue_scaling.store import Store
from queue_scaling.telling import ScalingEvent, event_of

INTERVALS, _FAST = (20, 60), (20,)

States = Mapping[str, ServiceState]


@dataclass(slots=True)
class Ticker:
    """Lives as long as the function's process. ``dry_run`` is the whole stack's."""

    aws: Aws
    acting: Acting
    reporting: Reporting
    store: Store
    discovery: Discovery[list[str]]
    dry_run: bool = False
    fast: frozenset[str] | None = None  # services of the 20 s mode, as last seen

    def tick(self, now: float) -> bool:
        """Look after all services; whether some of them want a tick in between."""
        arns = self.discovery.services(now)
        services, unread, states = self._read(arns, INTERVALS)
        configs, problems = configured(services)
        self.fast = frozenset(arn for arn, each in configs.items() if each.interval_s in _FAST)
        found = look(services, configs, states, self.aws, now)
        found.problems |= problems
        found.unread |= unread
        outcomes, after = self._conclude(configs, states, found, now)
        after = _kept(states, found) | after
        after = self._release(states, after, outcomes)
        after = self.reporting.tell_problems(found, services, after, now)
        usual = INTERVALS[-1]
        kept = {
            arn: (configs[arn].interval_s if arn in configs else usual, state)
            for arn, state in after.items()
        }
        self.store.write(kept, status_of(outcomes, found), now)
        return bool(self.fast)

    def tick_between(self, now: float) -> None:
        """Look after the services of the 20 s mode only."""
        arns = self.discovery.services(now) if self.fast is None else sorted(self.fast)
        services, unread, states = self._read(arns, _FAST)
        every, _ = configured(services)
        configs = {arn: each for arn, each in every.items() if each.interval_s in _FAST}
        self.fast = frozenset(configs)
        found = look(services, configs, states, self.aws, now)
        found.unread |= {arn: reason for arn, reason in unread.items() if arn in configs}
        _, after = self._conclude(configs, states, found, now)
        # What was not looked at, whyever, stays as it is until the next tick for all.
        kept = {arn: (_FAST[0], state) for arn, state in {**states, **after}.items()}
        self.store.write(kept, None, now)

    def _read(
        self, arns: list[str], intervals: tuple[int, ...]
    ) -> tuple[dict[str, Service], dict[str, str], dict[str, ServiceState]]:
        answers: list[Any] = run_all(
            [lambda: self.aws.describe(arns), lambda: self.store.read(intervals)]
        )
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        (services, failed), states = answers
        # The tagging API is eventually consistent: that it leaves a service out says nothing. What is
        # known is asked for itself, and given up when it says so.
        more, more_failed = self.aws.describe(states.keys() - set(arns))
        failed |= more_failed
        return services | more, {arn: str(error) for arn, error in failed.items()}, states

    def _conclude(
        self, configs: Mapping[str, ServiceConfig], states: States, found: Look, now: float
    ) -> tuple[dict[str, Outcome], dict[str, ServiceState]]:
        """Decide, act, publish; what came of each service, and what to remember of it."""
        assessed = [configs[arn] for arn in found.assessments]
        fought, unknown = self.acting.fights(assessed, now)
        found.problems |= fought
        found.unread |= unknown
        for arn in unknown:
            del found.assessments[arn]
        outcomes = {
            arn: conclude(each, states.get(arn), now, dry_run=self.dry_run)
            for arn, each in found.assessments.items()
            if arn not in found.problems
        }
        done, refused = self.acting.act(outcomes)
        after, changes = _remembered(outcomes, done, states, now)
        self.reporting.publish(outcomes, found, now)
        self.reporting.tell_changes(changes)
        found.problems |= refused
        found.refused = frozenset(refused)
        return outcomes, after

    def _release(
        self,
        states: States,
        after: dict[str, ServiceState],
        outcomes: Mapping[str, Outcome],
    ) -> dict[str, ServiceState]:
        """Give managed services back whose tag says otherwise, or is gone."""
        if self.dry_run:
            return after
        given_up = [
            arn
            for arn, state in states.items()
            if state.managed
            and (arn not in after or (arn in outcomes and outcomes[arn].plan is None))
        ]
        released = self.acting.release(given_up)
        for arn in given_up:
            if arn in after and arn in released:
                after[arn] = replace(after[arn], managed="", lifted=0)
            elif arn not in released:
                after[arn] = after.get(arn, states[arn])
        return after


def _kept(states: States, found: Look) -> dict[str, ServiceState]:
    """Of services that could not be assessed everything is remembered that was known."""
    return {arn: states[arn] for arn in (*found.problems, *found.unread) if arn in states}


def _remembered(
    outcomes: Mapping[str, Outcome], done: set[str], states: States, now: float
) -> tuple[dict[str, ServiceState], list[ScalingEvent]]:
    after: dict[str, ServiceState] = {}
    changes = []
    for arn, outcome in outcomes.items():
        state = state_after(outcome, now, succeeded=arn in done)
        told = states[arn].told if arn in states else ""
        if arn in done and (outcome.calls or not outcome.acts):
            told = told.removeprefix(REFUSED)
        after[arn] = replace(state, told=told)
        change = change_of(outcome, now) if arn in done else None
        if change is not None:
            changes.append(event_of(arn, outcome.assessment.config.mode, change))
    return after, changes
