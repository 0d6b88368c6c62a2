"""The look immediately before acting: whatever the order says may be minutes old."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from deploy_guard import bake, companions
from deploy_guard.advice import Adviser, Definition, Situation
from deploy_guard.aftermath import Began
from deploy_guard.alarm_reader import AlarmReader
from deploy_guard.causes import Diagnosis
from deploy_guard.codedeploy_reader import CodeDeployReader
from deploy_guard.decision import Decision
from deploy_guard.deployed_since import deployed_since
from deploy_guard.ledger_store import Known, LedgerStore
from deploy_guard.model import Deployment, Outcome
from deploy_guard.observation import judge_anew
from deploy_guard.reality import Reality
from deploy_guard.verdict import Verdict
from ecsops.errors import CallFailed


@dataclass(frozen=True, slots=True)
class Look:
    """A deployment as it is now, and what the rules say."""

    row: Deployment
    known: Known
    reality: Reality
    verdict: Verdict
    diagnosis: Diagnosis
    decision: Decision


@dataclass(frozen=True, slots=True)
class FreshLook:
    """Reads a service, its deployment, its tags, the switch and the freezes, and decides anew."""

    adviser: Adviser
    alarms: AlarmReader
    codedeploy: CodeDeployReader
    store: LedgerStore

    def take(self, known: Known, deployment: str, now: float) -> Look:
        """Look at a deployment of a service whose ledger has been read."""
        row = known.ledger.find(deployment)
        if row is None:
            raise CallFailed("Ledger", "UnknownDeployment", f"{deployment} is not in the ledger")
        reality = self.adviser.reader.read([known.ledger], now)[known.ledger.service]
        if reality.unread:
            # Soon it may work: the order is tried again.
            raise CallFailed("Look", "Unread", "; ".join(reality.unread))
        if row.controller == "CODE_DEPLOY":
            reality = self.codedeploy.complete(reality, [row.id])
        row = self._with_alarms(row)
        verdict = judge_anew(row, known.ledger, reality, known.acts, now)
        diagnosis = row.diagnosis or Diagnosis("UNKNOWN")
        definition = self._definition(row)
        turn = companions.turn_of(row, self.store, now)
        situation = Situation(
            row, verdict, diagnosis, known.ledger, reality, known, definition, turn
        )
        decision = self.adviser.decide(situation, now)
        return Look(row, known, reality, verdict, diagnosis, decision)

    def deployed_since(self, look: Look, at: float) -> tuple[Began, ...] | None:
        """The deployment and what began since, until an attempt of that time, as far as AWS tells."""
        return deployed_since(self.adviser.reader, look.reality, look.row.began, at)

    def _definition(self, row: Deployment) -> Definition:
        """For its tags: the release may have been marked as irreversible since."""
        return self.adviser.definition(row.target.task_definition)

    def _with_alarms(self, row: Deployment) -> Deployment:
        """Of the alarms that condemned a completed version only those count that still hold."""
        if row.outcome is not Outcome.SUCCEEDED or row.bake is None or not row.bake.fired:
            return row
        states = self.alarms.states(row.bake.fired)
        return msgspec.structs.replace(row, bake=bake.still_firing(row.bake, states.values()))
