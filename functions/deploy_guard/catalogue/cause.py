"""One row of the catalogue."""

from __future__ import annotations

from typing import Literal

import msgspec

Blame = Literal[
    "release",  # the version that was deployed cannot work
    "app",  # the application fails
    "config",  # the service or what it needs is set up wrongly
    "infra",  # something below or beside the service fails; trying again may help
    "capacity",  # there is no room
    "regression",  # it runs, and measurably worse
    "symptom",  # follows from something else
    "unknown",
]


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """``says`` fits behind "web: deployment failed, "; ``fix`` is the first thing to do.

    ``task`` are patterns for what ECS says of a task and its containers, ``service`` for what it says
    of the deployment and the service, ``logs`` for the container's own log. ``subject`` finds what is
    at fault, such as a secret's ARN. ``deterministic``: to try the same again cannot help.
    """

    id: str
    blame: Blame
    says: str
    fix: str
    deterministic: bool = False
    task: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    exit_codes: tuple[int, ...] = ()
    subject: str = ""
