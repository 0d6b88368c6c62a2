"""Let the capabilities rest that a figure is not about: they change none, and take most of the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.account import Account


def rest_others(account: Account, stack: Any, rules: Sequence[str]) -> None:
    """Disable every rule of the account but these of the stack."""
    kept = {stack.ref(name) for name in rules}
    events = account.client("events")
    for page in events.get_paginator("list_rules").paginate():
        for rule in page["Rules"]:
            if rule["Name"] not in kept:
                events.disable_rule(Name=rule["Name"])
