"""What of an account is audited: all of it, what a person asks for, or what an event is about."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from audit.model.resource import short_name


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything, unless something is named.

    ``clusters`` and ``services`` are globs over names; ``named`` are (cluster, service) as an event has
    them, and ``task_definitions`` are looked at whether or not a service runs them.
    """

    clusters: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    task_definitions: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Is it the whole account?"""
        return self == Scope()

    @property
    def exact(self) -> bool:
        """Is everything named, so that nothing has to be listed?"""
        return bool(self.named or self.task_definitions)

    def has_cluster(self, arn: str) -> bool:
        """Does a person ask for this cluster?"""
        return _matches(arn, self.clusters)

    def has_service(self, arn: str) -> bool:
        """Does a person ask for this service?"""
        return _matches(arn, self.services)

    def __or__(self, other: Scope) -> Scope:
        """Both: one audit for many events. With everything it is everything."""
        if self.whole or other.whole:
            return Scope()
        return Scope(
            named=tuple(dict.fromkeys((*self.named, *other.named))),
            task_definitions=tuple(
                dict.fromkeys((*self.task_definitions, *other.task_definitions))
            ),
        )


def _matches(arn: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(short_name(arn), glob) for glob in globs)
