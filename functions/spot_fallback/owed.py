"""What people and users' own rules have to be told: remembered until they were.

It is written with the decision, before anything is done, and taken out again once it is published. A
process that dies in between leaves it to the next look. So everything is told at least once; ``id`` and
``key`` tell a receiver what it knows already.
"""

from __future__ import annotations

from typing import Literal

import msgspec

NewsKind = Literal[
    "covering", "grown", "capped", "on-demand-short", "long", "edited", "failed", "restored",
    "idle", "runs", "waiting", "waited", "problem", "taken", "mended", "would", "would-not",
]  # fmt: skip


class News(msgspec.Struct, frozen=True):
    """One thing to tell; ``key`` makes it unique within its incident.

    ``about`` is the incident; empty: the cover that began at ``Owed.incident``.
    """

    kind: NewsKind
    key: str
    text: str
    about: str = ""


class Owed(msgspec.Struct, frozen=True):
    """A change of a cover, if ``before`` and ``target`` differ, and the news of that moment.

    ``wanted``, ``there``, ``running`` are the service's tasks then: told again, it is the same message.
    """

    id: str
    at: float
    before: int
    target: int
    wanted: int
    there: int
    running: int
    missing: int
    reason: str
    incident: float
    news: tuple[News, ...] = ()
