"""An HTTP server on loopback whose answers can go wrong in every way that a network knows."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens instead of the answer.

    ``effect``: the request takes effect all the same; ``cut``: the connection ends without an answer;
    ``slow_s``: the answer takes this long.
    """

    answer: Answer | None = None
    effect: bool = False
    cut: bool = False
    slow_s: float = 0.0


def busy(seconds: int | str, body: bytes = b"") -> Trouble:
    """429 with ``Retry-After``."""
    return Trouble(Answer(429, body, {"Retry-After": str(seconds)}))


def broken(status: int = 500, body: bytes = b"oops") -> Trouble:
    """A server error; the request has no effect."""
    return Trouble(Answer(status, body))


class SinkServer:
    """A context manager. ``trouble`` is asked about every request; None lets it through."""

    def __init__(self) -> None:
        """Listen on a free port of the loopback interface once entered."""
        self.trouble: Callable[[Request], Trouble | None] = lambda _: None
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        """Start to listen."""
        handler = type("Handler", (_Handler,), {"sink": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening; connections are refused from now on."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        port = self._server.server_port if self._server else 0
        return f"http://127.0.0.1:{port}"

    def answer(self, request: Request) -> Answer:
        """What the sink says when nothing goes wrong; overridden by each sink."""
        del request
        return Answer()

    def serve(self, request: Request) -> tuple[Answer | None, float]:
        """The answer to a request (None: hang up), and how long it takes."""
        with self._lock:
            self.requests.append(request)
            trouble = self.trouble(request)
            if trouble is None:
                return self.answer(request), 0.0
            answer = self.answer(request) if trouble.effect else Answer()
        if trouble.cut:
            return None, trouble.slow_s
        return trouble.answer or answer, trouble.slow_s


class _Handler(BaseHTTPRequestHandler):
    """One connection; each server makes a class of its own, with its sink."""

    protocol_version = "HTTP/1.1"
    sink: ClassVar[SinkServer]

    def do_POST(self) -> None:
        """Answer, late or not at all if the sink says so."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, delay_s = self.sink.serve(Request(self.path, headers, body))
        # The sink's slowness is real: the client's time-outs are.
        time.sleep(delay_s)
        if answer is None:
            self._hang_up()
            return
        with contextlib.suppress(ConnectionError):
            self._send(answer)

    do_GET = do_POST  # noqa: N815 - the base class calls it so

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _hang_up(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)  # a reset, not an orderly end
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
