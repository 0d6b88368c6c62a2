"""boto3's methods straight on simulators: no HTTP, no IAM, no parsing. For runs of many hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from botocore import xform_name

from sandbox.caller import Caller
from sandbox.errors import ApiError
from sandbox.gateway.backends import Simulator


class DirectClient:
    """What a client of a service looks like to the functions."""

    def __init__(self, service: str, simulator: Simulator, caller: Caller, operations: str) -> None:
        """``operations`` are those that may be called, as AWS spells them."""
        self.meta = SimpleNamespace(endpoint_url=f"https://{service}.{caller.region}.amazonaws.com")
        self._simulator = simulator
        self._caller = caller
        self._operations = {xform_name(name): name for name in operations.split()}
        self.calls: dict[str, int] = {}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = self._operations.get(method)
        if operation is None:
            raise AttributeError(method)

        def call(**params: Any) -> Any:
            self.calls[operation] = self.calls.get(operation, 0) + 1
            try:
                return self._simulator.call(operation, params, self._caller)
            except ApiError as error:
                raise _client_error(error, operation) from error

        return call

    def get_paginator(self, method: str) -> Any:
        """Everything is on the first page."""

        def paginate(**params: Any) -> Iterator[Any]:
            yield getattr(self, method)(**params)

        return SimpleNamespace(paginate=paginate)


def _client_error(error: ApiError, operation: str) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": error.code, "Message": error.message}}, operation)
