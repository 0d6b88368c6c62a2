"""Unit prices in US dollars: list prices of one Region, first tier, before any free tier.

They stand in ``prices.json`` and nowhere else: tests hold the template's mapping and docs/cost.md to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_DOCUMENT: dict[str, Any] = json.loads(
    Path(__file__).with_name("prices.json").read_text(encoding="utf-8")
)
AS_OF, REGION = str(_DOCUMENT["as_of"]), str(_DOCUMENT["region"])


def price(name: str) -> float:
    """A unit price by name, e.g. ``price("lambda.request")``."""
    row = _DOCUMENT["unit_prices"].get(name)
    if row is None:
        # Brings botocore, which whoever lints a file may not have.
        from ecsops.errors import InvalidSetting

        raise InvalidSetting(f"no unit price is called {name!r}: prices.json has the names")
    return float(row["usd"])


def rows() -> dict[str, dict[str, str]]:
    """Every price as it is written, what it is for, and where it was read."""
    return dict(_DOCUMENT["unit_prices"])
