"""Decide about services, remember it, do it, and tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec.structs import replace as replace_struct

from ecsops.errors import CallFailed
from ecsops.observability import MetricUnit, count, logger, measure
from ecsops.parallel import run_all
from spot_fallback.aws import Aws
from spot_fallback.control import LONGEST_HOLD_S, quiet_since
from spot_fallback.model import Cover, Evidence, Primary, Shadow
from spot_fallback.news import paid, settled
from spot_fallback.owed import Owed
from spot_fallback.plan import Plan, plan
from spot_fallback.plan import failed as not_done
from spot_fallback.store import Store

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True, slots=True)
class Case:
    """A service that wants a cover, as it was found."""

    primary: Primary
    shadow: Shadow
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of a case; ``before`` was remembered, ``unpaid`` may not have been told."""

    case: Case
    before: Cover
    unpaid: Owed | None
    plan: Plan


@dataclass(frozen=True, slots=True)
class Settler:
    """Lives as long as the function's process. ``dry_run`` is the whole stack's."""

    aws: Aws
    store: Store
    events: EventBridgeClient
    dry_run: bool = False

    def settle(self, cases: Sequence[Case], covers: Mapping[str, Cover], now: float) -> list[str]:
        """See to each of these services; the ARNs of those that could not be finished.

        What has to be told is written with the decision and taken out when it was: whenever the
        process dies, the next look acts on what it finds, and tells what was not told.
        """
        decided = self._unless_unhealthy(
            [self._decide(case, covers, now) for case in cases], covers, now
        )
        self._name(decided)
        outcomes = run_all([lambda each=each: self._do(each, now) for each in decided])  # type: ignore[misc]
        failed, done = [], []
        for each, outcome in zip(decided, outcomes, strict=True):
            arn = each.case.primary.arn
            if isinstance(outcome, CallFailed):
                _count_failure(arn, str(outcome))
                failed.append(arn)
            elif isinstance(outcome, Exception):
                raise outcome
            elif outcome is not None:
                done.append((each, outcome))
                failed += [arn] if outcome.problem else []
        _measure(decided)
        self._tell(done, now)
        return failed

    def _name(self, decided: Sequence[Decided]) -> None:
        """Before anything is told, and one write for all. No cover waits for it: a later look names them."""
        first = {
            each.case.primary.arn
            for each in decided
            if each.plan.cover.told and not each.before.told
        }
        try:
            self.store.note_told(first)
        except CallFailed as error:
            logger.warning("told, not named", services=sorted(first), reason=str(error))

    def _unless_unhealthy(
        self, decided: Sequence[Decided], covers: Mapping[str, Cover], now: float
    ) -> list[Decided]:
        """Nothing is given back for tasks that run and do not answer; for so long, not for ever."""
        asked = [each for each in decided if _gives_back(each, now)]
        calls = [lambda each=each: self._unhealthy(each) for each in asked]
        again = {}
        for each, found in zip(asked, run_all(calls), strict=True):
            primary = each.case.primary
            if isinstance(found, CallFailed):
                logger.error("health not known", service=primary.arn, reason=str(found))
            elif isinstance(found, Exception):
                raise found
            unhealthy = primary.desired if isinstance(found, CallFailed) else found
            if unhealthy:
                case = replace(each.case, primary=replace_struct(primary, unhealthy=unhealthy))
                again[primary.arn] = self._decide(case, covers, now)
        return [again.get(each.case.primary.arn, each) for each in decided]

    def _unhealthy(self, decided: Decided) -> int:
        """Its load balancers know best; without any, its containers' own checks, if they have some."""
        case = decided.case
        groups = _groups(case.primary)
        if groups:
            return self.aws.unhealthy(groups)
        return self.aws.ailing(case.primary.cluster, case.primary.name, case.shadow.name)

    def _decide(self, case: Case, covers: Mapping[str, Cover], now: float) -> Decided:
        before = covers.get(case.primary.arn, Cover())
        cover, unpaid = settled(before, case.shadow)
        dry_run = self.dry_run or case.primary.settings.mode == "dry-run"
        planned = plan(case.primary, case.shadow, cover, case.evidence, now, dry_run=dry_run)
        return Decided(case, before, unpaid, planned)

    def _do(self, decided: Decided, now: float) -> Plan | None:
        """Remember first: of two runs at once only one acts. None if that was the other one."""
        primary, planned, before = decided.case.primary, decided.plan, decided.before
        if decided.unpaid:
            # Before the write that forgets it.
            self._publish([(decided.unpaid, primary)])
        if planned.cover != before and not self.store.write(primary.arn, planned.cover, now):
            return None
        try:
            for action in planned.actions:
                self.aws.perform(action)
        except CallFailed as error:
            _count_failure(primary.arn, str(error))
            undone = not_done(planned, before, str(error), primary, now)
            self.store.write(primary.arn, undone.cover, now)
            written = undone.cover.version + 1
            return replace_struct(undone, cover=replace_struct(undone.cover, version=written))
        if planned.cover == before:
            return planned
        return replace_struct(
            planned, cover=replace_struct(planned.cover, version=planned.cover.version + 1)
        )

    def _tell(self, done: Sequence[tuple[Decided, Plan]], now: float) -> None:
        owing = [
            (each.case.primary, outcome.cover.owed, outcome.cover)
            for each, outcome in done
            if outcome.cover.owed
        ]
        self._publish([(owed, primary) for primary, owed, _ in owing])
        told = [(primary.arn, paid(cover, owed)) for primary, owed, cover in owing]
        # Not written, it is told again, and the receiver knows it by its key.
        written = run_all([lambda a=a, c=c: self.store.write(a, c, now) for a, c in told])  # type: ignore[misc]
        for (arn, _), outcome in zip(told, written, strict=True):
            if isinstance(outcome, Exception):
                logger.warning("told, not noted as told", service=arn, reason=str(outcome))

    def _publish(self, owing: Sequence[tuple[Owed, Primary]]) -> None:
        if owing:
            # In most minutes there is nothing to tell: the start does not load what it takes.
            from spot_fallback.telling import tell

            tell(self.events, owing)


def _gives_back(decided: Decided, now: float) -> bool:
    planned = decided.plan
    waits = now - quiet_since(decided.before) < LONGEST_HOLD_S
    return bool(planned.actions and planned.target < planned.before and waits)


def _groups(primary: Primary) -> list[str]:
    balancers = primary.wanted.get("loadBalancers", ())
    return [each["targetGroupArn"] for each in balancers if each.get("targetGroupArn")]


def _count_failure(arn: str, reason: str) -> None:
    count("FallbackFailures")
    logger.error("cover not changed", service=arn, reason=reason)


def _measure(decided: Sequence[Decided]) -> None:
    for each in decided:
        primary, planned = each.case.primary, each.plan
        cluster, service = primary.place
        uncovered = max(0, primary.missing - each.case.shadow.running)
        if planned.target or planned.before or uncovered:
            for name, value in (("FallbackTasks", planned.target), ("MissingTasks", uncovered)):
                measure(name, MetricUnit.Count, value, Cluster=cluster, Service=service)
        if primary.problems or primary.settings.problems:
            count("ConfigurationErrors", Cluster=cluster, Service=service)
