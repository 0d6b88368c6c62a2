"""``ecs-ops dashboard``: a file, or a server on loopback whose buttons work."""

import json
import re
import threading
import urllib.error
import urllib.request
from html import unescape
from http.server import HTTPServer

import pytest

from sandbox.cli import dashboard, main
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.preview_page import SIZES
from sandbox.cli.stage import Stage

WORLD = """
clusters:
  - name: prod
    services:
      - { name: web, count: 2, target_groups: [{ name: web }] }
      - { name: batch, count: 1, capacity: FARGATE }
"""


@pytest.fixture
def world(tmp_path):
    path = tmp_path / "world.yaml"
    path.write_text(WORLD)
    return path


def test_once_writes_the_widget_at_every_size(world, tmp_path, capsys):
    page = tmp_path / "fleet.html"
    code = main(["dashboard", "--world", str(world), "--theme", "dark", "--once", str(page)])
    assert code == ExitCode.DONE
    html = page.read_text()
    assert html.count('class="eo eo-dark"') == len(SIZES)
    assert "2 by toolkit" in html
    assert "<script" not in html
    assert str(page) in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_named(world, tmp_path, capsys):
    page = tmp_path / "missing" / "fleet.html"
    assert main(["dashboard", "--world", str(world), "--once", str(page)]) == ExitCode.FAILED
    assert "fleet.html: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_does_not_exist_is_named(world, capsys, port):
    assert main(["dashboard", "--world", str(world), "--port", port]) == ExitCode.FAILED
    said = capsys.readouterr().err
    assert f"port {port}: must be 0 to 65535; try --port 0" in said


@pytest.fixture
def served(world):
    """The address of a preview; its requests are answered one by one."""
    with Stage(world, 7) as stage:
        handler = dashboard._handler_of(stage, "light")
        with HTTPServer(("127.0.0.1", 0), handler) as server:
            answering = threading.Thread(target=server.serve_forever, daemon=True)
            answering.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            answering.join()


def fetch(address, body=None):
    data = json.dumps(body).encode() if body is not None else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, data=data, timeout=30) as answer:
        return answer.read().decode()


def test_the_server_shows_the_page_in_the_theme_asked_for(served):
    assert 'class="eo eo-light"' in fetch(f"{served}/")
    assert 'class="eo eo-dark"' in fetch(f"{served}/?theme=dark")


def test_a_button_gets_the_widget_again_with_its_parameters(served):
    html = fetch(f"{served}/widget?theme=dark", {"size": 1, "params": {"service": "web"}})
    assert 'class="eo eo-dark"' in html
    text = unescape(re.sub(r"<[^>]+>", " ", html.partition("</style>")[2]))
    assert "web" in text
    assert "batch" not in text


def test_anything_else_is_not_there(served):
    for address, body in ((f"{served}/favicon.ico", None), (f"{served}/other", {})):
        with pytest.raises(urllib.error.HTTPError):
            fetch(address, body)
