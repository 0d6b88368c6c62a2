"""Everything that a decision needs, read as late as possible: the observer's and the executor's alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard import owner_settings
from deploy_guard.actions import AnswerHooks, StopCodeDeploy, StopDeployment
from deploy_guard.causes import Diagnosis
from deploy_guard.decision import Decision, decide
from deploy_guard.described import content_hash
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.evidence import registry
from deploy_guard.gates import NOT_ASKED, Case, Rule
from deploy_guard.kill_switch import KillSwitch
from deploy_guard.last_known_good import PROVEN, Candidate, Facts, NoCandidate, choose
from deploy_guard.ledger_store import Known
from deploy_guard.model import Deployment, Judged, Ledger, Version
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Reality
from deploy_guard.rollback_call import repository, way_back
from deploy_guard.verdict import Verdict
from ecsops.observability import logger
from ecsops.parallel import run_all
from ecsops.tags import from_ecs

_ACTING = frozenset({"auto", "dry-run"})
_MOST_CANDIDATES, _MOST_KEPT = 6, 50
# ECS or CodeDeploy knows the way back by itself: no version has to be found.
_NATIVE = (StopDeployment, AnswerHooks, StopCodeDeploy)


@dataclass(frozen=True, slots=True)
class Definition:
    """A task definition as ECS describes it, and its tags."""

    shape: Mapping[str, Any]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Situation:
    """A failed deployment, and what is known of its service."""

    row: Deployment
    verdict: Verdict
    diagnosis: Diagnosis
    ledger: Ledger
    reality: Reality
    known: Known
    definition: Definition | None = None
    turn: Rule | None = None


@dataclass(frozen=True, slots=True)
class Adviser:
    """Reads what is missing and decides. ``read_at`` is what it last read, for whoever compares."""

    reader: EcsReader
    switch: KillSwitch
    ecr: Callable[[str], Any]
    default_mode: str
    read_at: dict[str, tuple[float, Definition]] = field(default_factory=dict)

    def settings(self, reality: Reality, definition: Definition | None) -> OwnerSettings:
        """What the owner's tags say."""
        of_definition = definition.tags if definition else {}
        return owner_settings.read(reality.service, reality.tags, of_definition, self.default_mode)

    def definition(self, arn: str) -> Definition:
        """Read a task definition."""
        shape, tags = self.reader.definition(arn)
        return Definition(shape, from_ecs(tags))

    def decide(self, situation: Situation, now: float) -> Decision:
        """What to do about it."""
        settings = self.settings(situation.reality, situation.definition)
        candidate, reality = self._candidate(situation, settings, now)
        acting = settings.mode in _ACTING
        case = Case(
            row=situation.row,
            verdict=situation.verdict,
            reality=reality,
            settings=settings,
            candidate=candidate,
            cause=situation.diagnosis.cause_id,
            blame=situation.diagnosis.blame,
            failed_at=situation.row.failed_at or now,
            kill_switch=self.switch.position(now) if acting else NOT_ASKED,
            freezes=situation.known.freezes,
            acts=situation.known.acts,
            bad=_known_bad(situation),
            turn=situation.turn,
        )
        return decide(case, now)

    def _candidate(
        self, situation: Situation, settings: OwnerSettings, now: float
    ) -> tuple[Candidate | NoCandidate, Reality]:
        row, ledger, reality = situation.row, situation.ledger, situation.reality
        facts = Facts(may_pin=settings.may_pin, may_reregister=settings.may_reregister)
        found = choose(row, ledger, reality, facts)
        if isinstance(way_back(row, reality, found).action, _NATIVE) or reality.blind:
            return found, reality
        if row.controller == "ECS" and (isinstance(found, NoCandidate) or found.proof != PROVEN):
            reality = self._with_successes(reality)
            found = choose(row, ledger, reality, facts)
        verified: set[str] = set()
        while isinstance(found, Candidate) and len(verified) < _MOST_CANDIDATES:
            version = found.version
            if version.task_definition in verified:
                break
            verified.add(version.task_definition)
            facts, reality = self._verified(version, facts, reality, now)
            found = choose(row, ledger, reality, facts)
        return found, reality

    def _with_successes(self, reality: Reality) -> Reality:
        known = {one.arn for one in reality.history}
        earlier, versions = self.reader.successes(reality)
        history = (*reality.history, *(one for one in earlier if one.arn not in known))
        return msgspec.structs.replace(reality, history=history, versions=versions)

    def _verified(
        self, version: Version, facts: Facts, reality: Reality, now: float
    ) -> tuple[Facts, Reality]:
        """What is to be known of a version before anybody goes back to it."""
        images = [
            named
            for one in version.images
            if one.digest
            and isinstance(
                named := registry.parse(f"{repository(one.image)}@{one.digest}"),
                registry.ImageName,
            )
        ]
        calls: list[Callable[[], Any]] = [partial(self.definition, version.task_definition)]
        calls += [partial(self._exists, image) for image in images]
        definition, *exist = run_all(calls)
        if isinstance(definition, Exception):
            raise definition
        if len(self.read_at) >= _MOST_KEPT:
            self.read_at.clear()
        self.read_at[version.task_definition] = now, definition
        missing = {
            image.digest
            for image, exists in zip(images, exist, strict=True)
            if exists is False and image.digest
        }
        inactive = {version.task_definition} if _is_inactive(definition) else set()
        facts = msgspec.structs.replace(
            facts,
            inactive=facts.inactive | inactive,
            missing_digests=facts.missing_digests | missing,
        )
        return facts, _with_content(reality, version, definition)

    def _exists(self, image: registry.ImageName) -> bool | None:
        """None where the registry does not let us look: nothing speaks against the image then."""
        ecr = self.ecr(image.region)
        try:
            return bool(registry.still_there(ecr, image))
        except (ClientError, BotoCoreError) as error:
            logger.warning("image not verified", image=image.repository, reason=str(error))
            return None


def _known_bad(situation: Situation) -> Judged | None:
    """What another deployment has shown of the version."""
    bad = situation.ledger.bad(situation.row.target)
    return bad if bad is not None and bad.deployment != situation.row.id else None


def _is_inactive(definition: Definition) -> bool:
    return definition.shape.get("status") == "INACTIVE"


def _with_content(reality: Reality, version: Version, definition: Definition) -> Reality:
    content = content_hash(definition.shape)
    versions = {
        arn: msgspec.structs.replace(one, content_hash=content)
        if one.task_definition == version.task_definition
        else one
        for arn, one in reality.versions.items()
    }
    return msgspec.structs.replace(reality, versions=versions)
