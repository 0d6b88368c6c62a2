"""Does ECS still take interrupted tasks out by itself, as it used to in this account?

Who comes first, ECS or the toolkit, differs from account to account: only a change tells. On 2025-09-03 the
share fell from nearly all to nothing, and stayed there for days (aws/containers-roadmap#2673).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ecsops.alerts import Alert, NextStep, Table
from spot_drain.history import Episode
from spot_drain.storm import CAPABILITY

RECENT_S = 86_400
BASELINE_S = 14 * 86_400
_FEWEST_RECENT, _FEWEST_BEFORE = 10, 20
# As improbable as 1 in 1,000 by chance, and a fall that matters.
_DEVIATIONS, _FALL = 3.1, 0.3
# Half of that fall ends it: a share that hovers about the limit is one incident, not many.
_RECOVERED = _FALL / 2


@dataclass(frozen=True, slots=True)
class Share:
    """Of ``tasks`` that were registered, ECS had taken out ``native`` when the toolkit came."""

    native: int
    tasks: int

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.native / self.tasks if self.tasks else 0.0


@dataclass(frozen=True, slots=True)
class Regression:
    """The share of the last day against that of the two weeks before."""

    before: Share
    recent: Share

    @property
    def has_regressed(self) -> bool:
        """Whether it fell by more than chance explains. Tasks of a storm are no independent trials.

        So each storm counts for at most ten tasks on either side (see ``compare``).
        """
        if self.recent.tasks < _FEWEST_RECENT or self.before.tasks < _FEWEST_BEFORE:
            return False
        together = (self.before.native + self.recent.native) / (
            self.before.tasks + self.recent.tasks
        )
        spread = math.sqrt(
            together * (1 - together) * (1 / self.before.tasks + 1 / self.recent.tasks)
        )
        return self.fall >= _FALL and spread > 0 and self.fall / spread >= _DEVIATIONS

    @property
    def fall(self) -> float:
        """How much lower the share of the last day is."""
        return self.before.value - self.recent.value

    def is_over(self, began_at: float, now: float) -> bool:
        """Whether a regression told at ``began_at`` has ended.

        A day with too few interruptions ends nothing. After two weeks there is no better time left
        to compare with, whatever the share is.
        """
        has_recovered = self.recent.tasks >= _FEWEST_RECENT and self.fall <= _RECOVERED
        return has_recovered or now - began_at >= BASELINE_S


def compare(episodes: Iterable[Episode], now: float) -> Regression:
    """Both shares; a storm counts for at most ten tasks, or one would speak for all days."""
    sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for episode in episodes:
        native = sum(row.native for row in episode.rows)
        decided = native + sum(row.backstop + row.stuck for row in episode.rows)
        if decided and episode.first_at >= now - RECENT_S - BASELINE_S:
            weight = min(decided, 10)
            side = sums[episode.first_at >= now - RECENT_S]
            side[0] += weight * native / decided
            side[1] += weight
    before, recent = (Share(round(sums[side][0]), round(sums[side][1])) for side in (False, True))
    return Regression(before, recent)


def regression_alert(found: Regression, began_at: float, now: float) -> Alert:
    """ECS's own draining got worse; told once a day for as long as it is."""
    day = datetime.fromtimestamp(now, UTC).date()
    before, recent = _percent(found.before), _percent(found.recent)
    return Alert(
        incident=_incident(began_at),
        stage=f"regressed-{day}",
        severity="warning",
        state="open",
        at=now,
        capability=CAPABILITY,
        title=f"ECS takes fewer interrupted Spot tasks out by itself: {recent}, was {before}",
        summary=(
            "In the last day the toolkit had to take most interrupted tasks out of their target "
            "groups; in the two weeks before, ECS had done so when it came. The tasks are drained all "
            "the same. It looks like aws/containers-roadmap#2673."
        ),
        evidence=(
            Table(
                "Taken out by ECS itself",
                ("when", "share", "tasks (at most ten a storm)"),
                (
                    ("two weeks before", before, str(found.before.tasks)),
                    ("last day", recent, str(found.recent.tasks)),
                ),
            ),
        ),
        next_steps=(
            NextStep(
                "Look at the history, and open a case with AWS:", command="ecs-ops spot history"
            ),
        ),
    )


def regression_over_alert(found: Regression, began_at: float, now: float) -> Alert:
    """It takes as many out as in the two weeks before again, or for so long fewer that this is usual."""
    before, recent = _percent(found.before), _percent(found.recent)
    lasted = now - began_at >= BASELINE_S
    return Alert(
        incident=_incident(began_at),
        stage="over",
        severity="info",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=f"ECS takes as many interrupted Spot tasks out by itself as lately: {recent}",
        summary=(
            f"In the last day ECS had taken out {recent} of the interrupted tasks when the toolkit came, "
            f"in the two weeks before {before}."
            + (" It was told two weeks ago: from here on this is what is usual." if lasted else "")
        ),
    )


def _incident(began_at: float) -> str:
    return f"{CAPABILITY}/native/{began_at:.0f}"


def _percent(share: Share) -> str:
    return f"{100 * share.value:.0f} %"
