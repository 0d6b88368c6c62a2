"""A service at the moment of a look, and the mail that the look leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from deploy_guard.audit import AuditRow
from deploy_guard.bake import failures_of
from deploy_guard.companions import Companions
from deploy_guard.evidence.found import Evidence
from deploy_guard.investigation import Investigator
from deploy_guard.ledger import with_row
from deploy_guard.ledger_store import Due, Known
from deploy_guard.model import Deployment, Ledger
from deploy_guard.observation import Finding
from deploy_guard.order import Order
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Reality
from deploy_guard.signals import Follow, Look
from deploy_guard.story import Story


@dataclass(slots=True)
class Outbox:
    """What a look at a service leaves to be sent. ``wakes`` are (seconds from now, message)."""

    stories: list[Story] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    notes: list[AuditRow] = field(default_factory=list)
    wakes: list[tuple[int, Look | Follow]] = field(default_factory=list)
    schedules: list[tuple[float, Look]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Visited:
    """The service's ledger after the look, when to look again, and what is to be sent."""

    ledger: Ledger
    due: Due | None
    outbox: Outbox


@dataclass(slots=True)
class Scene:
    """A service at the moment of a look; the ledger grows while things are told."""

    known: Known
    ledger: Ledger
    reality: Reality
    settings: OwnerSettings
    now: float
    investigator: Investigator
    companions: Companions
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)

    def tell(self, story: Story) -> None:
        """Have it told, once: a stage that has been told is remembered."""
        if not self.is_news(story.row, story.stage):
            return
        self.outbox.stories.append(story)
        self.keep(msgspec.structs.replace(story.row, told=(*story.row.told, story.stage)))

    def is_news(self, row: Deployment, stage: str) -> bool:
        """Whether people are to be told this at all, and have not been."""
        return self.settings.mode != "off" and stage not in row.told

    def keep(self, row: Deployment) -> None:
        """Remember a row as it is now."""
        self.ledger = with_row(self.ledger, row)

    def row(self, known: Deployment) -> Deployment:
        """The row as it is now."""
        return self.ledger.find(known.id) or known

    def failures(self, row: Deployment) -> int:
        """How many of its tasks have failed."""
        return failures_of(row, self.ledger)

    def story(self, finding: Finding, stage: str, **more: object) -> Story:
        """A story about a deployment, with what is known of it anyway."""
        row = self.row(finding.row)
        given = {"verdict": finding.verdict, "diagnosis": finding.diagnosis} | more
        return Story(stage, finding.verdict.at, row, self.reality, **given)  # type: ignore[arg-type]
