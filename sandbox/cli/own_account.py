"""The user's own AWS account, for commands that work on a deployed stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sandbox.errors import SandboxError

Client = Callable[..., Any]


@contextmanager
def own_account(region: str | None = None) -> Iterator[Client]:
    """Makes clients with the user's credentials, in the user's Region unless another is given.

    What AWS refuses is one line that helps.
    """
    import boto3
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        ProfileNotFound,
    )

    from ecsops.errors import CallFailed

    client: Any = partial(boto3.client, region_name=region) if region else boto3.client
    try:
        yield client
    except NoRegionError:
        raise SandboxError(
            "no Region: set AWS_DEFAULT_REGION, or AWS_PROFILE to a profile with one"
        ) from None
    except (NoCredentialsError, ProfileNotFound) as error:
        raise SandboxError(f"{error}: sign in, or set AWS_PROFILE") from None
    except ClientError as error:
        raise SandboxError(f"{error}{_advice(error.response['Error'])}") from error
    except (BotoCoreError, CallFailed) as error:
        raise SandboxError(str(error)) from error


def physical_id(client: Client, stack: str, logical_id: str) -> str:
    """What a resource of a deployed stack is called."""
    answer = client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical_id
    )
    return str(answer["StackResourceDetail"]["PhysicalResourceId"])


def _advice(error: Any) -> str:
    if "does not exist" in error.get("Message", ""):
        return ": --stack names it; is this its account and Region?"
    return ""
