"""boto3 clients for whoever operates an account: all rights, no faults, no throttling."""

from __future__ import annotations

import functools
from typing import Any

import boto3


@functools.cache
def operator_client(service: str, region: str) -> Any:
    """Clients know nothing of an account, so all accounts of the process share them."""
    create: Any = _session().client
    return create(service, region_name=region)


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="OPERATOR", aws_secret_access_key="operator")  # noqa: S106
