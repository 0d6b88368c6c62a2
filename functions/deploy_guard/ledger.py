"""What a ledger becomes when something is learned. Order and repetition change nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from deploy_guard.model import Deployment, Ledger, Outcome, Version
from deploy_guard.reality import CodeDeployment, EcsDeployment, Reality, ServiceDeployment
from deploy_guard.signals import DeploymentChanged, Follow, Noticed, OfService, TaskFailed
from deploy_guard.symptoms import FEWEST
from deploy_guard.unattended import is_unattended

_DEPLOYMENTS, _NOTICES, _HANDLED = 20, 40, 600
_FAILURES_EACH = 12
_FAILURES = 4 * _FAILURES_EACH
_MAY_FOLLOW = frozenset({Outcome.IN_PROGRESS, Outcome.SUCCEEDED})
# ECS makes the service deployment and the deployment in one go.
_SAME_MOMENT_S = 120


def absorb(ledger: Ledger, signals: Iterable[OfService]) -> Ledger:
    """Keep the facts of signals that are new; they are not handled yet."""
    tasks: dict[str, TaskFailed] = {}
    for signal in signals:
        if isinstance(signal, TaskFailed):
            arn = signal.task.task_arn
            tasks[arn] = signal if signal.task.ended else tasks.get(arn, signal)
        elif isinstance(signal, Noticed) and signal.notice not in ledger.notices:
            notices = sorted((*ledger.notices, signal.notice), key=lambda one: (one.at, one.text))
            ledger = msgspec.structs.replace(ledger, notices=tuple(notices[-_NOTICES:]))
        elif isinstance(signal, DeploymentChanged):
            ledger = _with_failed_event(ledger, signal)
        elif isinstance(signal, Follow):
            ledger = _following(ledger, signal)
    for failed in tasks.values():
        ledger = _with_failure(ledger, failed)
    return ledger


def _with_failure(ledger: Ledger, signal: TaskFailed) -> Ledger:
    of = signal.task.started_by
    known = next((one for one in ledger.failures if one.task_arn == signal.task.task_arn), None)
    if known is not None and (known.ended or not signal.task.ended):
        return ledger
    counts = ledger.counts
    # Of a task that failed samples may not be kept, but its first event was handled.
    if known is None and signal.other_key not in ledger.handled:
        counts = {one: number for one, number in counts.items() if one != of}
        counts = dict([*counts.items(), (of, ledger.counts.get(of, 0) + 1)][-_DEPLOYMENTS:])
    task, row = signal.task, ledger.find(of)
    if row is not None and row.outline and row.target.task_definition == task.task_definition:
        task = task.with_essentials(row.outline.essential)
    kept = [*(one for one in ledger.failures if one is not known), task]
    mine = sorted(
        (one for one in kept if one.started_by == of),
        key=lambda one: (one.stopped_at, one.task_arn),
    )
    others = [one for one in kept if one.started_by != of]
    failures = (*others, *mine[:_FAILURES_EACH])[-_FAILURES:]
    return msgspec.structs.replace(ledger, failures=failures, counts=counts)


def _with_failed_event(ledger: Ledger, signal: DeploymentChanged) -> Ledger:
    """ECS's own word that it failed is worth keeping: the reason is not always in the API."""
    if signal.name != "SERVICE_DEPLOYMENT_FAILED":
        return ledger
    row = ledger.find(signal.ecs_id)
    if row is None or row.failed_at:
        return ledger
    return with_row(ledger, msgspec.structs.replace(row, failed_at=signal.at))


def _following(ledger: Ledger, signal: Follow) -> Ledger:
    """Only what has not gone its own way yet follows another, and the first one that it follows."""
    row = ledger.find(signal.latest)
    if row is None or row.follows is not None or row.outcome not in _MAY_FOLLOW:
        return ledger
    return with_row(ledger, msgspec.structs.replace(row, follows=signal.follows))


