"""Builds for this machine, for tests and benchmarks: made once, kept until something changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from build_tools import sam
from build_tools.build import build, host_architecture
from build_tools.slim import digest

FOLDER = sam.ROOT / ".build"
_INPUTS = (
    "functions/**/*.py",
    "functions/**/*.json",
    "functions/requirements.txt",
    "template.yaml",
    "build_tools/*.py",
)


def ensure(*, raw: bool = False, extras: Sequence[str] = ()) -> Path:
    """The build for this machine's processor, from ``.build`` if it is current."""
    arch = host_architecture()
    output = FOLDER / "-".join((*(["raw"] if raw else []), *extras, arch))
    stamp = output / ".inputs"
    with locked(output.name):
        inputs = current_inputs()
        if not stamp.exists() or stamp.read_text() != inputs:
            fresh = FOLDER / "new" / output.name
            build(arch, fresh, raw=raw, with_extras=extras)
            (fresh / stamp.name).write_text(inputs)
            shutil.rmtree(output, ignore_errors=True)
            fresh.replace(output)
    return output


def current_inputs() -> str:
    """A hash of all that decides what a build contains."""
    requirements = sam.ROOT / "requirements" / "sam.txt"
    parts = digest(sam.ROOT, *_INPUTS), digest(requirements.parent, requirements.name)
    return hashlib.sha256("".join(parts).encode()).hexdigest()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time: test workers share a build."""
    FOLDER.mkdir(exist_ok=True)
    descriptor = os.open(FOLDER / f"{name}.lock", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def folder_of(output: Path, handler: str) -> Path:
    """A function's folder in a build that contains ``handler`` (``spot_drain.handler.handler``)."""
    package = handler.partition(".")[0]
    return next(path for path in sorted(output.iterdir()) if (path / package).is_dir())
