"""How tasks leave: out of every target group and every registry that may name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from ecsops.arns import parse_arn, target_group_name
from ecsops.errors import CallFailed, HeldBack, RegistryRefused
from spot_drain.interruption import Interruption
from spot_drain.messages import TargetCheck, TaskCheck
from spot_drain.targets import Entry, Service, memberships
from spot_drain.trust import still_trusted
from spot_drain.verdict import Seen

if TYPE_CHECKING:
    from spot_drain.gateway import Gateway


@dataclass(slots=True)
class Pass:
    """What became of each interruption of one batch."""

    checks: list[TaskCheck] = field(default_factory=list)
    failed: dict[Interruption, Exception] = field(default_factory=dict)
    stale: list[Interruption] = field(default_factory=list)
    missed: list[tuple[Interruption, Service]] = field(default_factory=list)
    standalone: list[Interruption] = field(default_factory=list)
    orphaned: list[Interruption] = field(default_factory=list)
    switched_off: list[Interruption] = field(default_factory=list)
    services: dict[str, Service] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    held_back: set[str] = field(default_factory=set)
    unlisted: dict[Entry, CallFailed] = field(default_factory=dict)
    done: list[Interruption] = field(default_factory=list)

    def succeeded(self, behind: Iterable[tuple[Interruption, Service]]) -> list[Interruption]:
        """Those with which nothing failed, and for which it was not too late."""
        not_these = {one.task_arn for one in (*self.failed, *(one for one, _ in self.missed))}
        return [one for one, _ in behind if one.task_arn not in not_these]


def leave_groups(
    behind: Sequence[tuple[Interruption, Service]], aws: Gateway, outcome: Pass, now: float
) -> None:
    """Take tasks out of every target group of their services.

    A service in the middle of a deployment may have tasks in groups that only its revisions still
    name. They come in a second wave: the first must not wait for it.
    """
    _take_out(behind, aws, outcome, now)
    wave = []
    for arn, service in aws.rolling_out(known for _, known in behind).items():
        affected = [(one, known) for one, known in behind if known.arn == arn]
        if isinstance(service, CallFailed):
            outcome.failed |= {one: service for one, _ in affected}
            continue
        outcome.services[arn] = service
        for one, known in affected:
            extra = service.registrations - known.registrations
            if extra:
                wave.append((one, replace(known, registrations=extra)))
    _take_out(wave, aws, outcome, now)
    out_at = now + aws.time_since(now)
    outcome.checks = [check.out(out_at) for check in outcome.checks]


def leave_registries(
    behind: Sequence[tuple[Interruption, Service]], aws: Gateway, outcome: Pass
) -> None:
    """Take tasks out of Cloud Map; clients' caches keep them for a while, so this cannot wait.

    A refusal does not make the whole draining a failure: the task's targets are out.
    """
    asked = {
        Entry(registry, parse_arn(one.task_arn).name): one
        for one, service in behind
        if service.mode == "on"
        for registry in service.registries
    }
    for entry, error in (aws.leave_registries(asked) if asked else {}).items():
        if isinstance(error, HeldBack):
            outcome.held_back.add(entry.registry_arn)
        elif isinstance(error, RegistryRefused):
            outcome.unlisted[entry] = error
        else:
            outcome.unlisted[entry] = outcome.failed[asked[entry]] = error


def note_refusals(
    behind: Iterable[tuple[Interruption, Service]], aws: Gateway, outcome: Pass
) -> None:
    """Have people told which Cloud Map services still name tasks that are about to go."""
    refused = aws.refused_registries()
    notes = {
        one.task_arn: tuple(map(_still_listed, sorted(hit)))
        for one, service in behind
        if service.mode == "on" and (hit := refused & set(service.registries))
    }
    outcome.checks = [
        msgspec.structs.replace(check, notes=(*check.notes, *notes.get(check.task_arn, ())))
        for check in outcome.checks
    ]


def _take_out(
    behind: Sequence[tuple[Interruption, Service]], aws: Gateway, outcome: Pass, now: float
) -> None:
    """Deregister what may be, only look where the service is on dry run; note what to verify."""
    trusted = still_trusted(behind, aws, now)
    outcome.failed |= trusted.failed
    # It lived when its news came: our own calls took until it had stopped.
    outcome.missed += [(one, service) for one, service in trusted.gone if service.registrations]
    behind = trusted.alive
    places = {(one, service.arn): memberships(one, service) for one, service in behind}
    acting = [m for one, s in behind if s.mode == "on" for m in places[one, s.arn]]
    looking = [m for one, s in behind if s.mode != "on" for m in places[one, s.arn]]
    seen, failed = aws.look_and_deregister(acting)
    if looking:
        seen |= aws.look(looking)
    outcome.gone |= {m.group_arn for m, state in seen.items() if state is Seen.GONE}
    held_back = {m for m, error in failed.items() if isinstance(error, HeldBack)}
    outcome.held_back |= {m.group_arn for m in held_back}
    failed = {m: error for m, error in failed.items() if m not in held_back}
    # Whoever finds a target leaving on a second try may see what the first try did before it died.
    seen |= {
        m: Seen.UNKNOWN
        for one, service in behind
        if one.retried
        for m in places[one, service.arn]
        if seen[m] is Seen.LEAVING
    }
    # Should such a target be gone at the second look, it was not we who took it out.
    seen |= {m: Seen.UNKNOWN for m in failed if seen[m] is Seen.REGISTERED}
    for one, service in behind:
        mine = [m for m in places[one, service.arn] if m not in held_back]
        left_alone = {m.group_arn for m in places[one, service.arn] if m in held_back}
        error = next((failed[m] for m in mine if m in failed), None)
        if error is not None:
            outcome.failed[one] = error
        targets = tuple(TargetCheck(m.group_arn, m.target.id, m.target.port, seen[m]) for m in mine)
        notes = tuple(_left_alone(group) for group in sorted(left_alone))
        outcome.checks.append(check_of(one, service, targets, notes))


def check_of(
    one: Interruption,
    service: Service,
    targets: tuple[TargetCheck, ...] = (),
    notes: tuple[str, ...] = (),
) -> TaskCheck:
    """What remains to be verified of a task of a service; its notes are added to the service's."""
    return TaskCheck(
        one.task_arn,
        service.arn,
        one.cluster_arn,
        one.at,
        one.seen_at,
        service.mode != "on",
        targets,
        (*service.notes, *notes),
        service.route,
        one.place,
    )


def _still_listed(registry_arn: str) -> str:
    return (
        f"Cloud Map service {registry_arn.rpartition('/')[2]} names these tasks until they stop: the toolkit "
        "may not take them out (docs/spot-drain.md, Cloud Map)."
    )


def _left_alone(group_arn: str) -> str:
    return f"Target group {target_group_name(group_arn)} is tagged to be left alone, and was."
