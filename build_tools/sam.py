"""Runs the AWS SAM CLI from its own environment, without telemetry."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SAM = ROOT / ".venv-sam" / "bin" / "sam"


class SamFailed(Exception):
    """The SAM CLI ended with an error; holds what it said."""


def run(arguments: Sequence[str], *, show: bool = False) -> None:
    """Run ``sam``; its output is shown, or becomes part of the error."""
    if not _SAM.exists():
        raise SamFailed("the SAM CLI is not installed yet: run `make build`, which installs it")
    done = subprocess.run(
        [str(_SAM), *arguments], cwd=ROOT, env=_environment(), check=False, text=True,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise SamFailed(f"sam {arguments[0]} failed\n{done.stdout or ''}".rstrip())


def _environment() -> dict[str, str]:
    # SAM wants the runtime's own minor version on PATH, and no shim of a version manager.
    interpreter = Path(sys.base_prefix) / "bin"
    return os.environ | {
        "PATH": f"{interpreter}{os.pathsep}{os.environ.get('PATH', '')}",
        "SAM_CLI_TELEMETRY": "0",
    }
