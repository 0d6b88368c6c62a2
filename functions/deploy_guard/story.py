"""One thing to tell about a deployment, with everything that is known of it: telling.py words it."""

from __future__ import annotations

import msgspec

from deploy_guard.audit import AuditRow
from deploy_guard.causes import Diagnosis
from deploy_guard.decision import Decision
from deploy_guard.difference import Change
from deploy_guard.evidence.found import Evidence
from deploy_guard.model import Deployment, Judged, Outcome
from deploy_guard.reality import Reality
from deploy_guard.release_group import Plan
from deploy_guard.verdict import Verdict


class Story(msgspec.Struct, frozen=True):
    """``stage`` is unique within the deployment's incident; ``at`` is when it happened.

    The stages of an outcome: ``failed``, ``stalled``, ``rolling-back``, ``rolled-back``,
    ``rollback-failed``, ``superseded``, ``recovered``, ``blind``, and ``evidence`` that came late. Of
    the watch after COMPLETED: ``bake-alarm`` (in time: a decision stands beside it), ``alarm-over``
    (nothing came of that), ``late-alarm`` and ``unwatched`` (alarms do not exist). Of the executor:
    ``acted`` with an audit row that says what it did, found done, would have done or did not do, and
    why. Of one that goes back together with another: ``follows``, and ``left-behind`` if it does not
    come to it (the story of the one that failed says together with whom). Besides: ``known-bad``
    (``bad`` says why), ``hook-<id>`` (waits for a person), ``unknown-<name>`` (an event of tomorrow),
    and, where the owner asked for them, ``started`` and ``succeeded``.
    """

    stage: str
    at: float
    row: Deployment
    reality: Reality
    verdict: Verdict | None = None
    diagnosis: Diagnosis | None = None
    decision: Decision | None = None
    evidence: Evidence | None = None
    changes: tuple[Change, ...] = ()
    audit: AuditRow | None = None
    bad: Judged | None = None
    notes: tuple[str, ...] = ()
    together: Plan | None = None

    @property
    def incident(self) -> str:
        """The key under which everything about this deployment is told: one for a release group."""
        if self.row.follows is not None:
            return self.row.follows.incident
        return f"deploy_guard:{self.reality.service}:{self.row.id.rpartition('/')[2]}"

    def stage_in_thread(self, stage: str) -> str:
        """A stage's name in a thread in which other services are told of as well."""
        return f"{stage}@{self.reality.service}" if self.row.follows is not None else stage

    @property
    def outcome(self) -> Outcome:
        """What it has come to."""
        return self.verdict.outcome if self.verdict else self.row.outcome
