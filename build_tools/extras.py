"""Packages that ship only on request: ``make build WITH=apprise``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from build_tools import sam

EXTRAS = ("apprise",)
_PLATFORMS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}


def add(extra: str, folder: Path, arch: str) -> None:
    """Install an extra from its lock into a function's folder, for the function's processor."""
    lock = sam.ROOT / "requirements" / f"{extra}.txt"
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(
        [
            *(str(uv), "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"),
            *("--python-version", f"3.{sys.version_info.minor}", "--python-platform"),
            *(_PLATFORMS[arch], "--target", str(folder), "-r", str(lock)),
        ],
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise sam.SamFailed(f"{extra} could not be installed\n{done.stdout}".rstrip())
