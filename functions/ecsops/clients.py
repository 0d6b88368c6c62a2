"""One botocore session, one client per service, made when first asked for.

botocore without boto3 on top: the same clients, 15 to 20 ms sooner (docs/decisions/0003). A second
session would load botocore's endpoint data again, so Powertools utilities that need a client are
handed one of these.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

# Standard mode retries throttling, time-outs and 5xx with jittered back-off. All tries of one call,
# 4 x 3 s and at most 7 s of back-off, end before the function's own 25 s: a hanging connection must
# fail its call, not the whole batch.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=32,
    tcp_keepalive=True,
)
# For calls that must not be made twice: what came of one whose answer was lost is for the caller to find
# out, and a throttled one is tried again with its message.
_ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
# A page of two weeks of metrics, or of a thousand roles, takes seconds to make.
_PATIENT = Config(read_timeout=20)
_session = botocore.session.get_session()


@overload
def client(service: Literal["ecs"], *, once: bool = False) -> ECSClient: ...
@overload
def client(service: Literal["elbv2"]) -> ElasticLoadBalancingv2Client: ...
@overload
def client(service: Literal["events"]) -> EventBridgeClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["ssm"]) -> SSMClient: ...
@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(
    service: Literal[
        "application-autoscaling",
        "autoscaling",
        "cloudwatch",
        "codedeploy",
        "ec2",
        "iam",
        "kinesis",
        "logs",
        "resourcegroupstaggingapi",
        "s3",
        "scheduler",
        "servicediscovery",
    ],
    *,
    patient: bool = False,
) -> Any: ...
@overload
def client(service: Literal["codedeploy"], *, once: bool = False) -> Any: ...
@overload
def client(service: Literal["ecr", "logs"], region: str) -> Any: ...
@cache
def client(
    service: str, region: str | None = None, *, once: bool = False, patient: bool = False
) -> Any:
    """The client of an AWS service, e.g. ``client("ecs")``; the same one every time.

    ``region`` is for what may be kept in another Region than the service: images and logs. With
    ``once`` it never repeats a call; a ``patient`` one waits longer for its answers, for functions that
    nobody waits for.
    """
    config = _ONCE if once else _CONFIG.merge(_PATIENT) if patient else _CONFIG
    return _session.create_client(service, region_name=region, config=config)
