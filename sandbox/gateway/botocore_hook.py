"""In-process clients reach the gateway without HTTP, whenever and wherever they were made.

Every botocore client of the process ends in ``URLLib3Session.send``. While the hook is in, that is
the door: AWS requests go to the gateway, loopback addresses (the HTTP server, a Lambda runtime API)
pass, and nothing else leaves the process: not even a search for instance credentials.
"""

from __future__ import annotations

import functools
import marshal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore import endpoint, useragent
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.loaders import JSONFileLoader

from sandbox.faults import ConnectionFailed, ResponseLost
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.wire import WireRequest

_read_file = JSONFileLoader.load_file
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class _RawBody(BytesIO):
    """The body as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def in_process(gateway: Gateway) -> Iterator[None]:
    """Send every AWS call of the process to ``gateway``; also back-offs, which virtual time skips."""
    from moto.core.models import botocore_stubber

    send_over_network = URLLib3Session.send

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
        if urlsplit(request.url).hostname in _LOOPBACK:
            return send_over_network(session, request)
        # urllib3's Timeout: every client makes its session with both of its time-outs.
        return _answer(gateway, request, vars(session)["_timeout"])

    waiting = SimpleNamespace(sleep=gateway.back_off)
    # Each call cleans the same dozen words twice, letter by letter: as long as its whole signature takes.
    cleaned = lru_cache(1024)(useragent.sanitize_user_agent_string_component)
    with (
        patch.object(useragent, "sanitize_user_agent_string_component", cleaned),
        patch.object(URLLib3Session, "send", send),
        patch.object(endpoint, "time", time if gateway.timeline.real else waiting),
        patch.object(JSONFileLoader, "load_file", _load_file),
        # A mock_aws that is active elsewhere would answer before the door is reached.
        patch.object(botocore_stubber, "enabled", False),
    ):
        yield


@functools.cache
def _packed(path: str) -> bytes:
    return marshal.dumps(_plain(_read_file(JSONFileLoader(), path)))


def _plain(value: Any) -> Any:
    """Without ordered dictionaries, which marshal does not know: today's keep their order."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _load_file(_: JSONFileLoader, path: str) -> Any:
    """A file of botocore's data, which each cold start in this process would parse anew.

    Everybody gets a copy: botocore and moto change the models that they read.
    """
    return marshal.loads(_packed(path))  # noqa: S302 - our own bytes


def _answer(gateway: Gateway, request: AWSPreparedRequest, timeout: Any) -> AWSResponse:
    """The gateway's answer. For what never comes the client waits as long as it is set to."""
    wire = _wire_request(request)
    host = urlsplit(wire.url).hostname or ""
    if wire.scope() is None and not host.endswith(".amazonaws.com"):
        raise EndpointConnectionError(endpoint_url=wire.url)
    try:
        response = gateway.handle(wire)
    except ConnectionFailed as problem:
        gateway.timeline.spend(timeout.connect_timeout)
        raise ConnectTimeoutError(endpoint_url=wire.url, error=problem) from problem
    except ResponseLost as problem:
        gateway.timeline.spend(timeout.read_timeout)
        raise ReadTimeoutError(endpoint_url=wire.url, error=problem) from problem
    headers = HTTPHeaders()
    for name, value in response.headers.items():
        headers[name] = value
    return AWSResponse(wire.url, response.status, headers, _RawBody(response.body))


def _wire_request(request: AWSPreparedRequest) -> WireRequest:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    return WireRequest(request.method, request.url, headers, _body(request.body))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        content: Any = body.read()
        return content.encode() if isinstance(content, str) else bytes(content)
    return body.encode() if isinstance(body, str) else bytes(body)
