"""Images and repositories as the ECR API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.ecr.model import Image, Repository, Shape
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.caller import Request

PAGE = 100
MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def owner(repository: Repository) -> Shape:
    """Name the repository."""
    return {"registryId": repository.registry_id, "repositoryName": repository.name}


def repository_shape(repository: Repository) -> Shape:
    """Describe a repository."""
    host = f"{repository.registry_id}.dkr.ecr.{repository.region}.amazonaws.com"
    return {
        **owner(repository),
        "repositoryArn": repository.arn,
        "repositoryUri": f"{host}/{repository.name}",
        "createdAt": datetime.fromtimestamp(repository.created_at, UTC),
        "imageTagMutability": "IMMUTABLE" if repository.immutable else "MUTABLE",
    }


def detail(repository: Repository, image: Image) -> Shape:
    """Describe an image."""
    shape = {
        **owner(repository),
        "imageDigest": image.digest,
        "imageSizeInBytes": len(image.manifest),
        "imagePushedAt": datetime.fromtimestamp(image.pushed_at, UTC),
        "imageManifestMediaType": MEDIA_TYPE,
    }
    return shape | ({"imageTags": list(image.tags)} if image.tags else {})


def has_status(image: Image, status: str) -> bool:
    """Tell whether an image is meant by a filter."""
    return status == "ANY" or bool(image.tags) == (status == "TAGGED")


def expect(repository: Repository, asked: Shape) -> Image:
    """Find an image, or say in the words of ECR that there is none."""
    image = repository.find(asked.get("imageTag"), asked.get("imageDigest"))
    if image is None:
        digest, tag = asked.get("imageDigest", "null"), asked.get("imageTag", "null")
        message = (
            f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist "
            f"within the repository with name '{repository.name}' in the registry with id "
            f"'{repository.registry_id}'"
        )
        raise ApiError("ImageNotFoundException", message)
    return image


def failure(asked: Shape) -> Shape:
    """Say in a batch that there is no such image."""
    reason = "Requested image not found"
    return {"imageId": asked, "failureCode": "ImageNotFound", "failureReason": reason}


def page(name: str, items: Iterable[Shape], request: Request) -> Shape:
    """Answer a page."""
    rows = list(items)
    start = int(request.params.get("nextToken", "0"))
    end = start + request.params.get("maxResults", PAGE)
    return {name: rows[start:end]} | ({"nextToken": str(end)} if end < len(rows) else {})
