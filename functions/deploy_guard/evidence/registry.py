"""Whether an image is in its registry, and which ones are, as far as the registry is ECR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from deploy_guard.evidence.unavailable import Unavailable

WHAT, ASKED = "registry", "ecr:DescribeImages"
_NEWEST = 3
_PAGE = 1_000
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html: also FIPS and dual-stack.
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9\-]+)\."
    r"(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
    r"/(?P<repository>[a-z0-9._/\-]+)(?::(?P<tag>[\w.\-]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?"
)


class ImageName(msgspec.Struct, frozen=True):
    """An image in ECR. Without a digest the tag counts, ``latest`` if there is none either."""

    account: str
    region: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def wanted(self) -> str:
        """The tag or the digest."""
        return self.digest or self.tag or "latest"


class Registry(msgspec.Struct, frozen=True, tag=True):
    """``newest`` are (tag, pushed at), the latest first; ``note`` says why a found one is no good.

    None are known of a repository with more images than a page holds: pages are in no order of time.
    """

    image: ImageName
    exists: bool
    newest: tuple[tuple[str, float], ...] | None = ()
    note: str = ""


def parse(image: str) -> ImageName | Unavailable:
    """The parts of an image's name, or why nobody can be asked about it."""
    found = _ECR.fullmatch(image)
    if found is None:
        first = image.split("/", maxsplit=1)[0]
        host = first if "/" in image and ("." in first or ":" in first) else "docker.io"
        return Unavailable(WHAT, f"only ECR can be asked, this image is in {host}")
    tag = found["tag"] or (None if found["digest"] else "latest")
    return ImageName(found["account"], found["region"], found["repository"], tag, found["digest"])


def read(ecr: Any, image: ImageName) -> Registry:
    """Whether the image is there, and the newest tags beside it: one call in most cases."""
    where = {"registryId": image.account, "repositoryName": image.repository}
    try:
        answer = ecr.describe_images(**where, filter={"tagStatus": "TAGGED"}, maxResults=_PAGE)
    except ClientError as error:
        if _code(error) != "RepositoryNotFoundException":
            raise
        return Registry(image, exists=False, note=f"repository {image.repository} does not exist")
    listed = answer["imageDetails"]
    found = next((one for one in listed if _is(one, image)), None)
    # An untagged image, or one on a later page, has to be asked for by itself.
    if found is None and (image.digest or answer.get("nextToken")):
        found = _one(ecr, image)
    newest = None if answer.get("nextToken") else _newest(listed)
    if found is None:
        return Registry(image, exists=False, newest=newest)
    if not _active(found):
        return Registry(image, exists=False, newest=newest, note="it is archived: restore it")
    return Registry(image, exists=True, newest=newest)


def still_there(ecr: Any, image: ImageName) -> bool:
    """Whether an image can still be pulled: a lifecycle policy may have deleted it."""
    found = _one(ecr, image)
    return found is not None and _active(found)


def _active(detail: Any) -> bool:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-lifecycle-archive.html
    return bool(detail.get("imageStatus", "ACTIVE") == "ACTIVE")


def still_means(ecr: Any, image: ImageName) -> bool:
    """Whether the image's tag means its digest today."""
    found = _one(ecr, msgspec.structs.replace(image, digest=None))
    return found is not None and found["imageDigest"] == image.digest and _active(found)


def _one(ecr: Any, image: ImageName) -> Any:
    wanted = {"imageDigest": image.digest} if image.digest else {"imageTag": image.wanted}
    try:
        answer = ecr.describe_images(
            registryId=image.account, repositoryName=image.repository, imageIds=[wanted]
        )
    except ClientError as error:
        if _code(error) in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return None
        raise
    return next(iter(answer["imageDetails"]), None)


def _is(detail: Any, image: ImageName) -> bool:
    if image.digest:
        return bool(detail.get("imageDigest") == image.digest)
    return image.wanted in detail.get("imageTags", ())


def _newest(details: Sequence[Any]) -> tuple[tuple[str, float], ...]:
    latest = sorted(details, key=lambda one: one["imagePushedAt"], reverse=True)
    tags = [
        (tag, one["imagePushedAt"].timestamp())
        for one in latest
        for tag in one.get("imageTags", ())
    ]
    return tuple(tags[:_NEWEST])


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
