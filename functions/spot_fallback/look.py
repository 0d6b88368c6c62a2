"""One look at services: read, decide, remember, act, tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsops import bus, tags
from ecsops.alerts import publish
from ecsops.arns import parse_arn
from ecsops.errors import CallFailed, InvalidMessage
from ecsops.observability import MetricUnit, count, logger, measure
from ecsops.parallel import run_all
from ecsops.services import Described, Place
from spot_fallback.aws import Aws
from spot_fallback.described import primary_of, shadow_of
from spot_fallback.messages import Failure
from spot_fallback.model import Cover, Evidence, Primary, Shadow
from spot_fallback.plan import Delete, Plan, plan
from spot_fallback.plan import failed as not_done
from spot_fallback.shadow import providers_of, shadow_name
from spot_fallback.store import Store
from spot_fallback.telling import DETAIL_TYPE, alert_of, event_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


@dataclass(frozen=True, slots=True)
class Case:
    """A service that wants a cover, as it was found."""

    primary: Primary
    shadow: Shadow
    evidence: Evidence


@dataclass(slots=True)
class Looker:
    """Lives as long as the function's process. ``dry_run`` is the whole stack's."""

    aws: Aws
    store: Store
    events: EventBridgeClient
    dry_run: bool = False

    def look(self, arns: Iterable[str], failures: Sequence[Failure], now: float) -> list[str]:
        """Look after services; the ARNs of those that could not be finished."""
        places = _places(arns)
        described, unread = self.aws.describe([*places, *map(_twin, places)])
        failed = [arn for place, arn in places.items() if place in unread or _twin(place) in unread]
        covered = [
            (place, described[place])
            for place, arn in places.items()
            if arn not in failed and place in described and _wants(described[place])
        ]
        cases, uncounted = self._cases(covered, described, failures, now)
        failed += uncounted
        covers = self.store.read([case.primary.arn for case in cases if _matters(case, now)])
        failed += self._settle(cases, covers, now)
        return failed

    def sweep(self, shadows: Iterable[str], now: float) -> list[str]:
        """Delete covers whose service is gone, or wants none any more; those that could not be."""
        places = _places(shadows)
        described, unread = self.aws.describe(places)
        owners = {place: _owner(each) for place, each in described.items()}
        wanted = _places(owner for owner in owners.values() if owner)
        primaries, unknown = self.aws.describe(wanted)
        failed = [places[place] for place in places if place in unread]
        for place, owner in owners.items():
            if owner is None or described[place]["status"] != "ACTIVE":
                continue
            of_owner = next(iter(_places([owner])), None)
            # Anybody may write such a tag: a cover is only what has its service's name as well.
            if of_owner is None or place != _twin(of_owner):
                continue
            if of_owner in unknown:
                failed.append(places[place])
            elif not _wants(primaries.get(of_owner, {})):
                failed += self._delete(place, places[place], owner, now)
        return failed

    def _cases(
        self,
        covered: Sequence[tuple[Place, Described]],
        described: Mapping[Place, Described],
        failures: Sequence[Failure],
        now: float,
    ) -> tuple[list[Case], list[str]]:
        """ListTasks is asked only where it matters: where there is a cover, or a sign of shortage."""
        cases = []
        asked = []
        for place, each in covered:
            shadow = shadow_of(described.get(_twin(place)), each)
            case = Case(primary_of(each, None, now), shadow, _evidence(each, shadow, failures))
            cases.append(case)
            if _matters(case, now) and not case.primary.problems:
                asked.append((len(cases) - 1, place, each))
        counts = self.aws.count_tasks([place for _, place, _ in asked])
        failed = []
        for (number, _, each), there in zip(asked, counts, strict=True):
            case = cases[number]
            if isinstance(there, CallFailed):
                failed.append(case.primary.arn)
            elif isinstance(there, Exception):
                raise there
            else:
                primary = primary_of(each, there, now)
                cases[number] = Case(primary, case.shadow, case.evidence)
        return [case for case in cases if case.primary.arn not in failed], failed

    def _settle(self, cases: Sequence[Case], covers: Mapping[str, Cover], now: float) -> list[str]:
        plans = [(case, self._plan(case, covers, now)) for case in cases if _matters(case, now)]
        outcomes = run_all([lambda c=c, p=p: self._do(c, p, covers, now) for c, p in plans])  # type: ignore[misc]
        failed, changes, news = [], [], []
        for (case, _), outcome in zip(plans, outcomes, strict=True):
            if isinstance(outcome, CallFailed):
                count("FallbackFailures")
                logger.error("cover not changed", service=case.primary.arn, reason=str(outcome))
                failed.append(case.primary.arn)
            elif isinstance(outcome, Exception):
                raise outcome
            elif outcome is not None:
                if outcome.problem:
                    failed.append(case.primary.arn)
                changes += _changes(case, outcome, now)
                news += [
                    alert_of(each, case.primary, case.shadow, outcome, now) for each in outcome.news
                ]
        _measure(plans)
        publish(self.events, news)
        bus.put(self.events, changes)
        return failed

    def _plan(self, case: Case, covers: Mapping[str, Cover], now: float) -> Plan:
        cover = covers.get(case.primary.arn, Cover())
        dry_run = self.dry_run or case.primary.settings.mode == "dry-run"
        return plan(case.primary, case.shadow, cover, case.evidence, now, dry_run=dry_run)

    def _do(
        self, case: Case, planned: Plan, covers: Mapping[str, Cover], now: float
    ) -> Plan | None:
        """Remember first: of two runs at once only one acts. None if that was the other one.

        Should the process die in between, the next look finds the service as it is and decides anew.
        """
        arn = case.primary.arn
        before = covers.get(arn, Cover())
        if planned.cover != before and not self.store.write(arn, planned.cover, now):
            return None
        try:
            for action in planned.actions:
                self.aws.perform(action)
        except CallFailed as error:
            count("FallbackFailures")
            logger.error("cover not changed", service=arn, reason=str(error))
            undone = not_done(planned, before, str(error))
            self.store.write(arn, undone.cover, now)
            return undone
        return planned

    def _delete(self, place: Place, arn: str, owner: str, now: float) -> list[str]:
        if self.dry_run:
            return []
        try:
            # Forgotten first: with the tag set again, what people did is not taken for a stranger's.
            remembered = self.store.read([owner]).get(owner)
            if remembered is not None:
                self.store.write(owner, Cover(version=remembered.version), now)
            self.aws.perform(Delete(*place))
        except CallFailed as error:
            count("FallbackFailures")
            logger.error("cover not deleted", service=arn, reason=str(error))
            return [arn]
        logger.info("cover deleted", service=owner, cover=arn, reason="no longer wanted", at=now)
        return []


def _evidence(described: Described, shadow: Shadow, failures: Sequence[Failure]) -> Evidence:
    arn, own = described["serviceArn"], set(providers_of(described))
    spot, on_demand = [], []
    for each in failures:
        if each.service == arn and (
            set(each.providers) & (own - {"FARGATE"}) or not each.providers
        ):
            spot.append(each.at)
        if each.service == shadow.arn or (each.service == arn and each.providers == ("FARGATE",)):
            on_demand.append(each.at)
    return Evidence(max(spot, default=None), max(on_demand, default=None))


def _matters(case: Case, now: float) -> bool:
    """Whether anything may have to be done, said or remembered: for most services nothing."""
    primary, shadow = case.primary, case.shadow
    recent = primary.unplaced_at is not None and now - primary.unplaced_at < 3_600
    return bool(
        recent
        or shadow.status != "absent"
        or case.evidence != Evidence()
        or primary.problems
        or primary.settings.problems
        or (primary.on_instances and primary.starting)
    )


def _changes(case: Case, planned: Plan, now: float) -> list[PutEventsRequestEntryTypeDef]:
    if planned.before == planned.target:
        return []
    cluster, service = case.primary.place
    count("FallbackChanges", Cluster=cluster, Service=service)
    logger.info(
        "cover changed",
        service=case.primary.arn,
        before=planned.before,
        after=planned.target,
        reason=planned.reason,
    )
    event = event_of(case.primary, planned, now)
    return [bus.entry(DETAIL_TYPE, event, [case.primary.arn])]


def _measure(plans: Sequence[tuple[Case, Plan]]) -> None:
    for case, planned in plans:
        cluster, service = case.primary.place
        if planned.target or planned.before:
            uncovered = max(0, case.primary.missing - case.shadow.running)
            for name, value in (("FallbackTasks", planned.target), ("MissingTasks", uncovered)):
                measure(name, MetricUnit.Count, value, Cluster=cluster, Service=service)
        if case.primary.problems or case.primary.settings.problems:
            count("ConfigurationErrors", Cluster=cluster, Service=service)


def _wants(described: Mapping[str, object]) -> bool:
    """Any value but off: what cannot be understood is told, and covers nothing."""
    if described.get("status") != "ACTIVE":
        return False
    given = tags.from_ecs(described.get("tags"))  # type: ignore[arg-type]
    mode, problem = tags.SPOT_FALLBACK.read(given)
    return mode != "off" or problem is not None


def _owner(described: Described) -> str | None:
    return tags.from_ecs(described.get("tags")).get(tags.FALLBACK_FOR)


def _twin(place: Place) -> Place:
    return place[0], shadow_name(place[1])


def _places(arns: Iterable[str]) -> dict[Place, str]:
    found: dict[Place, str] = {}
    for arn in arns:
        try:
            parsed = parse_arn(arn)
        except InvalidMessage:
            continue
        if parsed.cluster:
            found[parsed.cluster, parsed.name] = arn
    return found
