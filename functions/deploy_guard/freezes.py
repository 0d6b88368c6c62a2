"""The rows of freezes: people write them (``ecs-ops guard freeze``), whoever would act reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from deploy_guard.model import Freeze
from ecsops.observability import logger

# The list of all freezes in the table's index.
LISTED = "freeze"


def freeze_key(scope: str) -> str:
    """The key of a scope's row."""
    return f"freeze#{scope}"


def freeze_of(scope: str, item: Mapping[str, Any]) -> Freeze:
    """What a row says. One that cannot be read is a freeze all the same, for somebody wanted one."""
    try:
        return msgspec.json.decode(item["doc"]["S"], type=Freeze)
    except (KeyError, msgspec.MsgspecError) as error:
        logger.error("freeze not understood", scope=scope, reason=repr(error))
        return Freeze(
            scope, f"a row that cannot be read ({freeze_key(scope)} in the guard's table)"
        )
