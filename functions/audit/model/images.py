"""What an image's name tells: where it comes from, and what role it usually plays in a task."""

from __future__ import annotations

import re

# Amazon ECR user guide, "Private registry": the account's registry, also in China and with FIPS.
_PRIVATE_ECR = re.compile(
    r"\d{12}\.dkr[.-]ecr(?:-fips)?[.\w-]*\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/"
)
# By the last part of the repository's name.
_PROXY = re.compile(r"(?:^|[-_])(?:nginx|envoy|haproxy|traefik|caddy|proxy|httpd)(?:[-_]|$)")
_AGENT = re.compile(
    r"(?:^|[-_])(?:fluent-?bit|fluentd|logstash|vector|filebeat|otel|otelcol|collector|cloudwatch-agent|"
    r"xray|xray-daemon|agent|exporter|promtail|telegraf|statsd)(?:[-_]|$)"
)
# Images that hold one program and no shell tools.
_BARE = re.compile(r"(?:^|/)(?:distroless|chainguard|scratch)(?:/|[:@]|$)|(?:^|/)cgr\.dev/")
_ALPINE = re.compile(r"(?:^|/)(?:alpine|busybox)(?:[:@]|$)|[:-]alpine[\d.]*(?:@|$|-)")
_ALPINE_WITH_CURL = frozenset({"nginx"})


def repository(image: str) -> str:
    """``nginx`` of ``public.ecr.aws/docker/library/nginx:1.27@sha256:...``."""
    return image.split("@", 1)[0].rsplit("/", 1)[-1].split(":", 1)[0].lower()


def is_private_ecr(image: str) -> bool:
    """Must somebody log in to a registry of Amazon ECR to pull it?"""
    return _PRIVATE_ECR.match(image) is not None


def is_proxy(image: str) -> bool:
    """Is it a proxy that stands before the application?"""
    return _PROXY.search(repository(image)) is not None


def is_agent(image: str) -> bool:
    """Is it a log router or a metrics agent?"""
    return _AGENT.search(repository(image)) is not None


def lacks(image: str, program: str) -> bool | None:
    """Does the image lack curl or wget? None where its name does not tell."""
    name = image.lower()
    if _BARE.search(name):
        return True
    if _ALPINE.search(name) and repository(image) not in _ALPINE_WITH_CURL:
        # BusyBox has a wget; curl is a package of its own.
        return program == "curl"
    return None
