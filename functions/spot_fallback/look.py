"""One look at services: what is known of each, and which of them anything may have to be done about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ecsops import tags
from ecsops.arns import parse_arn
from ecsops.errors import CALL_ERRORS, CallFailed, InvalidMessage
from ecsops.observability import logger
from ecsops.services import Described, Place
from spot_fallback.aws import Aws
from spot_fallback.described import primary_of, shadow_of
from spot_fallback.forgetting import forget
from spot_fallback.messages import Failure
from spot_fallback.model import Cover, Evidence, Primary, Shadow
from spot_fallback.placement import is_shortage
from spot_fallback.settling import Case, Settler
from spot_fallback.shadow import providers_of, shadow_name
from spot_fallback.store import Store

# Where nothing is short, what was told may still have to be told as over: so often that is looked up.
_LOOK_BACK_EVERY_MINUTES = 5
_RECENT_S = 3_600


@dataclass(slots=True)
class Looker:
    """Lives as long as the function's process. ``over``: named and not told, when it last looked back."""

    aws: Aws
    store: Store
    settler: Settler
    over: AbstractSet[str] = field(default_factory=frozenset)

    def look(
        self, arns: Iterable[str], failures: Sequence[Failure], now: float, *, tick: bool = True
    ) -> list[str]:
        """Look after services; the ARNs of those that could not be finished.

        Only a tick looks back: in a drought there is an event a minute of every service.
        """
        everything = tick and int(now // 60) % _LOOK_BACK_EVERY_MINUTES == 0
        told = self._named() if everything else frozenset()
        places = places_of({*arns, *told})
        described, unread = self.aws.describe([*places, *map(twin_of, places)])
        failed = [
            arn for place, arn in places.items() if place in unread or twin_of(place) in unread
        ]
        covered = [
            (place, described[place])
            for place, arn in places.items()
            if arn not in failed and place in described and wants_cover(described[place])
        ]
        cases, uncounted = self._cases(covered, described, failures, now)
        failed += uncounted
        asked = [each for each in cases if everything or _matters(each, now)]
        covers = self.store.read([each.primary.arn for each in asked])
        if everything:
            self._note(covers, told)
            unwanted = {
                arn: described.get(place)
                for place, arn in places.items()
                if arn not in failed and not _is_covered(place, arn, described)
            }
            failed += self._forget(unwanted, told, now)
        due = [each for each in asked if _matters(each, now) or _unfinished(each, covers)]
        return failed + self.settler.settle(due, covers, now)

    def _named(self) -> frozenset[str]:
        """No cover waits for the list: it is read again in five minutes."""
        try:
            return self.store.told()
        except CallFailed as error:
            logger.warning("who is named is not known", reason=str(error))
            return frozenset()

    def _note(self, covers: Mapping[str, Cover], told: AbstractSet[str]) -> None:
        """Name what an earlier version never named; strike out what was over the last time already.

        What is named now may be about to be told by another run.
        """
        before, self.over = self.over, {arn for arn, c in covers.items() if not c.told} & told
        try:
            self.store.note_told({arn for arn, cover in covers.items() if cover.told} - told)
            # A name under which nobody can be looked up, one of the old form without a cluster, ends nothing.
            self.store.note_over((before & self.over) | nameless(told))
        except CallFailed as error:
            logger.warning("told, not named", reason=str(error))

    def _forget(
        self, unwanted: Mapping[str, Described | None], told: AbstractSet[str], now: float
    ) -> list[str]:
        """Services that want no cover and have none; the ARNs of those that could not be finished."""
        failed = []
        covers = self.store.read(list(unwanted))
        for arn in unwanted:
            cover = covers.get(arn, Cover())
            try:
                if cover.told:
                    forget(self.store, self.settler.events, arn, cover, unwanted[arn], now)
                self.store.note_over({arn} & told)
            except CALL_ERRORS as error:
                logger.error("end not told", service=arn, reason=str(error))
                failed.append(arn)
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
            shadow = shadow_of(described.get(twin_of(place)), each)
            primary = primary_of(each, None, now)
            case = Case(primary, shadow, evidence_of(each, primary, shadow, failures))
            cases.append(case)
            if _matters(case, now) and not case.primary.problems:
                asked.append((len(cases) - 1, place, each))
        counts = self.aws.count_tasks(
            [(place, cases[number].primary.on_instances) for number, place, _ in asked], now
        )
        failed = []
        for (number, _, each), counted in zip(asked, counts, strict=True):
            case = cases[number]
            if isinstance(counted, CallFailed):
                failed.append(case.primary.arn)
            elif isinstance(counted, Exception):
                raise counted
            else:
                cases[number] = Case(primary_of(each, counted, now), case.shadow, case.evidence)
        return [case for case in cases if case.primary.arn not in failed], failed


def evidence_of(
    described: Described, primary: Primary, shadow: Shadow, failures: Sequence[Failure]
) -> Evidence:
    """What the events say; one that names no capacity provider says Spot only where all is Spot.

    That a cover finds no place matters whatever the reason; of the service only a shortage of capacity does.
    """
    spot_providers = set(providers_of(described)) - {"FARGATE"}
    spot, on_demand = [], []
    for each in failures:
        of_primary = each.service == primary.arn
        is_spot = primary.spot_only if not each.providers else set(each.providers) & spot_providers
        is_short = is_shortage(each.reason, on_instances=primary.on_instances)
        if of_primary and is_spot and is_short:
            spot.append(each.at)
        of_on_demand = of_primary and is_short and each.providers == ("FARGATE",)
        if each.service == shadow.arn or of_on_demand:
            on_demand.append(each.at)
    return Evidence(max(spot, default=None), max(on_demand, default=None))


def _is_covered(place: Place, arn: str, described: Mapping[Place, Described]) -> bool:
    """Whether there is a cover of its own, of which the sweep sees to the end, or it wants one."""
    twin = described.get(twin_of(place), {})
    ours = tags.from_ecs(twin.get("tags")).get(tags.FALLBACK_FOR) == arn
    return (ours and twin.get("status") == "ACTIVE") or wants_cover(described.get(place, {}))


def wants_cover(described: Mapping[str, object]) -> bool:
    """Any value but off: what cannot be understood is told, and covers nothing."""
    if described.get("status") != "ACTIVE":
        return False
    given = tags.from_ecs(described.get("tags"))  # type: ignore[arg-type]
    mode, problem = tags.SPOT_FALLBACK.read(given)
    return mode != "off" or problem is not None


def twin_of(place: Place) -> Place:
    """Where the cover of a service is."""
    return place[0], shadow_name(place[1])


def places_of(arns: Iterable[str]) -> dict[Place, str]:
    """Clusters and names; what is no ARN of a service is left out."""
    found: dict[Place, str] = {}
    for arn in arns:
        try:
            parsed = parse_arn(arn)
        except InvalidMessage:
            continue
        if parsed.cluster:
            found[parsed.cluster, parsed.name] = arn
    return found


def nameless(arns: AbstractSet[str]) -> AbstractSet[str]:
    """Those that say of no service where it is."""
    return arns - set(places_of(arns).values())


def _matters(case: Case, now: float) -> bool:
    """Whether anything may have to be done, said or remembered: for most services nothing."""
    primary, shadow = case.primary, case.shadow
    recent = primary.unplaced is not None and primary.unplaced.holds(now, _RECENT_S)
    return bool(
        recent
        or shadow.status != "absent"
        or case.evidence != Evidence()
        or primary.problems
        or primary.settings.problems
        or (primary.on_instances and primary.starting)
    )


def _unfinished(case: Case, covers: Mapping[str, Cover]) -> bool:
    cover = covers.get(case.primary.arn)
    return cover is not None and bool(cover.told or cover.owed)
