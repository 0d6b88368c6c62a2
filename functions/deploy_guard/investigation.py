"""Finds out about a failure: what its tasks were, what other witnesses say, what changed.

Each task definition is read once and kept: its content never changes. Its tags may, and are read again
before anything is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from deploy_guard.advice import Adviser, Definition
from deploy_guard.causes import Diagnosis
from deploy_guard.described import content_hash
from deploy_guard.difference import Change
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.gathering import Ask, Clients, gather
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import Registry
from deploy_guard.failures import essentials
from deploy_guard.ledger import with_row
from deploy_guard.model import Deployment, Heard, Ledger, Outcome, Version
from deploy_guard.outline import outline
from deploy_guard.reality import Reality
from deploy_guard.revision_diff import Side, diff, with_images
from ecsops.arns import parse_arn
from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger
from ecsops.parallel import run_within

_KEEP_S = 300
_BUDGET_S, _ASK_AGAIN_S = 4.0, 30
_MOST_KEPT = 200
# The registry is a second witness at the first failure, the log at the second that is the same.
_ASK_AT_ONCE = frozenset({"IMAGE_NOT_FOUND", "IMAGE_PULL"})
_ASK_THE_LOG = frozenset({"APP_EXIT"})
_IDENTICAL = 2


@dataclass(frozen=True, slots=True)
class Investigator:
    """Reads task definitions, revisions and whatever else can tell something."""

    adviser: Adviser
    clients: Clients
    kept: dict[str, tuple[float, Definition]] = field(default_factory=dict)
    unread: dict[str, float] = field(default_factory=dict)

    def definition(self, arn: str, now: float) -> Definition:
        """A task definition, read at most five minutes ago."""
        known = self.kept.get(arn) or self.adviser.read_at.get(arn)
        if known is not None and 0 <= now - known[0] < _KEEP_S:
            return known[1]
        if len(self.kept) >= _MOST_KEPT:
            self.kept.clear()
        found = self.adviser.definition(arn)
        self.kept[arn] = now, found
        return found

    def definitions(self, arns: Iterable[str], now: float) -> dict[str, Definition]:
        """Several; one that cannot be read in time is left out, and said in the log.

        It is not asked for again in the same look: an alert has ten seconds.
        """
        wanted = sorted({arn for arn in arns if arn and not self._unread_lately(arn, now)})
        found = {}
        calls = [(partial(self.definition, arn, now), _BUDGET_S) for arn in wanted]
        for arn, answer in zip(wanted, run_within(calls), strict=True):
            if isinstance(answer, (*CALL_ERRORS, TimeoutError)):
                self.unread[arn] = now
                reason = str(answer) or "no answer in time"
                logger.warning("task definition not read", task_definition=arn, reason=reason)
            elif isinstance(answer, Exception):
                raise answer
            else:
                found[arn] = answer
        return found

    def _unread_lately(self, arn: str, now: float) -> bool:
        asked = self.unread.get(arn)
        if len(self.unread) >= _MOST_KEPT:
            self.unread.clear()
        return asked is not None and 0 <= now - asked < _ASK_AGAIN_S

    def outlined(self, row: Deployment, now: float) -> Definition | None:
        """As much of the row's task definition as an alert needs; None if it cannot be read."""
        if row.outline is not None and row.outline.holds(now):
            return Definition(row.outline.shape, row.outline.tags)
        arn = row.target.task_definition
        return self.definitions([arn], now).get(arn)

    def logs(self, row: Deployment, diagnosis: Diagnosis, ledger: Ledger, now: float) -> Evidence:
        """The log alone."""
        return gather(self._ask(row, diagnosis, ledger, now), self.clients, ("logs",))

    def evidence(
        self,
        row: Deployment,
        diagnosis: Diagnosis,
        ledger: Ledger,
        reality: Reality,
        now: float,
        only: Collection[str] | None = None,
    ) -> Evidence:
        """What the witnesses say who can tell something about this cause."""
        ask = self._ask(row, diagnosis, ledger, now, reality.events)
        return gather(ask, self.clients, only)

    def _ask(
        self,
        row: Deployment,
        diagnosis: Diagnosis,
        ledger: Ledger,
        now: float,
        events: Sequence[tuple[float, str]] = (),
    ) -> Ask:
        if row.outline is not None:
            shape: Mapping[str, Any] = row.outline.shape
        else:
            definition = self.outlined(row, now)
            shape = definition.shape if definition else {}
        return Ask(
            diagnosis,
            tuple(one for one in ledger.failures if one.started_by == row.ecs_id),
            shape,
            parse_arn(ledger.service).region,
            row.began,
            events,
            row.heard.logs if row.heard else None,
        )

    def changes(
        self, older: Version | None, row: Deployment, reality: Reality, now: float
    ) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """What changed from an older version to this one, and what could not be compared."""
        if older is None:
            return (), ()
        kept = row.outline.changes if row.outline else None
        if kept is not None and _is_source(older, row):
            return with_images(kept, older, row.target), ()
        versions = (older, row.target)
        definitions = self.definitions([one.task_definition for one in versions], now)
        unread = [
            f"task definition {one.name}"
            for one in versions
            if one.task_definition not in definitions
        ]
        arns = {one.revision_arn for one in versions if one.revision_arn and not reality.unread}
        revisions: Mapping[str, Mapping[str, Any]] = {}
        try:
            revisions = self.adviser.reader.revisions.shapes(arns) if arns else {}
            unread += [
                f"the service's own configuration with {one.name}"
                for one in versions
                if one.revision_arn in arns - revisions.keys()
            ]
        except CALL_ERRORS as error:
            logger.warning("revisions not compared", service=reality.service, reason=str(error))
            unread.append(f"the service's own configuration ({error})")
        notes = tuple(f"not compared, could not be read: {one}" for one in unread)
        return diff(*(_side(one, definitions, revisions) for one in versions)), notes

    def with_outline(
        self,
        row: Deployment,
        definitions: Mapping[str, Definition],
        reality: Reality,
        now: float,
    ) -> Deployment:
        """The row with what an alert will need of its version, and of the one before."""
        mine = definitions.get(row.target.task_definition)
        if mine is None:
            return row
        found = outline(mine.shape, mine.tags, now)
        if row.source is not None and row.source.task_definition in definitions:
            changes, unread = self.changes(row.source, row, reality, now)
            # What could not be compared now is compared when the alert needs it.
            found = found if unread or reality.unread else found.compared(changes)
        return msgspec.structs.replace(row, outline=found)


