"""Amazon Resource Names, read without assuming more than AWS promises.

Two traps are handled here once: service ARNs come with and without the cluster
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids),
and the instance ARN in an EC2 Spot event has a zone for a Region, and no account at all
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecsops.errors import InvalidMessage

_ARN_PARTS = 6
# us-east-1 of us-east-1b, and of the local zone us-east-1-bos-1a.
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+")


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``; the account may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def kind(self) -> str:
        """``service`` of ``service/prod/web``."""
        return re.split("[/:]", self.resource, maxsplit=1)[0]

    @property
    def name(self) -> str:
        """The part after the last slash: ``web`` of ``service/prod/web``."""
        return self.resource.rpartition("/")[2]

    @property
    def cluster(self) -> str | None:
        """``prod`` of ``service/prod/web``; None in the old short form ``service/web``."""
        parts = self.resource.split("/")
        return parts[1] if len(parts) > 2 else None


def parse_arn(text: str, path: str = "$") -> Arn:
    """Split an ARN; raises ``InvalidMessage`` that names ``path``."""
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) == _ARN_PARTS - 1 and parts[2] == "ec2" and "/" in parts[4]:
        parts.insert(4, "")
    if len(parts) != _ARN_PARTS or parts[0] != "arn" or not parts[5]:
        raise InvalidMessage(path, f"expected an ARN, got {text[:80]!r}")
    return Arn(*parts[1:])


def region_of_instance(arn: Arn) -> str:
    """The Region of an EC2 instance ARN, whose region field may hold a zone (``us-east-1b``)."""
    region = _REGION.match(arn.region)
    return region[0] if region else arn.region


def zone_of_instance(arn: Arn) -> str | None:
    """The Availability Zone of an EC2 instance ARN, if the event told it."""
    return arn.region if arn.region != region_of_instance(arn) else None


def service_arn(cluster_arn: str, service_name: str) -> str:
    """The long ARN of a service from its cluster's ARN and its name."""
    cluster = parse_arn(cluster_arn, "$.detail.clusterArn")
    prefix = f"arn:{cluster.partition}:ecs:{cluster.region}:{cluster.account}"
    return f"{prefix}:service/{cluster.name}/{service_name}"


def target_group_name(arn: str) -> str:
    """``web`` of ``arn:...:targetgroup/web/0123456789abcdef``; the text itself if it is no such ARN."""
    parts = arn.rpartition(":")[2].split("/")
    return parts[1] if parts[0] == "targetgroup" and len(parts) > 1 else arn
