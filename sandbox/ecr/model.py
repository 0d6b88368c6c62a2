"""What ECR consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Shape = dict[str, Any]


@dataclass(slots=True, eq=False)
class Image:
    """One manifest; an image whose tag has moved on stays without it."""

    digest: str
    manifest: str
    pushed_at: float
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Repository:
    """A repository with its images, oldest first."""

    arn: str
    name: str
    registry_id: str
    region: str
    created_at: float
    immutable: bool = False
    images: list[Image] = field(default_factory=list)

    def find(self, tag: str | None, digest: str | None) -> Image | None:
        """Find the image that has the tag and the digest, as far as they are given."""
        for image in self.images:
            if (not digest or image.digest == digest) and (not tag or tag in image.tags):
                return image
        return None
