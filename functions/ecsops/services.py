"""Services by tag, and their descriptions, in as few calls as the APIs allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.arns import parse_arn
from ecsops.errors import CallFailed, call_failed, refusals
from ecsops.parallel import chunks, run_all

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_SERVICES_PER_CALL, _ARNS_PER_PAGE = 10, 100
_OPERATION = "DescribeServices"

Place = tuple[str, str]  # cluster and name
Described = dict[str, Any]


def tagged_services(resourcegroupstaggingapi: Any, key: str) -> list[str]:
    """The ARNs of all services with a tag of this key; raises ``CallFailed``."""
    return sorted(services_with_tag(resourcegroupstaggingapi, key))


def services_with_tag(
    resourcegroupstaggingapi: Any, key: str, value: str | None = None
) -> dict[str, dict[str, str]]:
    """ARNs and all tags of services with this tag, of any value or of one; raises ``CallFailed``."""
    wanted: dict[str, Any] = {"Key": key} | ({"Values": [value]} if value is not None else {})
    found: dict[str, dict[str, str]] = {}
    try:
        for page in resourcegroupstaggingapi.get_paginator("get_resources").paginate(
            TagFilters=[wanted],
            ResourceTypeFilters=["ecs:service"],
            ResourcesPerPage=_ARNS_PER_PAGE,
        ):
            for each in page["ResourceTagMappingList"]:
                tags = {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}
                found[each["ResourceARN"]] = tags
    except (ClientError, BotoCoreError) as error:
        raise call_failed("GetResources", error) from error
    # Services of before 2018 have ARNs without a cluster, and cannot be tagged.
    return {arn: tags for arn, tags in found.items() if parse_arn(arn).cluster}


def describe(
    ecs: ECSClient, places: Iterable[Place]
) -> tuple[dict[Place, Described], dict[Place, CallFailed]]:
    """Services with their tags, ten a call, side by side; and those of which nothing is known.

    A service that is in neither does not exist: ECS has said MISSING, and nothing else counts as that.
    """
    by_cluster: dict[str, list[str]] = {}
    for cluster, name in sorted(set(places)):
        by_cluster.setdefault(cluster, []).append(name)
    asked = [
        (cluster, part)
        for cluster, names in by_cluster.items()
        for part in chunks(names, _SERVICES_PER_CALL)
    ]
    answers = run_all([lambda c=c, p=p: _describe(ecs, c, p) for c, p in asked])  # type: ignore[misc]
    found: dict[Place, Described] = {}
    failed: dict[Place, CallFailed] = {}
    for (cluster, part), answer in zip(asked, answers, strict=True):
        if isinstance(answer, CallFailed):
            failed |= {(cluster, name): answer for name in part}
        elif isinstance(answer, Exception):
            raise answer
        else:
            services, missing, refused = answer
            found |= {(cluster, name): each for name, each in services.items()}
            unknown = {
                name: _unanswered(name) for name in part if name not in services.keys() | missing
            }
            failed |= {(cluster, name): error for name, error in (unknown | refused).items()}
    return found, failed


def is_deploying(described: Mapping[str, Any]) -> bool:
    """Whether a deployment goes on: several at once, or one that is not COMPLETED."""
    deployments = described.get("deployments") or ()
    task_sets = described.get("taskSets") or ()
    return (
        len(deployments) > 1
        or len(task_sets) > 1
        or any(each.get("rolloutState") == "IN_PROGRESS" for each in deployments)
    )


def _describe(
    ecs: ECSClient, cluster: str, names: Sequence[str]
) -> tuple[dict[str, Described], set[str], dict[str, CallFailed]]:
    """By name: services; those that do not exist; those that ECS could not describe."""
    try:
        answer = ecs.describe_services(cluster=cluster, services=list(names), include=["TAGS"])
    except (ClientError, BotoCoreError) as error:
        raise call_failed(_OPERATION, error) from error
    refused = {_name(arn): error for arn, error in refusals(_OPERATION, answer).items()}
    missing = {_name(each.get("arn", "")) for each in answer.get("failures", ())} - refused.keys()
    return {each["serviceName"]: dict(each) for each in answer["services"]}, missing, refused


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _unanswered(name: str) -> CallFailed:
    return CallFailed(_OPERATION, "NoAnswer", f"ECS said nothing of {name}")
