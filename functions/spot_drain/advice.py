"""What the history says to do differently, where its numbers support it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb

from spot_drain.history import Episode

# A storm in a zone is one trial, however many tasks it took: they went together.
_FEWEST_STORMS = 8
_UNLIKELY = 0.01
_TWICE = 2.0


def advice(episodes: Sequence[Episode]) -> str | None:
    """One line about the zone, or else the size, that brings far more storms than its share."""
    for index, what in ((0, "zone"), (2, "size")):
        places = Counter(place for each in episodes for place in _places(each, index))
        total, kinds = sum(places.values()), len(places)
        if total < _FEWEST_STORMS or kinds < 2:
            continue
        name, storms = places.most_common(1)[0]
        if storms / total * kinds >= _TWICE and _at_least(storms, total, 1 / kinds) < _UNLIKELY:
            return (
                f"{name} brought {storms} of {total} storms, {storms / total * kinds:.1f} times its "
                f"share of {kinds} {what}s: {_REMEDY[what]}."
            )
    return None


_REMEDY = {
    "zone": "spread over more zones, or put the base of your strategy on demand there",
    "size": "allow other sizes or instance types, so that Spot has more to choose from",
}


def _places(episode: Episode, index: int) -> set[str]:
    names = {(row.zone, row.provider, row.size)[index] for row in episode.rows if row.tasks}
    return names - {""}


def _at_least(hits: int, trials: int, chance: float) -> float:
    """The probability of so many hits or more."""
    return sum(
        comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(hits, trials + 1)
    )
