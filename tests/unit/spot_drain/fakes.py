"""Small stand-ins for AWS, shared by the tests of Spot draining."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ecsops.errors import CallFailed, RegistryRefused
from spot_drain.aws import ServiceKey
from spot_drain.storm import PLACE, Tally
from spot_drain.tally import Added
from spot_drain.tally_item import VERDICTS
from spot_drain.targets import Entry, Membership, Service, Target
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import QUEUE, address, failure


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Operation")


@dataclass
class FakeClient:
    """Answers each operation with what the test says: a value, an error, or a function."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict]] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**params):
            self.calls.append((operation, params))
            answer = self.answers[operation]
            answer = answer(params) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@dataclass
class FakeGateway:
    """An account in memory; what is in ``broken`` (a group or cluster) answers with its failure.

    ``blind``: every look fails. ``stubborn``: deregistering changes nothing. ``slow``: the seconds that
    calls for "services", "rolling_out" or "look" take.
    """

    services_by_name: dict[tuple[str, str], Service | CallFailed] = field(default_factory=dict)
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    registered: set[tuple[str, Target]] = field(default_factory=set)
    leaving: set[tuple[str, Target]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    broken: dict[str, CallFailed] = field(default_factory=dict)
    instances: dict[str, Any] = field(default_factory=dict)
    stack_mode: str = "on"
    slow: dict[str, float] = field(default_factory=dict)
    passed: float = 0.0
    blind: bool = False
    stubborn: bool = False
    rolled: dict[str, Service | CallFailed] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def host(self, *services: Service, tasks: Iterable[int] = ()) -> FakeGateway:
        """Add services, and their tasks as registered targets."""
        for one in services:
            self.services_by_name[one.cluster_arn, one.name] = one
            for place in one.registrations:
                self.registered |= {
                    (place.group_arn, Target(address(n), place.port)) for n in tasks
                }
        return self

    def time_since(self, now: float) -> float:
        del now
        return self.passed

    def tasks(self, by_cluster: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        self.calls.append(("tasks", by_cluster))
        found: dict[str, Any] = {}
        for cluster, arns in by_cluster.items():
            if cluster in self.broken:
                found |= dict.fromkeys(arns, self.broken[cluster])
            else:
                found |= {arn: self.described[arn] for arn in arns if arn in self.described}
        return found

    def services(self, keys: Iterable[ServiceKey], *, now: float) -> dict[ServiceKey, Any]:
        wanted = sorted(keys, key=lambda key: (key.cluster_arn, key.name, key.started_by))
        self.calls.append(("services", wanted))
        self.passed += self.slow.get("services", 0.0)
        found: dict[ServiceKey, Any] = {}
        for key in wanted:
            if key.cluster_arn in self.broken:
                found[key] = self.broken[key.cluster_arn]
            elif (key.cluster_arn, key.name) in self.services_by_name:
                found[key] = self.services_by_name[key.cluster_arn, key.name]
        return found

    def rolling_out(self, services: Iterable[Service]) -> dict[str, Any]:
        arns = {one.arn for one in services if one.revisions}
        self.passed += self.slow.get("rolling_out", 0.0) if arns else 0.0
        return {arn: known for arn, known in self.rolled.items() if arn in arns}

    def instance_ids(self, by_cluster: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        self.calls.append(("instances", by_cluster))
        return {arn: self.instances[arn] for a in by_cluster.values() for arn in a}

    def leave_registries(self, entries: Iterable[Entry]) -> dict[Entry, CallFailed]:
        left = list(entries)
        self.calls.append(("registries", left))
        return {e: self.broken[e.registry_arn] for e in left if e.registry_arn in self.broken}

    def refused_registries(self) -> set[str]:
        return {arn for arn, error in self.broken.items() if isinstance(error, RegistryRefused)}

    def look(self, memberships: Iterable[Membership]) -> dict[Membership, Seen]:
        places = list(memberships)
        self.calls.append(("look", places))
        self.passed += self.slow.get("look", 0.0)
        return {place: self._seen(place) for place in places}

    def look_and_deregister(
        self, memberships: Iterable[Membership]
    ) -> tuple[dict[Membership, Seen], dict[Membership, CallFailed]]:
        places = list(memberships)
        self.calls.append(("deregister", places))
        seen = {place: self._seen(place) for place in places}
        failed = {p: self.broken[p.group_arn] for p in places if p.group_arn in self.broken}
        for place in places:
            target = (place.group_arn, place.target)
            if place not in failed and target in self.registered and not self.stubborn:
                self.registered.remove(target)
                self.leaving.add(target)
        return seen, failed

    def deregistered(self) -> set[str]:
        """The addresses that the toolkit asked to be taken out."""
        return {p.target.id for call, places in self.calls if call == "deregister" for p in places}

    def _seen(self, place: Membership) -> Seen:
        if self.blind:
            return Seen.UNKNOWN
        if place.group_arn in self.gone:
            return Seen.GONE
        target = (place.group_arn, place.target)
        if target in self.registered:
            return Seen.REGISTERED
        return Seen.LEAVING if target in self.leaving else Seen.ABSENT


@dataclass
class FakeTallies:
    """Tallies in memory; ``failing`` services cannot be written or read.

    As in the table, a storm that was told stays, so that its tasks are not news again.
    """

    noted: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    times: dict[str, list[int]] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    earlier: dict[str, set[str]] = field(default_factory=dict)
    late_addition: bool = False
    stuck: dict[str, Mapping[str, Iterable[str]]] = field(default_factory=dict)

    def remember_stuck(self, arn: str, first_at: int, left: Any, route: Any, now: float) -> None:
        self._check(arn)
        self.stuck[f"{arn}/{first_at}"] = left

    def add(self, arn: str, additions: Mapping[str, frozenset[str]], *, now: float) -> Added:
        self._check(arn)
        gone_quiet = arn in self.noted and now - self.times[arn][1] > 600
        if arn in self.told or gone_quiet:
            known = set() if gone_quiet else self._tasks(arn) | self.earlier.get(arn, set())
            fresh = {name: additions[name] - known for name in VERDICTS if name in additions}
            if not any(fresh.values()):
                return Added(self.times[arn][0])
            self.told.discard(arn)
            self.earlier[arn] = known
            self.noted[arn] = {name: set(items) for name, items in {**additions, **fresh}.items()}
            self.times[arn] = [int(now), int(now)]
            fresh = {name: items for name, items in fresh.items() if items}
            return Added(int(now), fresh, frozenset().union(*fresh.values()))
        sets = self.noted.setdefault(arn, {})
        self.times.setdefault(arn, [int(now), int(now)])[1] = int(now)
        known = self.earlier.get(arn, set())
        new = {n: items - sets.get(n, set()) - known for n, items in additions.items()}
        tasks = frozenset().union(*(i for n, i in new.items() if n in VERDICTS)) - self._tasks(arn)
        for name, items in additions.items():
            sets.setdefault(name, set()).update(items)
        return Added(self.times[arn][0], new, tasks)

    def keep(self, tallies: Iterable[Tally]) -> None:
        """Nobody asks these tests for the history."""

    def read(self, arns: Iterable[str]) -> list[Tally]:
        for arn in (known := list(arns)):
            self._check(arn)
        return [
            _tally(arn, self.times[arn], self.noted[arn])
            for arn in known
            if arn in self.noted and arn not in self.told
        ]

    def close(self, tally: Tally) -> bool:
        if self.late_addition:
            return False
        self.told.add(tally.service_arn)
        return True

    def _tasks(self, arn: str) -> set[str]:
        return {task for name in VERDICTS for task in self.noted[arn].get(name, ())}

    def _check(self, arn: str) -> None:
        if arn in self.failing:
            raise failure("ProvisionedThroughputExceededException")


@dataclass
class FakeSqs:
    """Remembers the bodies it was sent, with their delays; ``failing`` refuses whole calls."""

    failing: bool = False
    sent: list[tuple[int, str]] = field(default_factory=list)

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == QUEUE
        if self.failing:
            return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}
        self.sent += [(entry["DelaySeconds"], entry["MessageBody"]) for entry in Entries]
        return {}


@dataclass
class FakeBus:
    """Remembers the details it was sent; ``failing`` refuses the first entry of each call."""

    failing: bool = False
    details: list[dict[str, Any]] = field(default_factory=list)

    def put_events(self, *, Entries: Any) -> dict[str, Any]:  # noqa: N803
        if self.failing:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        self.details += [json.loads(entry["Detail"]) for entry in Entries]
        return {"FailedEntryCount": 0, "Entries": []}


def _tally(arn: str, times: list[int], noted: Mapping[str, Iterable[str]]) -> Tally:
    sets = {name: frozenset(items) for name, items in noted.items()}
    places = {n.removeprefix(PLACE): s for n, s in sets.items() if n.startswith(PLACE)}
    rest = {name: items for name, items in sets.items() if not name.startswith(PLACE)}
    return Tally(arn, *times, **rest, places=places)
