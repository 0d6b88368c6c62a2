"""The ECR simulator: repositories, and images with their tags and digests."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from sandbox.caller import Caller, Request
from sandbox.ecr.model import Image, Repository, Shape
from sandbox.ecr.shapes import (
    detail,
    expect,
    failure,
    has_status,
    owner,
    page,
    repository_shape,
)
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import Clock


class Repositories:
    """Answers ``ecr`` calls; ECS and tests use it directly."""

    def __init__(self, clock: Clock, account: str) -> None:
        """An account without repositories."""
        self._clock = clock
        self._account = account
        self._lock = threading.RLock()
        self._repositories: dict[tuple[str, str], Repository] = {}
        self._operations: dict[str, Callable[[Request], Shape]] = {
            "CreateRepository": self._create,
            "DescribeRepositories": self._describe_repositories,
            "DeleteRepository": self._delete,
            "PutImage": self._put_image,
            "DescribeImages": self._describe_images,
            "ListImages": self._list_images,
            "BatchGetImage": self._batch_get,
            "BatchDeleteImage": self._batch_delete,
        }

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes."""
        answer = self._operations.get(operation)
        if answer is None:
            raise UnsupportedOperation(f"the sandbox does not simulate ecr:{operation}")
        with self._lock:
            return answer(Request(params, caller))

    def digest(self, region: str, name: str, tag: str | None, digest: str | None) -> str | None:
        """Resolve an image; None when it, or its repository, does not exist."""
        with self._lock:
            repository = self._repositories.get((region, name))
            image = repository.find(None if digest else tag, digest) if repository else None
            return image.digest if image else None

    def push(self, region: str, name: str, tag: str, manifest: str) -> str:
        """Push an image, and create its repository if need be."""
        with self._lock:
            repository = self._repositories.get((region, name)) or self._add(region, name)
            return self._tagged(repository, tag, manifest).digest

    def remove(self, region: str, name: str, digest: str) -> None:
        """Remove an image with all its tags."""
        with self._lock:
            repository = self._repositories[region, name]
            repository.images = [each for each in repository.images if each.digest != digest]

    def _add(self, region: str, name: str) -> Repository:
        arn = f"arn:aws:ecr:{region}:{self._account}:repository/{name}"
        repository = Repository(arn, name, self._account, region, self._clock.now())
        self._repositories[region, name] = repository
        return repository

    def _tagged(self, repository: Repository, tag: str | None, manifest: str) -> Image:
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        image = repository.find(None, digest)
        if image is None:
            image = Image(digest, manifest, self._clock.now())
            repository.images.append(image)
        if tag and tag not in image.tags:
            for other in repository.images:
                other.tags = [each for each in other.tags if each != tag]
            image.tags.append(tag)
        return image

    def _repository(self, request: Request) -> Repository:
        name = request.params["repositoryName"]
        found = self._repositories.get((request.caller.region, name))
        if found is None:
            message = (
                f"The repository with name '{name}' does not exist in the registry with id "
                f"'{self._account}'"
            )
            raise ApiError("RepositoryNotFoundException", message)
        return found

    def _create(self, request: Request) -> Shape:
        name, region = request.params["repositoryName"], request.caller.region
        if (region, name) in self._repositories:
            message = (
                f"The repository with name '{name}' already exists in the registry with id "
                f"'{self._account}'"
            )
            raise ApiError("RepositoryAlreadyExistsException", message)
        repository = self._add(region, name)
        repository.immutable = request.params.get("imageTagMutability") == "IMMUTABLE"
        return {"repository": repository_shape(repository)}

    def _describe_repositories(self, request: Request) -> Shape:
        names = request.params.get("repositoryNames")
        if names:
            asked = [Request({"repositoryName": name}, request.caller) for name in names]
            found = [self._repository(each) for each in asked]
        else:
            region = request.caller.region
            found = [each for each in self._repositories.values() if each.region == region]
        return {"repositories": [repository_shape(each) for each in found]}

    def _delete(self, request: Request) -> Shape:
        repository = self._repository(request)
        if repository.images and not request.params.get("force"):
            message = (
                f"The repository with name '{repository.name}' in registry with id "
                f"'{self._account}' cannot be deleted because it still contains images"
            )
            raise ApiError("RepositoryNotEmptyException", message)
        del self._repositories[repository.region, repository.name]
        return {"repository": repository_shape(repository)}

    def _put_image(self, request: Request) -> Shape:
        repository, params = self._repository(request), request.params
        tag = params.get("imageTag")
        if repository.immutable and tag and repository.find(tag, None):
            message = (
                f"The image tag '{tag}' already exists in the '{repository.name}' repository and "
                "cannot be overwritten because the repository is immutable."
            )
            raise ApiError("ImageTagAlreadyExistsException", message)
        image = self._tagged(repository, tag, params["imageManifest"])
        shown = {"imageDigest": image.digest} | ({"imageTag": tag} if tag else {})
        return {"image": {**owner(repository), "imageId": shown, "imageManifest": image.manifest}}

    def _describe_images(self, request: Request) -> Shape:
        repository = self._repository(request)
        asked = request.params.get("imageIds")
        if asked:
            found = [expect(repository, each) for each in asked]
            return {"imageDetails": [detail(repository, each) for each in found]}
        status = request.params.get("filter", {}).get("tagStatus", "ANY")
        found = [each for each in repository.images if has_status(each, status)]
        return page("imageDetails", [detail(repository, each) for each in found], request)

    def _list_images(self, request: Request) -> Shape:
        repository = self._repository(request)
        status = request.params.get("filter", {}).get("tagStatus", "ANY")
        ids: list[Shape] = []
        for image in repository.images:
            if has_status(image, status):
                tagged = [{"imageDigest": image.digest, "imageTag": tag} for tag in image.tags]
                ids += tagged or [{"imageDigest": image.digest}]
        return page("imageIds", ids, request)

    def _batch_get(self, request: Request) -> Shape:
        repository = self._repository(request)
        images, failures = [], []
        for each in request.params["imageIds"]:
            image = repository.find(each.get("imageTag"), each.get("imageDigest"))
            if image:
                shown = {**each, "imageDigest": image.digest}
                images.append(
                    {**owner(repository), "imageId": shown, "imageManifest": image.manifest}
                )
            else:
                failures.append(failure(each))
        return {"images": images, "failures": failures}

    def _batch_delete(self, request: Request) -> Shape:
        """A tag goes first; the image goes with its last tag, or when its digest is named."""
        repository = self._repository(request)
        deleted, failures = [], []
        for each in request.params["imageIds"]:
            image = repository.find(each.get("imageTag"), each.get("imageDigest"))
            if image is None:
                failures.append(failure(each))
                continue
            image.tags = [tag for tag in image.tags if tag != each.get("imageTag")]
            if "imageDigest" in each or not image.tags:
                repository.images.remove(image)
            deleted.append({**each, "imageDigest": image.digest})
        return {"imageIds": deleted, "failures": failures}
