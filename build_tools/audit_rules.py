"""Write what docs/audit.md says of rules, and its examples' output: ``python -m build_tools.audit_rules``."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

from audit.catalogue import all_rules
from audit.rule import Rule
from build_tools.other_tools import OTHER_TOOLS
from sandbox.account import Account
from sandbox.cli import main
from sandbox.world import EXAMPLE as WORKLOAD
from sandbox.world import load_world

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "audit.md"
EXAMPLE = ("lint", "examples/audit/*.json", "--rule", "X-*", "--rule", "VAL-*")
# Of the example workload's account.
LIVE = ("audit", "--service", "web", "--rule", "X-*", "--rule", "CAP-*", "--rule", "HLT-04")
_SIGNED_IN = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
}
_UNTIL_RUNNING_S = 600
_NAMES = {"SecurityHub": "Security Hub"}


def page(text: str) -> str:
    """The page with its generated parts renewed."""
    rules = "\n".join((*_ours(all_rules()), "", *_theirs(all_rules())))
    text = _between(text, "rules", rules)
    text = _between(text, "example", _shown(EXAMPLE, _offline()))
    return _between(text, "live", _shown(LIVE, _live()))


def _between(text: str, name: str, new: str) -> str:
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{new}\n{end}{after}"


def _offline() -> str:
    with contextlib.chdir(ROOT):
        files = sorted(str(file) for file in Path().glob(EXAMPLE[1]))
        return _output(["lint", *files, *EXAMPLE[2:]])


def _live() -> str:
    world = load_world(WORKLOAD)
    with Account(region=world.region) as account, patch.dict(os.environ, _SIGNED_IN):
        world.build(account)
        account.run_for(_UNTIL_RUNNING_S)
        return _output(LIVE)


def _output(arguments: Sequence[str]) -> str:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        main(list(arguments))
    return written.getvalue()


def _shown(command: Sequence[str], output: str) -> str:
    lines = "\n".join(f"    {line}".rstrip() for line in output.splitlines())
    return f"    $ ecs-ops {' '.join(command)}\n{lines}\n"


def _ours(rules: Iterable[Rule]) -> Iterator[str]:
    tools = list(OTHER_TOOLS)
    yield f"| rule | holds | severity | profile | {' | '.join(_NAMES.get(tool, tool) for tool in tools)} |"
    yield "|---|---|---|---|" + "---|" * len(tools)
    for rule in rules:
        cells = (_anchors(rule, tool) for tool in tools)
        title = f"[{rule.title}]({rule.source})"
        severity = rule.severity.name
        yield f"| {rule.id} | {title} | {severity} | {rule.profile.value} | {' | '.join(cells)} |"


def _anchors(rule: Rule, tool: str) -> str:
    prefix = f"{tool}:"
    ids = (anchor.removeprefix(prefix) for anchor in rule.anchors if anchor.startswith(prefix))
    return ", ".join(f"`{each}`" for each in ids)


def _theirs(rules: Iterable[Rule]) -> Iterator[str]:
    rules = list(rules)
    yield "## Their checks, and ours"
    yield ""
    yield "| tool | check | holds | our rules |"
    yield "|---|---|---|---|"
    for tool, checks in OTHER_TOOLS.items():
        for check, holds in checks.items():
            ours = [rule.id for rule in rules if f"{tool}:{check}" in rule.anchors]
            yield f"| {_NAMES.get(tool, tool)} | `{check}` | {holds} | {', '.join(ours) or 'none'} |"


if __name__ == "__main__":
    TARGET.write_text(page(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
