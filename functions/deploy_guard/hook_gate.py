"""Whether a deployment may go on: the guard's answer to ECS at a lifecycle hook.

    {executionId, lifecycleStage, resourceArn: service deployment,
     executionDetails: {serviceArn, targetServiceRevisionArn, productionTrafficWeights, testTrafficWeights}}
    -> {hookStatus: SUCCEEDED | FAILED, reason}

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from deploy_guard.advice import Adviser
from deploy_guard.described import content_hash
from deploy_guard.kill_switch import KillSwitch
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.model import Judged, Version
from deploy_guard.reality import Reality
from ecsops.errors import CallFailed, InvalidMessage
from ecsops.events.envelope import read_document

# At these ECS asks again when it rolls back; the new version's weight is 0 then.
_SHIFTS = frozenset({"TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"})


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """What is deployed, and how the traffic is shared between revisions."""

    service_arn: str
    target_service_revision_arn: str
    test_traffic_weights: dict[str, float] | None = None
    production_traffic_weights: dict[str, float] | None = None


class Asked(msgspec.Struct, frozen=True, rename="camel"):
    """ECS's question. Older documentation has the details beside the stage."""

    lifecycle_stage: str
    resource_arn: str
    execution_details: Details | None = None

    @property
    def is_rollback(self) -> bool:
        """Whether ECS takes the traffic back: whoever stands in the way of that does harm."""
        details = self.execution_details
        if details is None or self.lifecycle_stage not in _SHIFTS:
            return False
        test = self.lifecycle_stage == "TEST_TRAFFIC_SHIFT"
        weights = details.test_traffic_weights if test else details.production_traffic_weights
        weights = weights or {}
        return weights.get(details.target_service_revision_arn, 1) == 0


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What the guard says; ``bad`` is why it refuses."""

    passes: bool
    reason: str
    bad: Judged | None = None

    def as_hook(self) -> dict[str, str]:
        """As ECS understands it."""
        return {"hookStatus": "SUCCEEDED" if self.passes else "FAILED", "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Gate:
    """Refuses versions that are known to be bad, where the owner wants that."""

    store: LedgerStore
    adviser: Adviser
    switch: KillSwitch
    clock: Callable[[], float]

    def answer(self, event: Any) -> Answer:
        """Look, and answer; raises for what cannot be read."""
        asked = read_asked(event)
        if asked.is_rollback:
            return Answer(passes=True, reason="ECS rolls back: nothing is checked")
        if asked.execution_details is None:
            raise InvalidMessage("$.executionDetails", "required field is missing")
        return self._checked(asked, asked.execution_details)

    def _checked(self, asked: Asked, details: Details) -> Answer:
        now = self.clock()
        known = self.store.read([details.service_arn])[details.service_arn]
        reality = self.adviser.reader.read([known.ledger], now)[details.service_arn]
        if reality.blind:
            raise CallFailed("Look", "Blind", "; ".join(reality.blind))
        version = self._version(reality, details.target_service_revision_arn)
        bad = known.ledger.bad(version)
        if bad is None or bad.deployment == asked.resource_arn:
            return Answer(passes=True, reason=f"{version.name} is not known to be bad")
        switch = self.switch.position(now)
        if self.adviser.default_mode == "off" or switch == "off":
            return Answer(passes=True, reason="the guard is switched off")
        settings = self.adviser.settings(reality, None)
        why = f"{version.name} failed before: {bad.why}"
        if not settings.refuses_bad:
            why += "; ecs-ops:known-bad=enforce would refuse it"
        elif _is_first(reality, asked.resource_arn):
            # ECS would end with "No rollback candidate was found": with no service at all.
            why += "; there is no other version to go back to"
        else:
            why += "" if switch else "; whether the guard is switched off could not be read"
            return Answer(passes=False, reason=why, bad=bad)
        return Answer(passes=True, reason=why, bad=bad)

    def _version(self, reality: Reality, revision: str) -> Version:
        version = reality.version(revision)
        if version is None:
            raise CallFailed("DescribeServiceRevisions", "Missing", f"{revision} is not shown")
        content = content_hash(self.adviser.definition(version.task_definition).shape)
        return msgspec.structs.replace(version, content_hash=content)


def _is_first(reality: Reality, deployment: str) -> bool:
    found = reality.find(deployment)
    return found is not None and found.source is None


def read_asked(event: Any) -> Asked:
    """ECS's question; raises ``InvalidMessage`` naming the field."""
    if isinstance(event, dict) and "executionDetails" not in event and "serviceArn" in event:
        event = event | {"executionDetails": event}
    return read_document(msgspec.json.encode(event), Asked)
