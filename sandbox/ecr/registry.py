"""Resolves images: those of this account's ECR exist or do not, every other registry has them all."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.ecr.repositories import Repositories

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>.+)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """``registry/repository:tag@digest``; without tag and digest, ``latest`` is meant."""

    repository: str
    tag: str | None
    digest: str | None

    @staticmethod
    def of(image: str) -> Reference:
        """Read an image reference."""
        bare, _, digest = image.partition("@")
        slash, colon = bare.rfind("/"), bare.rfind(":")
        repository, tag = (bare[:colon], bare[colon + 1 :]) if colon > slash else (bare, None)
        return Reference(repository, tag or (None if digest else "latest"), digest or None)


class ImageRegistry:
    """What a pull finds."""

    def __init__(self, repositories: Repositories, account: str) -> None:
        """``repositories`` are the account's own, in every Region."""
        self._repositories = repositories
        self._account = account
        self._elsewhere: dict[str, str] = {}

    def digest(self, image: str) -> str | None:
        """Resolve an image to its digest; None when it does not exist."""
        reference = Reference.of(image)
        found = _ECR.fullmatch(reference.repository)
        if found and found["account"] == self._account:
            return self._repositories.digest(
                found["region"], found["name"], reference.tag, reference.digest
            )
        return reference.digest or self._elsewhere.get(image) or _digest_of(image)

    def push(self, image: str, content: str = "") -> str:
        """Push an image under its tag, as a build does; answer its digest.

        Other ``content`` is another image: the tag moves, and in ECR the image that had it stays
        without a tag. The repository is created if need be.
        """
        reference = Reference.of(image)
        found = _ECR.fullmatch(reference.repository)
        if found and found["account"] == self._account:
            manifest = f'{{"schemaVersion": 2, "config": "{_digest_of(image + content)}"}}'
            return self._repositories.push(
                found["region"], found["name"], reference.tag or "latest", manifest
            )
        self._elsewhere[image] = _digest_of(image + content)
        return self._elsewhere[image]

    def remove(self, image: str) -> None:
        """Remove an image of this account's ECR with all its tags, as a lifecycle policy does."""
        reference = Reference.of(image)
        found = _ECR.fullmatch(reference.repository)
        digest = self.digest(image)
        if found and digest:
            self._repositories.remove(found["region"], found["name"], digest)


def _digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
