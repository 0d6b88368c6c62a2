"""The image cannot be pulled, or cannot run here.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
"""

from __future__ import annotations

from deploy_guard.catalogue.cause import Cause

_NO_ANSWER = (
    r"i/o timeout|request ?canceled|context canceled|context deadli|connection issue"
    r"|dial tcp|connection reset|tls handshake"
)
_REF = r"(?:failed to resolve ref(?:erence)?|pull access denied for|manifest for)\s+\"?([\w.\-/:@]+[\w])"

CAUSES = (
    Cause(
        id="IMAGE_RATE_LIMIT",
        blame="infra",
        says="the registry limits pulls",
        fix="Log in to Docker Hub with repositoryCredentials, or pull through an ECR pull-through cache.",
        task=(r"toomanyrequests|429 too many requests|pull rate limit",),
        subject=_REF,
    ),
    Cause(
        id="IMAGE_DISK",
        blame="infra",
        says="no disk space left for the image",
        fix="Raise ephemeralStorage of the task, or clear the disk of the container instance.",
        task=(r"no space left on device",),
    ),
    Cause(
        id="IMAGE_FORMAT",
        blame="release",
        says="the image has layers that the runtime cannot read",
        fix="Rebuild without attestation or zstd layers (docker buildx build --provenance=false).",
        deterministic=True,
        task=(r"no processor for media-type",),
        subject=_REF,
    ),
    Cause(
        id="IMAGE_ARCH",
        blame="release",
        says="the image is built for another CPU architecture",
        fix="Build for the architecture of runtimePlatform (linux/amd64 or linux/arm64), then redeploy.",
        deterministic=True,
        task=(
            r"does not contain descriptor matching platform|exec format error|no matching manifest for",
        ),
        logs=(r"exec format error",),
    ),
    Cause(
        id="IMAGE_AUTH",
        blame="config",
        says="the image may not be pulled",
        fix=(
            "Let the execution role pull it (ecr:GetAuthorizationToken, BatchGetImage, "
            "GetDownloadUrlForLayer) and check the repository's policy; a repository that does not "
            "exist is denied in the same words."
        ),
        deterministic=True,
        task=(
            r"cannotpull.*(?:pull access denied|403 forbidden|status[^:]*: 403|no basic auth)",
            r"cannotpull.*(?:access ?denied|not authorized|authorization failed)",
            r"role has the permissions to pull",
            r"ecr registry auth.*(?:access ?denied|not authorized)",
        ),
        subject=_REF,
    ),
    Cause(
        id="IMAGE_NETWORK",
        blame="infra",
        says="the registry cannot be reached",
        fix=(
            "Check the way out of the subnet: NAT gateway or public IP, or the VPC endpoints ecr.api, "
            "ecr.dkr and s3 with their security groups."
        ),
        task=(
            rf"cannotpull.*(?:{_NO_ANSWER})",
            r"cannotpull.*failed to copy",
            rf"(?:ecr registry auth|registry auth from amazon ecr).*(?:{_NO_ANSWER}|requesterror)",
        ),
        subject=_REF,
    ),
    Cause(
        id="IMAGE_STABILITY",
        blame="release",
        says="the image that the deployment began with was deleted",
        fix=(
            "ECS pulls the digest that the tag had when the deployment began: redeploy, and let no "
            "lifecycle policy delete images that run."
        ),
        deterministic=True,
        task=(r"cannotpull.*resolve ref\S* \S+@sha256:.*not found",),
        subject=_REF,
    ),
    Cause(
        id="IMAGE_NOT_FOUND",
        blame="release",
        says="the image does not exist",
        fix="Push the image or correct the tag in the task definition, then redeploy.",
        deterministic=True,
        task=(r"cannotpull.*(?:not found|manifest unknown|does not exist)",),
        subject=_REF,
    ),
    Cause(
        id="IMAGE_PULL",
        blame="unknown",
        says="the image could not be pulled",
        fix="See whether the image exists, and whether the execution role may pull it.",
        task=(r"cannotpull",),
        subject=_REF,
    ),
)
