"""What a batch of messages asks for: services are read together, and each is looked at once.

Whatever happens between sending and saving, the worst is that a thing is sent twice: an alert has an
incident and a stage, an order a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from deploy_guard import noting, signals, watch
from deploy_guard.codedeploy_reader import CodeDeployReader
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.ledger import is_open, unhandled, with_handled
from deploy_guard.ledger_store import Known, LedgerStore
from deploy_guard.notes import Notes
from deploy_guard.reality import Reality
from deploy_guard.scene import Visited
from deploy_guard.sending import Senders
from deploy_guard.signals import (
    AlarmChanged,
    CodeDeployChanged,
    Look,
    OfService,
    Signal,
    Sweep,
    TaskFailed,
)
from deploy_guard.untold import untold
from deploy_guard.visit import Visitor, names_unknown
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import Message

# Somebody else may have written a ledger between our reading and writing: then once more.
_PASSES = 3


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
class Observer:
    """Does what a batch asks for. Lives as long as the function's process."""

    store: LedgerStore
    notes: Notes
    reader: EcsReader
    codedeploy: CodeDeployReader
    visitor: Visitor
    senders: Senders

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        batch = Batch()
        arrived = _read(messages, batch)
        try:
            self._sort(arrived, batch, now)
        except CALL_ERRORS as error:
            logger.exception("batch not sorted", reason=str(error))
            return {message.id for message in messages}
        left = list(batch.by_service)
        for _ in range(_PASSES):
            if not left:
                return batch.failed
            try:
                left = self._look(left, batch, now)
            except CALL_ERRORS as error:
                logger.exception("services not read", reason=str(error))
                break
        batch.fail(left)
        return batch.failed

    def _sort(self, arrived: Sequence[tuple[Signal, str]], batch: Batch, now: float) -> None:
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

    def _look(self, services: Sequence[str], batch: Batch, now: float) -> list[str]:
        """Look at services; those that have to be looked at once more."""
        services = self._without_noted(services, batch, now)
        if not services:
            return []
        # The first read says what has been handled: a duplicate costs no other call.
        known = self.store.read(services)
        batch.fail(set(services) - known.keys())
        services = [one for one in services if one in known]
        fresh = {
            one: [
                signal
                for signal in unhandled(known[one].ledger, batch.by_service[one])
                if noting.matters(signal, known[one].ledger)
            ]
            for one in services
        }
        fresh = {one: found for one, found in fresh.items() if found}
        noted = {
            one: noting.noted(known[one].ledger, signals, now)
            for one, signals in fresh.items()
            if noting.changes_nothing(known[one], signals)
        }
        fresh = {one: signals for one, signals in fresh.items() if one not in noted}
        realities = self._realities({one: known[one] for one in fresh}, fresh, now)
        batch.fail(fresh.keys() - realities.keys())
        fresh = {one: signals for one, signals in fresh.items() if one in realities}
        calls = [partial(self._visit, known[one], fresh[one], realities[one], now) for one in fresh]
        visited: dict[str, Visited] = dict(noted)
        for one, answer in zip(fresh, run_all(calls), strict=True):
            if isinstance(answer, CALL_ERRORS):
                logger.error("look failed", service=one, reason=str(answer))
                batch.fail([one])
            elif isinstance(answer, Exception):
                # A fault of ours, in what this service has and others have not: they are not to suffer.
                logger.error("look failed", service=one, exc_info=answer)
                batch.fail([one])
            else:
                visited[one] = answer
        unsent = self.senders.tell(visited)
        batch.fail(unsent)
        for one in unsent:
            visited[one] = untold(known[one].ledger, visited[one], fresh[one], now)
        saved = self._save(visited, known, batch, now)
        # The executor judges by the ledger: it has to stand there first.
        self.senders.order({one: v for one, v in visited.items() if saved.get(one)})
        return [one for one, kept in saved.items() if not kept]

    def _without_noted(self, services: Sequence[str], batch: Batch, now: float) -> list[str]:
        """Those that are left when what is but one failed task has been noted."""
        tasks = {
            one: signal
            for one in services
            for signal, *more in [batch.by_service[one]]
            if isinstance(signal, TaskFailed) and not more
        }
        answers = run_all([partial(self._is_done, signal, now) for signal in tasks.values()])
        done = set()
        for service, answer in zip(tasks, answers, strict=True):
            if isinstance(answer, Exception):
                # Then it is looked at, as whatever is not noted is.
                logger.warning("failed task not noted", service=service, exc_info=answer)
            elif answer:
                done.add(service)
        return [one for one in services if one not in done]

    def _is_done(self, signal: TaskFailed, now: float) -> bool:
        """Whether a failed task needs no look: it is noted, and perhaps its log was heard."""
        known = self.notes.add(signal)
        if noting.is_done(known, signal):
            return True
        ledger = self.visitor.hear(known, signal, now)
        return ledger is not None and self.store.save(known, ledger, watch.due(ledger, now), now)

    def _realities(
        self, known: Mapping[str, Known], fresh: Mapping[str, Sequence[OfService]], now: float
    ) -> dict[str, Reality]:
        ledgers = [one.ledger for one in known.values()]
        searched = {one for one, of in fresh.items() if names_unknown(known[one].ledger, of)}
        remembered = {one for one in known if all(map(_changes_no_deployment, fresh[one]))}
        realities = self.reader.read(ledgers, now, searched, remembered) if ledgers else {}
        return {
            service: complete
            for service, reality in realities.items()
            if (complete := self._complete(known[service], fresh[service], reality)) is not None
        }

    def _complete(
        self, known: Known, fresh: Sequence[OfService], reality: Reality
    ) -> Reality | None:
        """With what CodeDeploy shows; None if it gives no answer."""
        if reality.controller != "CODE_DEPLOY":
            return reality
        ids = [row.id for row in known.ledger.deployments if is_open(row)]
        ids += [one.why for one in fresh if isinstance(one, Look) and one.key]
        try:
            return self.codedeploy.complete(reality, [one for one in ids if one.startswith("d-")])
        except CALL_ERRORS as error:
            logger.error("codedeploy not read", service=reality.service, reason=str(error))
            return None

    def _visit(
        self, known: Known, fresh: Sequence[OfService], reality: Reality, now: float
    ) -> Visited:
        visited = self.visitor.visit(known, fresh, reality, now)
        ledger = with_handled(visited.ledger, fresh)
        return Visited(ledger, visited.due, visited.outbox)

    def _save(
        self, visited: Mapping[str, Visited], known: Mapping[str, Known], batch: Batch, now: float
    ) -> dict[str, bool]:
        """Write the ledgers back; False for services for which somebody else was faster."""
        calls = [
            partial(self.store.save, known[one], v.ledger, v.due, now) for one, v in visited.items()
        ]
        saved: dict[str, bool] = {}
        for one, answer in zip(visited, run_all(calls), strict=True):
            if isinstance(answer, CALL_ERRORS):
                logger.error("ledger not saved", service=one, reason=str(answer))
                batch.fail([one])
            elif isinstance(answer, Exception):
                raise answer
            else:
                saved[one] = answer
        return saved


def _changes_no_deployment(signal: OfService) -> bool:
    """Tasks and alarms say nothing of a deployment's status; whatever else comes is a reason to read it."""
    return isinstance(signal, TaskFailed) or (isinstance(signal, Look) and bool(signal.key))


def _read(messages: Sequence[Message], batch: Batch) -> list[tuple[Signal, str]]:
    """Read every message; what cannot be understood is rejected alone."""
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
