"""The Lambda Runtime API, as one execution environment sees it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Request:
    """An invocation on its way to the runtime."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runtime posted: a result, or an error."""

    body: str
    failed: bool = False

    def error(self) -> dict[str, Any]:
        """The posted error."""
        parsed: dict[str, Any] = json.loads(self.body or "{}")
        return parsed


class RuntimeServer:
    """Serves one runtime process: hands out requests, takes answers."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self._requests: queue.Queue[Request | None] = queue.Queue()
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.ready = threading.Event()  # the handler is imported: the runtime asks for work

        class Handler(_Handler):
            runtime = self

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is set to."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def submit(self, request: Request) -> None:
        """Give the runtime something to do."""
        self._requests.put(request)

    def next_request(self) -> Request | None:
        """Wait for work; None means that the environment is shut down."""
        return self._requests.get()

    def close(self) -> None:
        """Stop listening; a waiting runtime loses its connection."""
        self._requests.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    runtime: RuntimeServer
    protocol_version = "HTTP/1.1"
    # Without these an answer waits for a delayed acknowledgement: 40 ms each.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path != _PREFIX + "invocation/next":
            self._respond(404)
            return
        self.runtime.ready.set()
        request = self.runtime.next_request()
        if request is None:
            self.close_connection = True
            return
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request.request_id,
            "Lambda-Runtime-Deadline-Ms": str(request.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": request.function_arn,
        }
        self._respond(200, headers, request.payload)

    def do_POST(self) -> None:
        body = self._body().decode()
        kind = self.path.rpartition("/")[2]
        if kind not in {"response", "error"} or not self.path.startswith(_PREFIX):
            self._respond(404)
            return
        self._respond(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')
        self.runtime.answers.put(Answer(body, failed=kind == "error"))
        self.runtime.ready.set()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _respond(
        self, status: int, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The trace is the log."""
