"""A process's global state, one copy per function: modules, environment, streams, loggers, warnings, session.

On Lambda every function has a process of its own. In process they share one, so whatever Python keeps
per process is swapped before a handler runs and put back after it.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import io
import logging
import os
import sys
import sysconfig
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

# Libraries that keep state per process which belongs to a function: the runtime client reads its log
# format when it is imported, Powertools keeps cold-start flags and metric sets in its classes.
STATEFUL_LIBRARIES = frozenset({"awslambdaric", "aws_lambda_powertools"})

_LIBRARY_FOLDERS = frozenset({"site-packages", "dist-packages"})
_STANDARD_LIBRARY = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")
)


class Lines(io.TextIOBase):
    """A stream that stays the same for the life of a function and collects lines per invocation."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._buffer: list[str] = []

    def write(self, text: str) -> int:
        """Keep the text."""
        self._buffer.append(text)
        return len(text)

    def writable(self) -> bool:
        """Loggers ask."""
        return True

    def take(self) -> tuple[str, ...]:
        """Everything since the last call, as lines."""
        text = "".join(self._buffer)
        self._buffer.clear()
        return tuple(line for line in text.split("\n") if line)


class Isolation:
    """The global state of one execution environment."""

    def __init__(self, code: Path, environment: dict[str, str]) -> None:
        """Find out which top-level modules belong to the function's code."""
        self.lines = Lines()
        self._code = str(code.resolve())
        self._environment = environment
        self._own = STATEFUL_LIBRARIES | _top_level_modules(self._code)
        self._modules: dict[str, ModuleType] = {}
        self._others: set[str] = set()
        self._session: boto3.Session | None = None
        self._filters: list[Any] | None = None
        self._root = logging.RootLogger(logging.WARNING)
        self._manager = logging.Manager(self._root)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Be in the function's environment for a while."""
        with (
            self._own_modules(),
            self._own_environment(),
            self._own_loggers(),
            self._own_warnings(),
            self._own_session(),
            contextlib.redirect_stdout(self.lines),
            contextlib.redirect_stderr(self.lines),
        ):
            yield

    @contextlib.contextmanager
    def _own_modules(self) -> Iterator[None]:
        outside = self._take_own_modules()
        path = sys.path[:]
        sys.modules.update(self._modules)
        sys.path[:] = [self._code, *(entry for entry in path if entry != self._code)]
        try:
            yield
        finally:
            self._modules = self._take_own_modules()
            sys.modules.update(outside)
            sys.path[:] = path

    def _take_own_modules(self) -> dict[str, ModuleType]:
        # Some thousands are loaded, and are looked at twice for each invocation.
        unknown = sys.modules.keys() - self._others
        names = [name for name in unknown if name.partition(".")[0] in self._own]
        self._others |= unknown.difference(names)
        return {name: sys.modules.pop(name) for name in names}

    @contextlib.contextmanager
    def _own_environment(self) -> Iterator[None]:
        outside = dict(os.environ)
        os.environ.clear()
        os.environ.update(self._environment)
        try:
            yield
        finally:
            self._environment = dict(os.environ)
            os.environ.clear()
            os.environ.update(outside)

    @contextlib.contextmanager
    def _own_loggers(self) -> Iterator[None]:
        outside = logging.root, logging.Logger.manager, logging.Formatter.converter
        logging.root = self._root
        logging.Logger.root = self._root
        logging.Logger.manager = self._manager
        try:
            yield
        finally:
            logging.root, logging.Logger.manager, logging.Formatter.converter = outside
            logging.Logger.root = logging.root

    @contextlib.contextmanager
    def _own_warnings(self) -> Iterator[None]:
        # What a module silences when it is imported stays silent as long as its process lives.
        with warnings.catch_warnings():
            if self._filters is not None:
                warnings.filters[:] = self._filters  # type: ignore[index]
            try:
                yield
            finally:
                self._filters = list(warnings.filters)

    @contextlib.contextmanager
    def _own_session(self) -> Iterator[None]:
        # boto3.client() uses one default session per process, credentials included.
        outside = boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION = self._session
        try:
            yield
        finally:
            self._session = boto3.DEFAULT_SESSION
            boto3.DEFAULT_SESSION = outside


def _top_level_modules(code: str) -> frozenset[str]:
    """What is importable from the folder and is not an installed library."""
    libraries = [entry for entry in sys.path if _holds_libraries(entry)]
    names = {
        entry.stem if entry.is_file() else entry.name
        for entry in Path(code).iterdir()
        if entry.suffix in {"", ".py"} and entry.stem.isidentifier()
    }
    return frozenset(name for name in names if not _is_importable(name, libraries))


def _holds_libraries(entry: str) -> bool:
    """Not a checkout: its packages are each function's own, even when two of them are on the path."""
    folder = Path(entry or ".").resolve()
    return folder.name in _LIBRARY_FOLDERS or any(
        folder.is_relative_to(each) for each in _STANDARD_LIBRARY
    )


def _is_importable(name: str, path: list[str]) -> bool:
    """A folder without a module in it does not count: every module of that name comes before it."""
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    return spec is not None and spec.origin is not None
