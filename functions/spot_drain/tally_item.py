"""What a storm's item of the table holds: which tasks are noted, and under which verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spot_drain.storm import PLACE, Tally

# The weightiest first. A task may be noted under several: the process died half way, or two of its
# events were handled side by side. The one that took it out knows; the other found it leaving.
VERDICTS = ("stuck", "backstop", "unattributed", "native", "moved", "would", "absent", "plain")
_SETS = (
    "native",
    "backstop",
    "unattributed",
    "stuck",
    "moved",
    "absent",
    "plain",
    "would",
    "in_flight",
    "groups",
    "notes",
    "routes",
)
_PREFIX = "storm#"


def tally_of(item: Mapping[str, Any]) -> Tally:
    """A tally from its item."""
    return Tally(
        item["pk"]["S"].removeprefix(_PREFIX),
        int(item["first_at"]["N"]),
        int(item["last_at"]["N"]),
        **{name: noted(item, name) - _outweighed(item, name) for name in _SETS},
        places={
            name.removeprefix(PLACE): noted(item, name) for name in item if name.startswith(PLACE)
        },
    )


def key_of(service_arn: str) -> str:
    """The key of a service's item."""
    return f"{_PREFIX}{service_arn}"


def noted(item: Mapping[str, Any], name: str) -> frozenset[str]:
    """What is noted in a set of an item."""
    return frozenset(item.get(name, {}).get("SS", ()))


def _outweighed(item: Mapping[str, Any], name: str) -> frozenset[str]:
    """The tasks that are noted under a weightier verdict, or were told of in the storm before."""
    if name not in VERDICTS:
        return frozenset()
    weightier = ("earlier", *VERDICTS[: VERDICTS.index(name)])
    return frozenset().union(*(noted(item, other) for other in weightier))


def known(item: Mapping[str, Any], name: str) -> frozenset[str]:
    """What is noted there, or under a weightier verdict."""
    return noted(item, name) | _outweighed(item, name)


def tasks_in(item: Mapping[str, Any]) -> frozenset[str]:
    """Every task of which a verdict is noted."""
    return tasks_of({name: noted(item, name) for name in VERDICTS})


def tasks_of(sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Every task of these sets."""
    return frozenset().union(*(sets.get(name, frozenset()) for name in VERDICTS))
