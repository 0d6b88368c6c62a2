"""``ecs-ops dashboard``: the fleet widget as CloudWatch shows it, over the sandbox's account."""

from __future__ import annotations

import json
from argparse import Namespace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.cli.exit_code import ExitCode
from sandbox.cli.preview_page import SIZES, Size, Theme, preview
from sandbox.cli.stage import Stage
from sandbox.errors import SandboxError

_FUNCTION = "DashboardFunction"
# Spot takes a task of every service so often before the first look, so that there is something to see.
_ROUNDS, _BETWEEN_ROUNDS_S = 2, 3_600
# Each look is a little later.
_STEP_S = 30
_MAX_BODY = 10_000


def run(arguments: Namespace) -> ExitCode:
    """Write the page to a file, or serve it until interrupted."""
    with Stage(arguments.world, arguments.seed) as stage:
        let_spot_take_tasks(stage)
        if arguments.once:
            _write(arguments.once, preview_of(stage, arguments.theme, live=False))
            print(f"{arguments.once}: {len(SIZES)} sizes, {arguments.theme} theme")
            return ExitCode.DONE
        return _serve(stage, arguments.theme, arguments.port)


def let_spot_take_tasks(stage: Stage) -> None:
    """Interrupt one Spot task of every service, a few times."""
    for _ in range(_ROUNDS):
        stage.account.ecs.interrupt(_one_spot_task_each(stage))
        stage.account.run_for(_BETWEEN_ROUNDS_S)


def widget(stage: Stage, size: Size, theme: Theme, given: dict[str, Any] | None = None) -> str:
    """Invoke the function as CloudWatch does; ``given`` are the parameters of a button."""
    params = {"cluster": "*", "service": "*"}
    context = {
        "dashboardName": "ecs-ops",
        "widgetId": "widget-1",
        "accountId": "123456789012",
        "locale": "en",
        "theme": theme,
        "width": size.width,
        "height": size.height,
        "params": params,
    }
    invocation = stage.account.invoke(
        _FUNCTION, params | (given or {}) | {"widgetContext": context}
    )
    if invocation.error:
        raise SandboxError(f"{_FUNCTION} failed: {json.dumps(invocation.error)[:500]}")
    return str(invocation.result)


def preview_of(stage: Stage, theme: Theme, *, live: bool) -> str:
    """The whole page."""
    widgets = [(size, widget(stage, size, theme)) for size in SIZES]
    return preview(widgets, theme, live=live)


def _one_spot_task_each(stage: Stage) -> list[str]:
    ecs = stage.account.client("ecs")
    taken: dict[str, str] = {}
    for cluster in stage.world.document["clusters"]:
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster["name"]):
            if not page["taskArns"]:
                continue
            tasks = ecs.describe_tasks(cluster=cluster["name"], tasks=page["taskArns"])["tasks"]
            for task in tasks:
                if task.get("capacityProviderName") == "FARGATE_SPOT":
                    taken.setdefault(f"{cluster['name']} {task['group']}", task["taskArn"])
    return list(taken.values())


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SandboxError(f"{path}: cannot be written: {error.strerror or error}") from error


def _serve(stage: Stage, theme: Theme, port: int) -> ExitCode:
    try:
        server = HTTPServer(("127.0.0.1", port), _handler_of(stage, theme))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "must be 0 to 65535"
        raise SandboxError(f"port {port}: {reason}; try --port 0") from error
    with server:
        print(f"http://127.0.0.1:{server.server_port}/   (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return ExitCode.DONE


def _handler_of(stage: Stage, default: Theme) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path != "/":
                self.send_error(404)
                return
            stage.account.run_for(_STEP_S)
            self._answer(preview_of(stage, _theme(address.query, default), live=True))

        def do_POST(self) -> None:
            """A button's call: ``{"size": 0, "params": {...}}``."""
            length = int(self.headers.get("Content-Length") or 0)
            address = urlsplit(self.path)
            if address.path != "/widget" or not 0 < length <= _MAX_BODY:
                self.send_error(400)
                return
            body = json.loads(self.rfile.read(length))
            size = SIZES[int(body["size"]) % len(SIZES)]
            theme = _theme(address.query, default)
            self._answer(widget(stage, size, theme, dict(body["params"])))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Say nothing: the page speaks for itself."""

        def _answer(self, html: str) -> None:
            content = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _theme(query: str, default: Theme) -> Theme:
    asked = parse_qs(query).get("theme", [default])[0]
    return "dark" if asked == "dark" else "light"
