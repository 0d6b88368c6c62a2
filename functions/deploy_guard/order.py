"""What the observer asks of the executor: a message in the executor's queue.

It says what was decided, on what grounds. The executor looks again before it does anything: an order
is a reason to look, and never a proof.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from deploy_guard.actions import Action
from deploy_guard.model import Mode, Version
from ecsops.events.envelope import read_document


class Order(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="deploy_guard", tag="order"):
    """Roll a deployment back, or say what that would take (``dry-run``).

    ``service`` is an ARN, ``deployment`` the id of its row in the ledger, ``incident`` the thread in
    which the story is told. ``decided_at`` is when the observer decided, in epoch seconds.
    """

    service: str
    deployment: str
    kind: Literal["act", "dry-run"]
    action: Action
    mode: Mode
    reason: str
    cause: str
    incident: str
    decided_at: float
    target: Version | None = None


def encode(order: Order) -> str:
    """The body of the message."""
    return msgspec.json.encode(order).decode()


def read(body: str) -> Order:
    """The order of a message; raises ``InvalidMessage`` naming the field."""
    return read_document(body, Order)
