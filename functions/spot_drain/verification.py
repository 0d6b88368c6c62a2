"""The second pass, a few seconds later: did it work, and who did it?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ecsops.arns import parse_arn, target_group_name
from ecsops.errors import CallFailed, ClusterGone
from spot_drain.interruption import FRESH_S, Interruption
from spot_drain.messages import TaskCheck
from spot_drain.storm import NAMES, PLACE, SHORT_ID
from spot_drain.targets import Membership, Service
from spot_drain.verdict import OUT_OF_ROTATION, Looks, Seen, Verdict, judge

if TYPE_CHECKING:
    from spot_drain.gateway import Gateway

MAX_ATTEMPTS = 3
_TOO_LATE = (
    "The toolkit's own calls failed until a task had stopped; whether requests were lost is not "
    "known. Look for 'task not drained' in its log."
)


@dataclass(slots=True)
class Findings:
    """``additions``: tally set -> task ids, by service. ``again``: tasks to verify once more.

    ``failed``: task ARN -> why nothing can be said of it yet. ``left``: what a person must take out.
    """

    additions: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    again: list[TaskCheck] = field(default_factory=list)
    failed: dict[str, CallFailed] = field(default_factory=dict)
    left: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def note(self, check: TaskCheck, name: str) -> None:
        """Put a task, and the names of its groups, into its service's tally."""
        sets = self.additions.setdefault(check.service_arn, {})
        sets.setdefault(name, set()).add(parse_arn(check.task_arn).name)
        if check.notes:
            sets.setdefault("notes", set()).update(check.notes)
        if check.place:
            left = "" if check.left_s is None else check.left_s
            sets.setdefault(PLACE + check.place, set()).add(f"{_short(check)}:{left}")
        if check.route:
            sets.setdefault("routes", set()).add(check.route)
        sets.setdefault("groups", set()).update(
            target_group_name(target.group_arn)
            for target in check.targets
            if target.first is not Seen.GONE
        )

    def give_up(self, checks: Sequence[TaskCheck], left: Iterable[Membership]) -> None:
        """Leave these to a person: they are told which targets of which groups."""
        service_of = {check.task_arn: check.service_arn for check in checks}
        for check in checks:
            self.note(check, NAMES[Verdict.STUCK])
        for place in left:
            groups = self.left.setdefault(service_of[place.task_arn], {})
            groups.setdefault(place.group_arn, set()).add(f"{place.target.id}:{place.target.port}")


def verify(checks: Sequence[TaskCheck], attempt: int, aws: Gateway, *, now: float) -> Findings:
    """Look again at every target; take out once more what is still registered.

    Only while the address is certainly the task's own: after that ECS is asked whether the task
    still lives, as in the first pass.
    """
    findings = Findings()
    second = aws.look(_places(checks))
    stuck = _judged(checks, second, findings)
    alive = _still_alive(stuck, aws, findings, now + aws.time_since(now))
    left = [place for check in alive for place in _in_rotation(check, second)]
    _, refused = aws.look_and_deregister(left)
    again = [_after_acting(check, second, refused) for check in alive]
    if attempt < MAX_ATTEMPTS:
        findings.again.extend(again)
    elif again:
        # Before a person is called: what was taken out just now is out.
        third = aws.look(_places(again))
        # A look that failed says nothing against a deregistration that succeeded.
        third |= {p: Seen.ABSENT for p in left if third[p] is Seen.UNKNOWN and p not in refused}
        still = _judged(again, third, findings)
        findings.give_up(still, [place for check in still for place in _in_rotation(check, third)])
    return findings


def too_late(missed: Iterable[tuple[Interruption, Service]]) -> Findings:
    """Tasks that had stopped before any try to drain them succeeded: people must hear of it."""
    findings = Findings()
    for one, service in missed:
        check = TaskCheck(
            one.task_arn,
            service.arn,
            one.cluster_arn,
            one.at,
            one.seen_at,
            dry_run=False,
            targets=(),
            notes=(*service.notes, _TOO_LATE),
            route=service.route,
        )
        findings.note(check, NAMES[Verdict.UNATTRIBUTED])
    return findings


def _judged(
    checks: Iterable[TaskCheck], second: Mapping[Membership, Seen], findings: Findings
) -> list[TaskCheck]:
    """Note every verdict; the tasks that are still in rotation."""
    stuck = []
    for check in checks:
        verdict = judge(Looks(t.first, second[check.membership(t)]) for t in check.targets)
        if verdict is Verdict.STUCK and not check.dry_run:
            stuck.append(check)
        else:
            findings.note(check, _set_name(verdict, dry_run=check.dry_run))
            if any(second[check.membership(t)] is Seen.LEAVING for t in check.targets):
                findings.additions[check.service_arn].setdefault("in_flight", set()).add(
                    _short(check)
                )
    return stuck


def moved(checks: Iterable[TaskCheck]) -> Findings:
    """Tasks that ECS itself had stopped, in order, before they had to be taken out."""
    findings = Findings()
    for check in checks:
        findings.note(check, "moved")
    return findings


def _short(check: TaskCheck) -> str:
    return parse_arn(check.task_arn).name[:SHORT_ID]


def _after_acting(
    check: TaskCheck, second: Mapping[Membership, Seen], refused: Collection[Membership]
) -> TaskCheck:
    """The check with what this look showed: what leaves now leaves by the act that followed it."""
    targets = []
    for target in check.targets:
        place = check.membership(target)
        if second[place] is Seen.REGISTERED:
            first = Seen.UNKNOWN if place in refused else Seen.REGISTERED
            target = msgspec.structs.replace(target, first=first)  # noqa: PLW2901
        targets.append(target)
    return msgspec.structs.replace(check, targets=tuple(targets))


def _set_name(verdict: Verdict | None, *, dry_run: bool) -> str:
    if verdict is None:
        return "plain"
    if dry_run and verdict is Verdict.STUCK:
        return "would"
    if dry_run and verdict is Verdict.BACKSTOP:
        return NAMES[Verdict.NATIVE]  # nobody but ECS did anything, only a little later
    return NAMES[verdict]


def _still_alive(
    checks: Sequence[TaskCheck], aws: Gateway, findings: Findings, now: float
) -> list[TaskCheck]:
    doubtful = {c.task_arn for c in checks if c.seen_at is None or now - c.seen_at > FRESH_S}
    by_cluster: dict[str, list[str]] = {}
    for check in checks:
        if check.task_arn in doubtful:
            by_cluster.setdefault(check.cluster_arn, []).append(check.task_arn)
    known = aws.tasks(by_cluster) if by_cluster else {}
    alive = []
    for check in checks:
        task = known.get(check.task_arn)
        if check.task_arn not in doubtful:
            alive.append(check)
        elif isinstance(task, CallFailed) and not isinstance(task, ClusterGone):
            findings.failed[check.task_arn] = task
        elif isinstance(task, dict) and task.get("lastStatus") not in {"STOPPED", "DELETED"}:
            alive.append(check)
        else:
            # It died meanwhile; what is registered at its address now may be somebody else's.
            findings.note(check, NAMES[Verdict.UNATTRIBUTED])
    return alive


def _in_rotation(check: TaskCheck, seen: Mapping[Membership, Seen]) -> list[Membership]:
    return [place for place in _places([check]) if seen[place] not in OUT_OF_ROTATION]


def _places(checks: Iterable[TaskCheck]) -> list[Membership]:
    return [check.membership(target) for check in checks for target in check.targets]
