"""A batch of messages, sorted by the services that they concern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deploy_guard import signals
from deploy_guard.codedeploy_reader import CodeDeployReader
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.signals import AlarmChanged, CodeDeployChanged, Look, OfService, Signal, Sweep
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.queue import Message


@dataclass(slots=True)
class Batch:
    """Messages by the services they concern. One that concerns none is done."""

    by_service: dict[str, list[OfService]] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def add(self, service: str, signal: OfService, message: str | None) -> None:
        """A signal about a service, and the message that brought it; None: that one is done."""
        self.by_service.setdefault(service, []).append(signal)
        if message is not None:
            self.messages.setdefault(service, []).append(message)

    def fail(self, services: Iterable[str]) -> None:
        """These services' messages are to be tried again."""
        unlooked = list(services)
        if unlooked:
            count("LooksFailed", len(unlooked))
        self.failed |= {message for one in unlooked for message in self.messages.get(one, ())}


@dataclass(frozen=True, slots=True)
class Sorter:
    """Finds out which services messages concern: of alarms, CodeDeploy and the sweep they do not say."""

    store: LedgerStore
    codedeploy: CodeDeployReader

    def sorted(self, messages: Sequence[Message], now: float) -> Batch:
        """The messages by their services; what cannot be understood is rejected alone."""
        batch = Batch()
        arrived = _read(messages, batch)
        alarms = {one.name for one, _ in arrived if isinstance(one, AlarmChanged)}
        interested = self.store.with_alarms(alarms) if alarms else {}
        swept = self.store.due(now) if any(isinstance(one, Sweep) for one, _ in arrived) else []
        for signal, message in arrived:
            match signal:
                case AlarmChanged():
                    for service in interested.get(signal.name, ()):
                        batch.add(service, Look(service, "an alarm went off", signal.key), message)
                case CodeDeployChanged():
                    self._sort_codedeploy(signal, message, batch)
                case Sweep():
                    for service in swept:
                        # The next sweep is this one's second try: a service that cannot be looked at
                        # (its ledger is of a newer version) is to fail no message that is all services'.
                        batch.add(service, Look(service), None)
                case _:
                    batch.add(signal.service, signal, message)
        return batch

    def _sort_codedeploy(self, signal: CodeDeployChanged, message: str, batch: Batch) -> None:
        """Only the group tells which service it is, if any: CodeDeploy deploys to others than ECS, too."""
        try:
            place = self.codedeploy.service_of(signal.application, signal.group)
        except CALL_ERRORS as error:
            logger.error("deployment group not read", group=signal.group, reason=str(error))
            batch.failed.add(message)
            return
        if place is not None:
            partition, region, account = signal.home
            service = f"arn:{partition}:ecs:{region}:{account}:service/{place[0]}/{place[1]}"
            batch.add(service, Look(service, signal.deployment, signal.key), message)


def _read(messages: Sequence[Message], batch: Batch) -> list[tuple[Signal, str]]:
    arrived = []
    for message in messages:
        try:
            signal = signals.read(message.body)
        except InvalidMessage as error:
            count("RejectedMessages")
            logger.error(
                "message rejected", path=error.path, reason=error.problem, message_id=message.id
            )
            batch.failed.add(message.id)
            continue
        if signal is not None:
            arrived.append((signal, message.id))
    return arrived