def wants_outline(row: Deployment) -> bool:
    """Whether it may yet be told that it failed, and nothing is known of its task definition."""
    good = row.outcome in (Outcome.IN_PROGRESS, Outcome.SUCCEEDED)
    return row.outline is None and good and not row.failed_at and not row.rolls_back


def heard(evidence: Evidence) -> Heard:
    """What of it is remembered: it counts whenever the cause is voted on again."""
    registry, logs = evidence.registry, evidence.logs
    return Heard(
        registry.exists if isinstance(registry, Registry) else None,
        (logs.telling,) if isinstance(logs, LogLines) and logs.telling else (),
        logs if isinstance(logs, LogLines) else None,
    )


def wants_witness(row: Deployment, diagnosis: Diagnosis) -> bool:
    """Whether a second witness could settle now what would take more failures to settle alone."""
    if row.heard is not None or diagnosis.confirmed is not None or not diagnosis.task_arn:
        return False
    return diagnosis.cause_id in _ASK_AT_ONCE or wants_log(row, diagnosis)


def wants_log(row: Deployment, diagnosis: Diagnosis) -> bool:
    """Whether that witness is the log, and nobody else."""
    if row.heard is not None or not diagnosis.task_arn:
        return False
    return diagnosis.cause_id in _ASK_THE_LOG and diagnosis.identical == _IDENTICAL


def with_definitions(ledger: Ledger, definitions: dict[str, Definition]) -> Ledger:
    """The ledger knowing which containers are essential, and what each version contains."""
    essential = {arn: essentials(one.shape) for arn, one in definitions.items()}
    failures = tuple(
        one.with_essentials(essential[one.task_definition])
        if one.task_definition in essential
        else one
        for one in ledger.failures
    )
    ledger = msgspec.structs.replace(ledger, failures=failures)
    for row in ledger.deployments:
        definition = definitions.get(row.target.task_definition)
        if definition is not None and row.target.content_hash is None:
            content = content_hash(definition.shape)
            target = msgspec.structs.replace(row.target, content_hash=content)
            ledger = with_row(ledger, msgspec.structs.replace(row, target=target))
    return ledger


def _is_source(version: Version, row: Deployment) -> bool:
    source = row.source
    return source is not None and (version.task_definition, version.revision_arn) == (
        source.task_definition,
        source.revision_arn,
    )


def _side(
    version: Version,
    definitions: Mapping[str, Definition],
    revisions: Mapping[str, Mapping[str, Any]],
) -> Side:
    definition = definitions.get(version.task_definition)
    return Side(
        definition=dict(definition.shape) if definition else {},
        revision=dict(revisions.get(version.revision_arn or "", {})),
        digests=dict(version.digests or ()),
    )
