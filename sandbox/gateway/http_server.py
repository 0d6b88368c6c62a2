"""The same door on a loopback port, for other processes: ``AWS_ENDPOINT_URL=http://127.0.0.1:PORT``."""

from __future__ import annotations

import json
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from sandbox.errors import UnsupportedOperation
from sandbox.faults import ConnectionFailed, Crashed, ResponseLost
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.wire import WireRequest, WireResponse

_SILENCE_LIMIT_S = 90.0


class GatewayServer:
    """Serves a gateway over HTTP until closed; a context manager."""

    def __init__(self, gateway: Gateway, port: int = 0) -> None:
        """Listen on a loopback port, a free one by default."""

        class Handler(_Handler):
            door = gateway

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="sandbox-gateway", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """What to set ``AWS_ENDPOINT_URL`` to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        """Serve."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """One connection; kept alive between requests."""

    door: Gateway
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = f"http://{headers.get('host', '127.0.0.1')}{self.path}"
        request = WireRequest(self.command, url, headers, self.rfile.read(length))
        try:
            self._respond(self.door.handle(request))
        except UnsupportedOperation as problem:
            self._respond(_failure(501, "UnsupportedOperation", str(problem)))
        except ResponseLost:
            self._stay_silent()
        except (ConnectionFailed, Crashed):
            self.close_connection = True
        except Exception as problem:  # noqa: BLE001 - the client must see what broke in the sandbox
            self._respond(_failure(500, type(problem).__name__, str(problem)))

    def _respond(self, response: WireResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            if name.lower() not in ("content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _stay_silent(self) -> None:
        """Answer nothing until the client gives up: it sees its own read time-out."""
        self.close_connection = True
        connection: socket.socket = self.connection
        select.select([connection], [], [], _SILENCE_LIMIT_S)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The trace is the log."""


def _failure(status: int, code: str, message: str) -> WireResponse:
    body = json.dumps({"__type": code, "message": message}).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
    return WireResponse(status, headers, body)