def awaited(ledger: Ledger) -> frozenset[str]:
    """The ``ecs-svc/N`` of deployments of which a failed task is worth keeping, and nothing else."""
    rows = (row for row in ledger.deployments if is_open(row) and not is_told_failed(row))
    few = (row.ecs_id for row in rows if ledger.counts.get(row.ecs_id or "", 0) < FEWEST)
    return frozenset(one for one in few if one)


def unhandled[S: OfService](ledger: Ledger, signals: Iterable[S]) -> list[S]:
    """Those whose work has not been done yet; our own messages are always to be looked at."""
    handled = frozenset(ledger.handled)
    unique = {signal.key or str(number): signal for number, signal in enumerate(signals)}
    return [signal for key, signal in unique.items() if key not in handled]


def with_handled(ledger: Ledger, signals: Iterable[OfService]) -> Ledger:
    """The work of these is done."""
    keys = [signal.key for signal in signals if signal.key and signal.key not in ledger.handled]
    return msgspec.structs.replace(ledger, handled=(*ledger.handled, *keys)[-_HANDLED:])


def with_row(ledger: Ledger, row: Deployment) -> Ledger:
    """The ledger with this row in the place of its former self."""
    others = [one for one in ledger.deployments if one.id != row.id]
    rows = sorted((*others, row), key=lambda one: (-one.began, one.id))[:_DEPLOYMENTS]
    return msgspec.structs.replace(ledger, deployments=tuple(rows))


def with_rows(ledger: Ledger, reality: Reality, *, older: bool = False) -> Ledger:
    """Rows for the deployments that AWS shows and that are not known yet; ids for those without.

    Those before the newest one that is known only where they are asked for (``older``).
    """
    newest = max((row.began for row in ledger.deployments), default=None)
    for one in reality.history:
        row = next((row for row in ledger.deployments if row.id == one.arn), None)
        latest = one.created_at == max(each.created_at for each in reality.history)
        news = older or latest or (newest is not None and one.created_at > newest)
        # Only of the latest it is known without its revision what it deploys.
        news = news and (latest or one.target in reality.versions or not reality.unread)
        if row is None and news:
            row = _new_row(one, reality)
        if row is not None:
            ledger = with_row(ledger, _completed(row, one, ledger, reality))
    return _with_code_rows(ledger, reality)


def _with_code_rows(ledger: Ledger, reality: Reality) -> Ledger:
    """The same of CodeDeploy's deployments: each starts its tasks as a task set with its id."""
    newest = max((row.began for row in ledger.deployments), default=None)
    sets = {
        one.get("externalId"): one.get("id") for one in reality.description.get("taskSets") or ()
    }
    for number, one in enumerate(sorted(reality.code_deployments, key=lambda one: -one.created_at)):
        row = next((row for row in ledger.deployments if row.id == one.id), None)
        if row is None and (number == 0 or (newest is not None and one.created_at > newest)):
            row = Deployment(one.id, one.created_at, Version(one.task_definition or ""))
        if row is not None:
            row = msgspec.structs.replace(
                row,
                source=row.source or _deployed_before(one, reality) or _beside(one, reality),
                ecs_id=row.ecs_id or sets.get(one.id),
                controller=reality.controller,
                rolls_back=row.rolls_back or one.rolls_back,
            )
            ledger = with_row(ledger, row)
    return ledger


def _deployed_before(this: CodeDeployment, reality: Reality) -> Version | None:
    before = [
        one
        for one in reality.code_deployments
        if one.status == "Succeeded" and one.task_definition and one.created_at < this.created_at
    ]
    latest = max(before, key=lambda one: one.created_at, default=None)
    return Version(latest.task_definition or "") if latest else None


def _beside(this: CodeDeployment, reality: Reality) -> Version | None:
    """What serves while the first of CodeDeploy's deployments goes on: ECS itself deployed that."""
    for one in reality.description.get("taskSets") or ():
        mine = this.id == one.get("externalId") or one.get("taskDefinition") == this.task_definition
        if one.get("status") == "PRIMARY" and one.get("taskDefinition") and not mine:
            return Version(one["taskDefinition"])
    return None


