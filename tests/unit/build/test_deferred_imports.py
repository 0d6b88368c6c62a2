"""Libraries that import later what is seldom used: the same names, the same behaviour, sooner there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from build_tools.deferred_imports import DEFERRED, ImportNotDeferred, defer, deferring

PACKAGES = Path(botocore.__file__).parents[1]
MODULE = '''"""A module."""
from json import dumps, loads

def text(value: dumps) -> str:
    """Text."""
    return dumps(value)

class Reader:
    def read(self, text):
        def inner():
            return loads(text)
        return inner()
'''


def _loaded(source: str) -> dict[str, object]:
    space: dict[str, object] = {"__name__": "module"}
    exec(compile(source, "module.py", "exec"), space)
    return space


def test_functions_import_what_they_use_and_keep_their_docstrings() -> None:
    deferred = deferring(MODULE, frozenset({"dumps", "loads"}))
    space = _loaded(deferred)
    text, reader = space["text"], space["Reader"]
    assert not {"dumps", "loads"} & set(space)
    assert callable(text)
    assert callable(reader)
    assert (space["__doc__"], text.__doc__) == ("A module.", "Text.")
    assert (text([1]), reader().read("[1]")) == ("[1]", [1])


def test_what_a_module_only_passes_on_is_imported_when_somebody_asks_for_it() -> None:
    space = _loaded(deferring("from json import dumps, loads\n", frozenset({"loads"})))
    give = space["__getattr__"]
    assert callable(give)
    assert "dumps" in space
    assert give("loads")("[1]") == [1]
    with pytest.raises(AttributeError, match="module 'module' has no attribute 'load'"):
        give("load")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import json\n", "loads is not imported"),
        (
            "from json import loads\nDATA = loads('[]')\n",
            "loads is used when the module is imported",
        ),
        (
            "from json import loads\ndef f(how=loads): ...\n",
            "loads is used when the module is imported",
        ),
        (
            "from json import loads\nclass A(loads): ...\n",
            "loads is used when the module is imported",
        ),
    ],
)
def test_what_cannot_wait_is_refused(source: str, problem: str) -> None:
    with pytest.raises(ImportNotDeferred, match=problem):
        deferring(source, frozenset({"loads"}))


def test_a_library_that_has_changed_stops_the_build_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ImportNotDeferred, match=r"gone\.py: .* Mend build_tools/deferred_imports\.py"
    ):
        defer(tmp_path, {"gone.py": frozenset({"a"})})


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rewritten modules, in front of the packages that they belong to."""
    folder = tmp_path_factory.mktemp("libraries")
    for package in sorted({name.split("/")[0] for name in DEFERRED}):
        for source in (PACKAGES / package).rglob("*.py"):
            target = folder / source.relative_to(PACKAGES)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    (folder / "botocore" / "data").symlink_to(PACKAGES / "botocore" / "data")
    defer(folder)
    return folder


def _python(libraries: Path, code: str) -> str:
    path = f"import sys; sys.path.insert(0, {str(libraries)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", path + code], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_client_is_made_and_used_without_what_waits(libraries: Path) -> None:
    code = """
import botocore.session
client = botocore.session.get_session().create_client(
    "ecs", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
print(sorted(name for name in sys.modules if name.startswith(("botocore.docs.bcdoc", "html"))))
print("botocore.docs.docstring" in sys.modules)
"""
    assert _python(libraries, code).splitlines() == ["[]", "True"]


def test_help_texts_are_those_of_the_library(libraries: Path) -> None:
    code = """
import botocore.session, hashlib
client = botocore.session.get_session().create_client(
    "ecs", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
said = [str(client.stop_task.__doc__), str(client.get_paginator("list_tasks").paginate.__doc__)]
said.append(str(client.get_waiter("tasks_stopped").wait.__doc__))
print([len(text) > 500 for text in said], hashlib.sha256("".join(said).encode()).hexdigest())
"""
    stock = _python(PACKAGES, code)
    assert stock.startswith("[True, True, True]")
    assert _python(libraries, code) == stock


def test_slack_gives_its_clients_to_whoever_asks_and_asyncio_waits(libraries: Path) -> None:
    code = """
from slack_sdk.web.base_client import BaseClient
print(sorted(name for name in ("asyncio", "slack_sdk.models", "slack_sdk.webhook") if name in sys.modules))
from slack_sdk import WebClient, WebhookClient
from slack_sdk.web import WebClient as again
print(issubclass(WebClient, BaseClient), WebClient is again, WebhookClient.__name__)
"""
    assert _python(libraries, code).splitlines() == ["[]", "True True WebhookClient"]
