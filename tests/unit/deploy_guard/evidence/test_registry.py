"""Whether an image is in ECR, with as few calls as possible."""

from datetime import UTC, datetime

import msgspec
import pytest

from deploy_guard.evidence.registry import ImageName, parse, read, still_means, still_there
from deploy_guard.evidence.unavailable import Unavailable
from tests.unit.deploy_guard.builders import ACCOUNT, IMAGE, REGION, REGISTRY
from tests.unit.deploy_guard.evidence.stubs import stubbed

DIGEST = "sha256:" + "0c" * 32
WEB = ImageName(ACCOUNT, REGION, "web", "v9", None)
PINNED = ImageName(ACCOUNT, REGION, "web", None, DIGEST)
WHERE = {"registryId": ACCOUNT, "repositoryName": "web"}
PAGE = {**WHERE, "filter": {"tagStatus": "TAGGED"}, "maxResults": 1000}


def image(hour, *tags, digest="sha256:aa", **fields):
    pushed = datetime(2026, 3, 1, hour, tzinfo=UTC)
    return {"imageTags": list(tags), "imageDigest": digest, "imagePushedAt": pushed, **fields}


def listing(*images, **fields):
    return "describe_images", PAGE, {"imageDetails": list(images), **fields}


def exact(answer, **image_id):
    return "describe_images", {**WHERE, "imageIds": [image_id]}, answer


def looked(name, *exchanges):
    with stubbed("ecr", *exchanges) as ecr:
        return read(ecr, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (IMAGE, WEB),
        (f"{REGISTRY}/team/web", ImageName(ACCOUNT, REGION, "team/web", "latest", None)),
        (f"{REGISTRY}/web@{DIGEST}", PINNED),
        (f"{REGISTRY}/web:v9@{DIGEST}", ImageName(ACCOUNT, REGION, "web", "v9", DIGEST)),
        (
            f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/web:v9",
            ImageName(ACCOUNT, "cn-north-1", "web", "v9", None),
        ),
        (
            f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web:v9",
            ImageName(ACCOUNT, "us-gov-west-1", "web", "v9", None),
        ),
        (f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws/web:v9", WEB),
    ],
)
def test_a_name_in_ecr_is_read(text, name):
    assert parse(text) == name


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("nginx:1.27", "docker.io"),
        ("library/nginx", "docker.io"),
        ("ghcr.io/team/web:v9", "ghcr.io"),
        ("public.ecr.aws/nginx/nginx:1", "public.ecr.aws"),
        ("localhost:5000/web", "localhost:5000"),
    ],
)
def test_other_registries_cannot_be_asked(text, host):
    missing = parse(text)
    assert isinstance(missing, Unavailable)
    assert missing.why.endswith(host)


def test_s02_a_missing_tag_and_the_newest_three():
    found = looked(
        WEB,
        listing(image(1, "v5"), image(4, "v8", "stable"), image(2, "v6"), image(3, "v7")),
    )
    assert not found.exists
    assert [tag for tag, _ in found.newest] == ["v8", "stable", "v7"]


def test_of_one_page_of_many_nobody_knows_which_tags_are_the_newest():
    missing = exact("ImageNotFoundException", imageTag="v9")
    assert looked(WEB, listing(image(1, "v1"), nextToken="more"), missing).newest is None


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ({"imageDetails": [image(1, "v9", digest=DIGEST)]}, True),
        ({"imageDetails": [image(1, "v9", digest="sha256:0d")]}, False),
        ({"imageDetails": [image(1, "v9", digest=DIGEST, imageStatus="ARCHIVED")]}, False),
        ("ImageNotFoundException", False),
    ],
)
def test_whether_a_tag_still_means_its_digest(answer, means):
    both = msgspec.structs.replace(WEB, digest=DIGEST)
    with stubbed("ecr", exact(answer, imageTag="v9")) as ecr:
        assert still_means(ecr, both) is means


def test_a_tag_that_is_there_takes_one_call():
    assert looked(WEB, listing(image(1, "v9"))).exists


def test_a_tag_on_a_later_page_is_asked_for_by_itself():
    first = listing(image(1, "v1"), nextToken="more")
    assert looked(WEB, first, exact({"imageDetails": [image(2, "v9")]}, imageTag="v9")).exists
    assert not looked(WEB, first, exact("ImageNotFoundException", imageTag="v9")).exists


def test_a_digest_may_have_no_tag():
    untagged = exact({"imageDetails": [image(2, digest=DIGEST)]}, imageDigest=DIGEST)
    assert looked(PINNED, listing(image(1, "v1")), untagged).exists
    assert looked(PINNED, listing(image(1, "v1", digest=DIGEST))).exists
    gone = exact("ImageNotFoundException", imageDigest=DIGEST)
    assert not looked(PINNED, listing(image(1, "v1")), gone).exists


def test_a_repository_that_does_not_exist_says_so():
    found = looked(WEB, ("describe_images", PAGE, "RepositoryNotFoundException"))
    assert not found.exists
    assert "repository web" in found.note


def test_an_archived_image_cannot_be_pulled():
    found = looked(WEB, listing(image(1, "v9", imageStatus="ARCHIVED")))
    assert not found.exists
    assert "archived" in found.note


@pytest.mark.parametrize(
    ("answer", "there"),
    [
        ({"imageDetails": [image(1, digest=DIGEST)]}, True),
        ({"imageDetails": [image(1, digest=DIGEST, imageStatus="ARCHIVED")]}, False),
        ("ImageNotFoundException", False),
        ("RepositoryNotFoundException", False),
    ],
)
def test_whether_a_digest_can_still_be_pulled(answer, there):
    with stubbed("ecr", exact(answer, imageDigest=DIGEST)) as ecr:
        assert still_there(ecr, PINNED) is there
