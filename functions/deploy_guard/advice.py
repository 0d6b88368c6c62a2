"""Everything that a decision needs, read as late as possible: the observer's and the executor's alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

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
from deploy_guard.last_known_good import Candidate, Facts, NoCandidate, choose, needs_history
from deploy_guard.ledger_store import Known
from deploy_guard.model import Deployment, Image, Judged, Ledger, Version
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Reality
from deploy_guard.rollback_call import way_back
from deploy_guard.verdict import Verdict
from ecsops.errors import CallFailed
from ecsops.observability import logger
from ecsops.parallel import run_within, within
from ecsops.tags import from_ecs

_ACTING = frozenset({"auto", "dry-run"})
_MOST_CANDIDATES, _MOST_KEPT = 6, 50
# Seconds: an alert has ten. Where the registry is silent nothing speaks against an image.
_REGISTRY_S, _DEFINITION_S, _HISTORY_S = 3.0, 4.0, 4.0
# ECS or CodeDeploy knows the way back by itself: no version has to be found.
_NATIVE = (StopDeployment, AnswerHooks, StopCodeDeploy)

# An image in its registry: as it was, under a tag that means another one by now, or deleted.
type Standing = Literal["good", "moved", "gone"]


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
    """Reads what is missing and decides. ``read_at`` is what it last read, for whoever compares.

    ``codedeploy`` tells whether the stack's owner lets the guard call CodeDeploy at all.
    """

    reader: EcsReader
    switch: KillSwitch
    ecr: Callable[[str], Any]
    default_mode: str
    codedeploy: bool = False
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
            failed_at=_failed_at(situation.row) or now,
            kill_switch=self.switch.position(now) if acting else NOT_ASKED,
            freezes=situation.known.freezes,
            acts=situation.known.acts,
            bad=_known_bad(situation),
            turn=situation.turn,
            codedeploy=self.codedeploy,
        )
        return decide(case, now)

    def _candidate(
        self, situation: Situation, settings: OwnerSettings, now: float
    ) -> tuple[Candidate | NoCandidate, Reality]:
        row, ledger, reality = situation.row, situation.ledger, situation.reality
        facts = Facts(may_pin=settings.may_pin, may_reregister=settings.may_reregister)
        found = choose(row, ledger, reality, facts)
        if reality.blind or reality.unread:
            return found, reality
        if isinstance(way_back(row, reality, found).action, _NATIVE):
            facts = self._with_source(row, reality, facts)
            found = choose(row, ledger, reality, facts)
        if isinstance(way_back(row, reality, found).action, _NATIVE):
            return found, reality
        listed = row.controller != "ECS"
        verified: set[str] = set()
        while len(verified) < _MOST_CANDIDATES:
            if not listed and needs_history(found, row):
                listed, reality = True, self._with_successes(reality)
            elif isinstance(found, Candidate) and found.version.task_definition not in verified:
                verified.add(found.version.task_definition)
                facts, reality = self._verified(found.version, facts, reality, now)
            else:
                break
            found = choose(row, ledger, reality, facts)
        return found, reality

    def _with_source(self, row: Deployment, reality: Reality, facts: Facts) -> Facts:
        """Where no task of the source is left its image has to be pulled again: is it still there?"""
        left = any(one.running for one in reality.deployments if one.id != row.ecs_id)
        if row.controller != "ECS" or row.source is None or left:
            return facts
        images = [one for one in row.source.images if one.digest]
        asked = [(partial(self._stands, one), _REGISTRY_S) for one in images]
        for image, standing in zip(images, run_within(asked), strict=True):
            facts = _with_standing(facts, image, standing)
        return facts

    def _with_successes(self, reality: Reality) -> Reality:
        known = {one.arn for one in reality.history}
        earlier, versions = within(
            "ListServiceDeployments", _HISTORY_S, lambda: self.reader.successes(reality)
        )
        history = (*reality.history, *(one for one in earlier if one.arn not in known))
        return msgspec.structs.replace(reality, history=history, versions=versions)

    def _verified(
        self, version: Version, facts: Facts, reality: Reality, now: float
    ) -> tuple[Facts, Reality]:
        """What is to be known of a version before anybody goes back to it."""
        images = [one for one in version.images if one.digest]
        calls: list[tuple[Callable[[], Any], float]] = [
            (partial(self.definition, version.task_definition), _DEFINITION_S),
            *((partial(self._stands, image), _REGISTRY_S) for image in images),
        ]
        definition, *stand = run_within(calls)
        if isinstance(definition, TimeoutError):
            raise CallFailed("DescribeTaskDefinition", "Timeout", "no answer in time")
        if isinstance(definition, Exception):
            raise definition
        if len(self.read_at) >= _MOST_KEPT:
            self.read_at.clear()
        self.read_at[version.task_definition] = now, definition
        facts = msgspec.structs.replace(
            facts,
            inactive=facts.inactive
            | ({version.task_definition} if _is_inactive(definition) else set()),
        )
        for image, standing in zip(images, stand, strict=True):
            facts = _with_standing(facts, image, standing)
        return facts, _with_content(reality, version, definition)

    def _stands(self, image: Image) -> Standing | None:
        """Where the registry cannot be asked nothing speaks against the image."""
        pinned = "@" in image.image
        named = registry.parse(image.image if pinned else f"{image.image}@{image.digest}")
        if not isinstance(named, registry.ImageName):
            return None
        ecr = self.ecr(named.region)
        try:
            if not pinned and registry.still_means(ecr, named):
                return "good"
            there = registry.still_there(ecr, named)
        except (ClientError, BotoCoreError) as error:
            logger.warning("image not verified", image=named.repository, reason=str(error))
            return None
        return ("good" if pinned else "moved") if there else "gone"


def _with_standing(facts: Facts, image: Image, standing: Standing | Exception | None) -> Facts:
    if isinstance(standing, TimeoutError):
        logger.warning("image not verified", image=image.image, reason="no answer in time")
        return facts
    if isinstance(standing, Exception):
        raise standing
    if standing == "gone":
        gone = facts.missing_digests | {image.digest or ""}
        return msgspec.structs.replace(facts, missing_digests=gone)
    if standing == "moved":
        moved = facts.moved | {(image.image, image.digest or "")}
        return msgspec.structs.replace(facts, moved=moved)
    return facts


def _known_bad(situation: Situation) -> Judged | None:
    """What another deployment has shown of the version."""
    bad = situation.ledger.bad(situation.row.target)
    return bad if bad is not None and bad.deployment != situation.row.id else None


def _failed_at(row: Deployment) -> float:
    """When it was first known that it has to go back; 0: only now."""
    fired_at = row.bake.fired_at if row.bake else 0.0
    return row.failed_at or fired_at or (row.follows.at if row.follows else 0.0)


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
