from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.caller import Caller
from sandbox.clock import VirtualClock
from sandbox.ecr import ImageRegistry, Repositories
from sandbox.errors import ApiError

ACCOUNT = "123456789012"
CALLER = Caller("operator", ACCOUNT, "eu-west-1")
HOST = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"


class Registry:
    def __init__(self, clock: VirtualClock) -> None:
        self.repositories = Repositories(clock, ACCOUNT)
        self.images = ImageRegistry(self.repositories, ACCOUNT)

    def ecr(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.repositories.call(operation, params, CALLER)

    def tags(self) -> dict[str, list[str]]:
        details = self.ecr("DescribeImages", repositoryName="app")["imageDetails"]
        return {each["imageDigest"]: each.get("imageTags", []) for each in details}


@pytest.fixture
def registry() -> Iterator[Registry]:
    clock = VirtualClock(1_767_225_600.0)
    yield Registry(clock)
    clock.close()


def test_an_image_is_found_by_tag_and_by_digest(registry: Registry) -> None:
    digest = registry.images.push(f"{HOST}/app:v1")
    for asked in ({"imageTag": "v1"}, {"imageDigest": digest}):
        answer = registry.ecr("DescribeImages", repositoryName="app", imageIds=[asked])
        (detail,) = answer["imageDetails"]
        assert (detail["imageDigest"], detail["imageTags"]) == (digest, ["v1"])
    assert registry.images.digest(f"{HOST}/app:v1") == digest
    assert registry.images.digest(f"{HOST}/app@{digest}") == digest


def test_an_unknown_tag_is_an_error_in_the_words_of_ecr(registry: Registry) -> None:
    registry.images.push(f"{HOST}/app:v1")
    with pytest.raises(ApiError) as refused:
        registry.ecr("DescribeImages", repositoryName="app", imageIds=[{"imageTag": "v9"}])
    assert refused.value.code == "ImageNotFoundException"
    assert refused.value.message == (
        "The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the "
        f"repository with name 'app' in the registry with id '{ACCOUNT}'"
    )
    assert registry.images.digest(f"{HOST}/app:v9") is None


def test_an_unknown_repository_is_an_error(registry: Registry) -> None:
    with pytest.raises(ApiError, match="RepositoryNotFoundException"):
        registry.ecr("DescribeImages", repositoryName="app")
    assert registry.images.digest(f"{HOST}/app:v1") is None


def test_a_tag_moves_and_leaves_the_old_image_behind_without_it(registry: Registry) -> None:
    old = registry.images.push(f"{HOST}/app:latest", "monday")
    new = registry.images.push(f"{HOST}/app:latest", "tuesday")
    assert registry.tags() == {old: [], new: ["latest"]}
    assert registry.images.digest(f"{HOST}/app:latest") == new
    assert registry.images.digest(f"{HOST}/app@{old}") == old


def test_a_lifecycle_policy_takes_an_image_away(registry: Registry) -> None:
    digest = registry.images.push(f"{HOST}/app:v1")
    registry.images.remove(f"{HOST}/app:v1")
    assert registry.images.digest(f"{HOST}/app@{digest}") is None


def test_a_tag_of_an_immutable_repository_stays(registry: Registry) -> None:
    registry.ecr("CreateRepository", repositoryName="app", imageTagMutability="IMMUTABLE")
    put = {"repositoryName": "app", "imageTag": "v1"}
    registry.ecr("PutImage", **put, imageManifest="one")
    with pytest.raises(ApiError, match="ImageTagAlreadyExistsException"):
        registry.ecr("PutImage", **put, imageManifest="two")


def test_images_are_deleted_with_their_last_tag(registry: Registry) -> None:
    digest = registry.images.push(f"{HOST}/app:v1")
    registry.images.push(f"{HOST}/app:v1")
    registry.ecr("PutImage", repositoryName="app", imageTag="v2", imageManifest=manifest(registry))
    registry.ecr("BatchDeleteImage", repositoryName="app", imageIds=[{"imageTag": "v1"}])
    assert registry.tags() == {digest: ["v2"]}
    answer = registry.ecr(
        "BatchDeleteImage", repositoryName="app", imageIds=[{"imageTag": "v2"}, {"imageTag": "v7"}]
    )
    assert registry.tags() == {}
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"


def test_images_are_shown_in_pages(registry: Registry) -> None:
    for number in range(3):
        registry.images.push(f"{HOST}/app:v{number}")
    first = registry.ecr("DescribeImages", repositoryName="app", maxResults=2)
    rest = registry.ecr("DescribeImages", repositoryName="app", nextToken=first["nextToken"])
    assert [len(first["imageDetails"]), len(rest["imageDetails"])] == [2, 1]
    assert "nextToken" not in rest


def test_untagged_images_can_be_listed_apart(registry: Registry) -> None:
    old = registry.images.push(f"{HOST}/app:latest", "monday")
    registry.images.push(f"{HOST}/app:latest", "tuesday")
    answer = registry.ecr("ListImages", repositoryName="app", filter={"tagStatus": "UNTAGGED"})
    assert answer["imageIds"] == [{"imageDigest": old}]


def test_every_image_of_another_registry_exists(registry: Registry) -> None:
    for image in (
        "nginx",
        "docker.io/library/nginx:1.27",
        "210987654321.dkr.ecr.eu-west-1.amazonaws.com/a:1",
    ):
        assert registry.images.digest(image)
    before = registry.images.digest("docker.io/library/nginx:latest")
    after = registry.images.push("docker.io/library/nginx:latest", "new")
    assert before != after == registry.images.digest("docker.io/library/nginx:latest")


def test_repositories_of_another_region_are_not_visible(registry: Registry) -> None:
    registry.images.push(f"{HOST}/app:v1")
    elsewhere = Caller("operator", ACCOUNT, "us-east-1")
    answer = registry.repositories.call("DescribeRepositories", {}, elsewhere)
    assert answer["repositories"] == []


def manifest(registry: Registry) -> str:
    answer = registry.ecr("BatchGetImage", repositoryName="app", imageIds=[{"imageTag": "v1"}])
    return answer["images"][0]["imageManifest"]
