"""Which image a container gets: a tag is resolved once for each deployment, a digest stays."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sandbox.ecs.model import Container, Pins, TaskDefinition

NOT_FOUND = (
    "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
    "failed to resolve ref {0}: {0}: not found"
)


class Registry(Protocol):
    """Where images come from."""

    def digest(self, image: str) -> str | None:
        """Resolve ``repository:tag`` or ``repository@digest``; None when there is no such image."""
        ...


class EveryImage:
    """A registry that has every image."""

    def digest(self, image: str) -> str | None:
        """The same image has the same digest."""
        _, _, digest = image.partition("@")
        return digest or f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


class Images:
    """Pulls images for tasks."""

    def __init__(self, registry: Registry) -> None:
        """``registry`` resolves tags."""
        self.registry = registry

    def resolve(self, definition: TaskDefinition) -> Pins:
        """Resolve the images of a deployment that exist and whose version is to be consistent.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html#deployment-container-image-stability
        """
        pins: Pins = {}
        for container in definition.shape["containerDefinitions"]:
            digest = self.registry.digest(container["image"])
            if digest and container.get("versionConsistency") != "disabled":
                pins[container["name"]] = digest
        return pins

    def pull(self, container: Container, pins: Pins) -> str | None:
        """Pull a container's image; answer why not when it cannot be pulled."""
        definition = container.definition
        name, image = definition["name"], definition["image"]
        if name in pins:
            image = f"{_repository(image)}@{pins[name]}"
        digest = self.registry.digest(image)
        if digest is None:
            return NOT_FOUND.format(image)
        container.image_digest = digest
        if definition.get("versionConsistency") != "disabled":
            pins[name] = digest
        return None


def _repository(image: str) -> str:
    bare = image.partition("@")[0]
    slash, colon = bare.rfind("/"), bare.rfind(":")
    return bare[:colon] if colon > slash else bare
