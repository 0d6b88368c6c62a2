"""Every rule there is: whatever the modules of ``audit.rules`` define."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from audit import rules
from audit.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules, by id."""
    # pkgutil would say the same, and load inspect for it: a tenth of the start of ``ecs-ops lint``.
    names = {file.stem for file in Path(rules.__path__[0]).iterdir()} - {"__init__", "__pycache__"}
    modules = [import_module(f"{rules.__name__}.{name}") for name in sorted(names)]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Rule)]
    return tuple(sorted(found, key=_by_family_and_number))


def _by_family_and_number(rule: Rule) -> tuple[str, int]:
    family, _, number = rule.id.partition("-")
    return family, int(number)
