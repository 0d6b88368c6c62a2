"""``python -m benchmarks``: run the groups, keep their figures, refresh the README.

A group is a module of this package with ``measure() -> Iterable[Result]``; the ids of its results
begin with the group's name (a dot in it is an underscore in the module's).
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import readme
from benchmarks.results import Result, merge, reached, rounded

GROUPS = (
    "alerts",
    "artefact",
    "audit",
    "audit.live1000",
    "batch",
    "cold_start",
    "dashboard",
    "demo",
    "drain",
    "fallback",
    "guard",
    "histories",
    "memory",
    "scaling",
    "scaling.cost",
    "scaling.robust",
    "scaling.tick1000",
    "spot.asg500",
    "spot.storm",
    "test",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything, or what ``--only`` selects."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", metavar="PREFIX", help="groups or ids beginning so")
    only: str = parser.parse_args(arguments).only
    selected = [group for group in GROUPS if group.startswith(only)]
    selected = selected or sorted(filter(only.startswith, GROUPS), key=len)[-1:]
    if not selected:
        print(f"no group begins with {only!r}; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    for group in selected:
        merge(_run(group, only), max(only, group, key=len), f"make bench ONLY={group}")
    readme.refresh()
    return 0


def module(group: str) -> Any:
    """Where a group is measured."""
    return importlib.import_module(f"benchmarks.{group.replace('.', '_')}")


def _run(group: str, only: str) -> Iterator[Result]:
    print(f"{group} ...", flush=True)
    for result in module(group).measure():
        if result.id.startswith(only):
            print(_line(result), flush=True)
            yield result


def _line(result: Result) -> str:
    goal = {
        None: "",
        True: f"  goal {result.goal}: reached",
        False: f"  goal {result.goal}: MISSED",
    }
    rivals = "; ".join(f"{name} {rounded(value):g}" for name, value in result.rivals.items())
    line = f"  {result.id:32} {rounded(result.value):g} {result.unit}"
    return line + goal[reached(result.value, result.goal)] + (f"\n      {rivals}" if rivals else "")


if __name__ == "__main__":
    sys.exit(main())
