"""One execution environment as a process: the artefact under the Lambda runtime interface client."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.lambda_host.runtime_server import Answer, Request, RuntimeServer

if TYPE_CHECKING:
    from sandbox.lambda_host.function import DeployedFunction

# What the managed runtime has on its path beside the function's own code.
RUNTIME_PACKAGES = ("awslambdaric", "snapshot_restore_py", "simplejson", "runtime_client*.so")
INIT_LIMIT_S = 10.0
LOOK_EVERY_S = 0.05


class OutOfMemory(Exception):
    """The process used more memory than the function has."""


class ProcessExited(Exception):
    """The process ended by itself."""


class RuntimeProcess:
    """A running runtime for one function; one invocation at a time."""

    def __init__(
        self, function: DeployedFunction, environment: dict[str, str], runtime: Path
    ) -> None:
        """Start the process; ``runtime`` holds the runtime interface client."""
        self.function = function
        self._server = RuntimeServer()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self._read = 0
        own = {
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "PYTHONPATH": os.pathsep.join([str(function.code), str(runtime)]),
            "PYTHONUNBUFFERED": "1",
        }
        # -S: the function must not find the development environment's packages.
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "awslambdaric", function.handler],
            cwd=function.code,
            env=environment | own,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def initialise(self) -> Answer | None:
        """Wait until the handler is imported; give the error if that fails."""
        ends = time.monotonic() + INIT_LIMIT_S
        while not self._server.ready.wait(LOOK_EVERY_S):
            if self._process.poll() is not None:
                break
            if time.monotonic() > ends:
                return None
        try:
            return self._server.answers.get_nowait()
        except queue.Empty:
            if self._process.poll() is not None:
                raise ProcessExited from None
            return None

    def run(self, request: Request, seconds: float) -> Answer | None:
        """Run one invocation; None when it is not done in time."""
        self._server.submit(request)
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            try:
                return self._server.answers.get(timeout=min(left, LOOK_EVERY_S))
            except queue.Empty:
                self._check()
        return None

    def take_lines(self) -> tuple[str, ...]:
        """What was written to stdout and stderr since the last call."""
        descriptor = self._output.fileno()
        text = os.pread(descriptor, os.fstat(descriptor).st_size - self._read, self._read)
        self._read += len(text)
        return tuple(line for line in text.decode(errors="replace").split("\n") if line)

    def kill(self) -> None:
        """End the process without asking, as Lambda does."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """End the process and free the port."""
        self._process.terminate()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._server.close()
        self._output.close()

    def _check(self) -> None:
        if self._process.poll() is not None:
            raise ProcessExited
        if _resident_mb(self._process.pid) > self.function.memory_mb:
            raise OutOfMemory


def _resident_mb(pid: int) -> float:
    """Resident memory, where the system tells it."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def runtime_folder(parent: Path) -> Path:
    """A folder with links to the runtime interface client, and to nothing else."""
    installed = Path(sysconfig.get_path("platlib"))
    for pattern in RUNTIME_PACKAGES:
        for package in installed.glob(pattern):
            link = parent / package.name
            if not link.exists():
                link.symlink_to(package)
    return parent
