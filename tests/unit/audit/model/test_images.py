"""What an image's name tells."""

from __future__ import annotations

import pytest

from audit.model import images

_DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("nginx:1.27", "nginx"),
        (f"public.ecr.aws/docker/library/nginx:1.27{_DIGEST}", "nginx"),
        ("localhost:5000/team/Web", "web"),
        ("", ""),
    ],
)
def test_the_repository(image: str, name: str) -> None:
    assert images.repository(image) == name


@pytest.mark.parametrize(
    ("image", "private"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1", True),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/web:1", True),
        ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com/web:1", True),
        ("111122223333.dkr-ecr.eu-west-1.on.aws/web:1", True),
        ("public.ecr.aws/nginx/nginx:1", False),
        ("example.com/111122223333.dkr.ecr.eu-west-1.amazonaws.com/web", False),
    ],
)
def test_private_registries_of_ecr(image: str, private: bool) -> None:
    assert images.is_private_ecr(image) is private


@pytest.mark.parametrize(
    ("image", "proxy", "agent"),
    [
        ("nginx:1", True, False),
        ("envoyproxy/envoy:v1", True, False),
        ("aws-appmesh-envoy:v1", True, False),
        ("cloud-sql-proxy:2", True, False),
        ("amazon/aws-for-fluent-bit:stable", False, True),
        ("public.ecr.aws/aws-observability/aws-otel-collector:v1", False, True),
        ("cloudwatch-agent:1", False, True),
        ("agency:1", False, False),
        ("shop:1", False, False),
    ],
)
def test_usual_roles(image: str, proxy: bool, agent: bool) -> None:
    assert (images.is_proxy(image), images.is_agent(image)) == (proxy, agent)


@pytest.mark.parametrize(
    ("image", "program", "lacking"),
    [
        ("gcr.io/distroless/java21", "wget", True),
        ("cgr.dev/team/app:1", "curl", True),
        ("alpine:3.20", "curl", True),
        ("alpine:3.20", "wget", False),
        ("python:3.13-alpine3.20", "curl", True),
        ("nginx:1.27-alpine", "curl", None),
        ("web:1", "curl", None),
    ],
)
def test_what_small_images_lack(image: str, program: str, lacking: bool | None) -> None:
    assert images.lacks(image, program) is lacking