def _new_row(one: ServiceDeployment, reality: Reality) -> Deployment:
    unknown = Version(reality.task_definition or "")
    return Deployment(one.arn, one.created_at, reality.version(one.target) or unknown)


def _completed(
    row: Deployment, one: ServiceDeployment, ledger: Ledger, reality: Reality
) -> Deployment:
    """The row with what could not be known before."""
    target = reality.version(one.target) or row.target
    if target.content_hash is None and target.is_same(row.target):
        target = msgspec.structs.replace(target, content_hash=row.target.content_hash)
    return msgspec.structs.replace(
        row,
        target=target,
        source=row.source or reality.version(one.source),
        ecs_id=row.ecs_id or _ecs_id(row, ledger, reality),
        controller=reality.controller,
        unattended=is_unattended(one),
    )


def _ecs_id(row: Deployment, ledger: Ledger, reality: Reality) -> str | None:
    """The ``ecs-svc/N`` of a service deployment: nothing in the API joins the two.

    They come into being together and with the same task definition. Failed tasks of that task
    definition tell it even when the deployment is no longer shown.
    """
    taken = {one.ecs_id for one in ledger.deployments if one.id != row.id}

    def fits(shown: EcsDeployment) -> bool:
        near = abs(shown.created_at - row.began) <= _SAME_MOMENT_S
        return (
            near and shown.id not in taken and shown.task_definition == row.target.task_definition
        )

    found = [shown for shown in reality.deployments if fits(shown)]
    if found:
        return min(found, key=lambda shown: abs(shown.created_at - row.began)).id
    mine = {
        task.started_by
        for task in ledger.failures
        if task.task_definition == row.target.task_definition and task.stopped_at > row.began
    } - taken
    return mine.pop() if len(mine) == 1 else None


def without_outlines(ledger: Ledger) -> Ledger:
    """What was kept for an alert goes when people have been told, or when there is nothing to tell."""
    rows = (row for row in ledger.deployments if not is_open(row) or row.failed_at)
    for row in rows:
        heard = row.heard and msgspec.structs.replace(row.heard, logs=None)
        ledger = with_row(ledger, msgspec.structs.replace(row, heard=heard, outline=None))
    return ledger


def fitting(ledger: Ledger, most: int) -> bytes:
    """The ledger as it is written, in at most so many bytes: what is oldest, and samples, go first."""
    document = msgspec.json.encode(ledger)
    while len(document) > most:
        ledger = msgspec.structs.replace(
            ledger,
            failures=ledger.failures[len(ledger.failures) // 2 :],
            notices=ledger.notices[len(ledger.notices) // 2 :],
            judged=ledger.judged[len(ledger.judged) // 4 :],
            deployments=ledger.deployments[: max(1, len(ledger.deployments) * 3 // 4)],
        )
        if len(smaller := msgspec.json.encode(ledger)) == len(document):
            break
        document = smaller
    return document


def open_rows(ledger: Ledger) -> list[Deployment]:
    """Rows of which something may still come."""
    return [row for row in ledger.deployments if is_open(row)]


def is_told_failed(row: Deployment) -> bool:
    """Whether people know that it failed: one more failed task tells nothing new then."""
    return row.outcome is Outcome.FAILED and "failed" in row.told


def is_open(row: Deployment) -> bool:
    """Whether it has not ended yet, or is watched after its end."""
    if row.outcome is Outcome.SUCCEEDED:
        if row.follows is not None and not row.follows.over:
            return True
        bake = row.bake
        return bake is not None and not bake.cancelled and (not bake.over or bool(bake.firing))
    if row.outcome is Outcome.ROLLBACK_FAILED:
        # We called it that because it got nowhere; ECS still tries, and may yet succeed.
        return row.by == "guard"
    return row.outcome not in (Outcome.ROLLED_BACK, Outcome.SUPERSEDED)
