"""Every rule there is: whatever the modules of ``audit.rules`` define."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from audit import rules
from audit.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules, by id."""
    names = (module.name for module in pkgutil.iter_modules(rules.__path__))
    modules = [import_module(f"{rules.__name__}.{name}") for name in names]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Rule)]
    return tuple(sorted(found, key=_by_family_and_number))


def _by_family_and_number(rule: Rule) -> tuple[str, int]:
    family, _, number = rule.id.partition("-")
    return family, int(number)
