"""What each message of a batch is; what cannot be understood is rejected alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ecsops.errors import InvalidMessage
from ecsops.events.task_state import DETAIL_TYPE as TASK_EVENT
from ecsops.queue import Message
from spot_drain.interruption import Interruption, read_interruption
from spot_drain.messages import Verify, probe, read_own

_ABOUT_TASKS = frozenset({"verify", "report"})


@dataclass(slots=True)
class Sorted:
    """A batch by what each message is. Two messages that say the same are one work item."""

    interruptions: list[Interruption] = field(default_factory=list)
    verifications: list[tuple[str, Verify]] = field(default_factory=list)
    reports: dict[str, list[str]] = field(default_factory=dict)
    others: list[Message] = field(default_factory=list)
    rejected: dict[str, InvalidMessage] = field(default_factory=dict)


def sort(messages: Iterable[Message]) -> Sorted:
    """Read every message; what cannot be understood is rejected alone."""
    batch = Sorted()
    for message in messages:
        try:
            what = probe(message.body)
            if what.spot_drain in _ABOUT_TASKS:
                own = read_own(message.body)
                if isinstance(own, Verify):
                    batch.verifications.append((message.id, own))
                else:
                    for service_arn in own.service_arns:
                        batch.reports.setdefault(service_arn, []).append(message.id)
            elif what.detail_type == TASK_EVENT:
                interruption = read_interruption(
                    message.id, message.body, retried=message.receive_count > 1
                )
                if interruption is not None:
                    batch.interruptions.append(interruption)
            else:
                batch.others.append(message)
        except InvalidMessage as error:
            batch.rejected[message.id] = error
        except Exception as error:  # noqa: BLE001  whatever one body provokes stays with that body
            batch.rejected[message.id] = InvalidMessage("$", f"{type(error).__name__}: {error}")
    return batch
