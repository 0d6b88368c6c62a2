"""``python -m build_tools.build``: ``sam build``, then slim and compile what it leaves.

``sam deploy`` uploads what is in ``.aws-sam/build`` afterwards. The functions share one CodeUri, so
their folders are equal: one is slimmed, the others become copies of it.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_tools import extras, needs, sam
from build_tools.deferred_imports import defer
from build_tools.slim import digest, size, slim

ARCHITECTURES = ("arm64", "x86_64")
DEFAULT_OUTPUT = sam.ROOT / ".aws-sam" / "build"
SOURCE = sam.ROOT / "functions"


@dataclass(frozen=True, slots=True)
class Report:
    """What was built, in bytes a function."""

    functions: tuple[str, ...]
    services: tuple[str, ...]
    before: int
    after: int
    bytecode: int

    def __str__(self) -> str:
        """A few lines for people."""
        return "\n".join(
            (
                f"functions          {', '.join(self.functions)}",
                f"AWS services       {', '.join(self.services)}",
                f"sam build          {_mb(self.before)} a function, no bytecode",
                f"slimmed            {_mb(self.after - self.bytecode)}",
                f"with bytecode      {_mb(self.after)}, every module compiled for the runtime",
            )
        )


def build(arch: str, output: Path, *, raw: bool = False, with_extras: Sequence[str] = ()) -> Report:
    """Build all functions into ``output``; ``raw`` leaves them as ``sam build`` does."""
    sam.run(_arguments(arch, output))
    folders = function_folders(output)
    for extra in with_extras:
        for folder in folders:
            extras.add(extra, folder, arch)
    used = needs.services(SOURCE)
    before = size(folders[0])
    if not raw:
        _slim_all(folders, used)
    return Report(
        tuple(folder.name for folder in folders),
        tuple(sorted(used)),
        before,
        size(folders[0]),
        sum(path.stat().st_size for path in folders[0].rglob("*.pyc")),
    )


def function_folders(output: Path) -> list[Path]:
    """The functions' folders in a build."""
    return sorted(path for path in output.iterdir() if path.is_dir())


def host_architecture() -> str:
    """What this machine can run."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _arguments(arch: str, output: Path) -> list[str]:
    arguments = ["build", "--build-dir", str(output)]
    if output != DEFAULT_OUTPUT:
        # SAM keeps one cache for a project and empties it of what the latest build did not use.
        arguments.append("--no-cached")
    return [*arguments, "--parameter-overrides", f"Architecture={arch}"]


def _slim_all(folders: Sequence[Path], used: set[str]) -> None:
    slimmed: dict[str, Path] = {}
    for folder in folders:
        content = digest(folder)
        if content in slimmed:
            shutil.rmtree(folder)
            shutil.copytree(slimmed[content], folder)
            continue
        defer(folder)
        slim(folder, used)
        slimmed[content] = folder


def _mb(number: int) -> str:
    return f"{number / 1e6:5.1f} MB"


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m build_tools.build", description=__doc__)
    parser.add_argument("--arch", choices=ARCHITECTURES, default="arm64")
    parser.add_argument(
        "--output", type=Path, default=DEFAULT_OUTPUT, help="default: .aws-sam/build"
    )
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        choices=extras.EXTRAS,
        default=[],
        help="ship this too",
    )
    parser.add_argument("--raw", action="store_true", help="leave what sam build made as it is")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and say what came of it."""
    options = _read(arguments)
    output: Path = options.output.resolve()
    print(f"Building for {options.arch} ...", flush=True)
    try:
        print(build(options.arch, output, raw=options.raw, with_extras=options.extras))
    except sam.SamFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"in {output.relative_to(Path.cwd(), walk_up=True)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
