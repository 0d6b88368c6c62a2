"""The version to go back to: one with proof, never simply the one before."""

from __future__ import annotations

import msgspec

from deploy_guard.model import Version


class Rejection(msgspec.Struct, frozen=True):
    """A version that was considered, and why it will not do."""

    version: Version
    why: str


class Candidate(msgspec.Struct, frozen=True):
    """The version to go back to, and what proves it."""

    version: Version
    proof: str
    rejected: tuple[Rejection, ...] = ()


class NoCandidate(msgspec.Struct, frozen=True):
    """There is none: a person has to decide."""

    rejected: tuple[Rejection, ...] = ()
