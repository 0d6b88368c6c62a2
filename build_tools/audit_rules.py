"""Write what docs/audit.md says of rules, and its example's output: ``python -m build_tools.audit_rules``."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from audit.catalogue import all_rules
from audit.rule import Rule
from build_tools.other_tools import OTHER_TOOLS
from sandbox.cli import main

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "audit.md"
EXAMPLE = ("lint", "examples/audit/*.json", "--rule", "X-*", "--rule", "VAL-*")
_NAMES = {"SecurityHub": "Security Hub"}


def page(text: str) -> str:
    """The page with its generated parts renewed."""
    rules = "\n".join((*_ours(all_rules()), "", *_theirs(all_rules())))
    example = f"    $ ecs-ops {' '.join(EXAMPLE)}\n{_indented(_output())}\n"
    return _between(_between(text, "rules", rules), "example", example)


def _between(text: str, name: str, new: str) -> str:
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{new}\n{end}{after}"


def _output() -> str:
    written = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(written):
        files = sorted(str(file) for file in Path().glob(EXAMPLE[1]))
        main(["lint", *files, *EXAMPLE[2:]])
    return written.getvalue()


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


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
