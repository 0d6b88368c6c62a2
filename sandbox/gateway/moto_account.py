"""The services that moto answers, in this process and without its mocks."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from sandbox.errors import UnsupportedOperation
from sandbox.gateway.calls import ApiCall, service_model
from sandbox.gateway.timeline import Timeline
from sandbox.gateway.wire import WireRequest, WireResponse

_LONG_POLL_INTERVAL_S = 0.05


class MotoAccount:
    """moto's backends behind one lock: a conditional write is atomic for threads too.

    moto keeps its state in the process, so there is one such account at a time.
    """

    def __init__(self, account: str, timeline: Timeline) -> None:
        """Start with an empty account."""
        from moto.core.config import default_user_config
        from moto.core.models import botocore_stubber

        from sandbox.gateway.quick_answers import quick_answers
        from sandbox.gateway.quick_keys import quick_keys
        from sandbox.gateway.quick_queries import quick_queries

        self._account = account
        self._timeline = timeline
        self._stubber = botocore_stubber
        self._lock = threading.RLock()
        self._stack = ExitStack()
        no_docker: dict[str, Any] = {
            "lambda": {"use_docker": False},
            "batch": {"use_docker": False},
        }
        self._stack.enter_context(patch.dict(default_user_config, no_docker))
        self._stack.enter_context(quick_answers())
        self._stack.enter_context(quick_keys())
        self._stack.enter_context(quick_queries())
        _forget_everything()

    def close(self) -> None:
        """Empty the account."""
        _forget_everything()
        self._stack.close()

    def answer(self, call: ApiCall) -> WireResponse:
        """Let moto answer; UnsupportedOperation when it has no such service or operation."""
        request = self._addressed_to_aws(call)
        if (call.service, call.operation, call.protocol) == ("sqs", "ReceiveMessage", "json"):
            return self._receive(call, request)
        return self._process(call, request)

    def _receive(self, call: ApiCall, request: WireRequest) -> WireResponse:
        # moto's own long poll spins on the process clock: for ever when that stands still, and with
        # the lock held. In virtual time nobody can send while we wait, so an empty answer is at once.
        parameters = json.loads(request.body or b"{}")
        wait = parameters.get("WaitTimeSeconds", 0) if self._timeline.real else 0
        deadline = self._timeline.now() + wait
        request = replace(request, body=json.dumps(parameters | {"WaitTimeSeconds": 0}).encode())
        while True:
            response = self._process(call, request)
            empty = response.status == 200 and not json.loads(response.body).get("Messages")
            if not empty or self._timeline.now() >= deadline:
                return response
            self._timeline.spend(_LONG_POLL_INTERVAL_S)

    def _process(self, call: ApiCall, request: WireRequest) -> WireResponse:
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name] = value
        prepared = AWSPreparedRequest(request.method, request.url, headers, request.body, False)
        try:
            with self._lock:
                answer = self._stubber.process_request(prepared)
        except NotImplementedError:  # moto says so of operations that it does not know
            answer = None
        if answer is None or answer[2] == "Not yet implemented":
            raise UnsupportedOperation(
                f"neither a simulator nor moto answers {call.service} {call.operation}"
            )
        status, response_headers, body = answer
        content = body.encode() if isinstance(body, str) else bytes(body)
        return WireResponse(
            status, {name: str(value) for name, value in response_headers.items()}, content
        )

    def _addressed_to_aws(self, call: ApiCall) -> WireRequest:
        """Give the request the host that moto recognises, whatever endpoint the client was told."""
        request = call.request
        parts = urlsplit(request.url)
        headers = dict(request.headers) | {"x-moto-account-id": self._account}
        if not (parts.hostname or "").endswith(".amazonaws.com"):
            prefix = service_model(call.service).endpoint_prefix
            host = f"{prefix}.{call.region}.amazonaws.com"
            url = urlunsplit(("https", host, parts.path or "/", parts.query, ""))
            headers["host"] = host
            return replace(request, url=url, headers=headers)
        return replace(request, headers=headers)


def _forget_everything() -> None:
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()


def partition_key_of(arn: str) -> str | None:
    """The name of a table's partition key, None when there is no such table."""
    from moto.backends import get_backend

    _, _, _, region, account, resource = arn.split(":", 5)
    tables = get_backend("dynamodb")[account][region].tables
    table = tables.get(resource.removeprefix("table/"))
    return str(table.hash_key_attr) if table else None
