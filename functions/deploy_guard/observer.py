"""What a batch of messages asks for: services are read together, and each is looked at once.

Whatever happens between sending and saving, the worst is that a thing is sent twice: an alert has an
incident and a stage, an order a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from deploy_guard import noting, watch
from deploy_guard.batch import Batch, Sorter
from deploy_guard.codedeploy_reader import CodeDeployReader
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.ledger import is_open, unhandled, with_handled
from deploy_guard.ledger_store import Known, LedgerStore
from deploy_guard.notes import Notes
from deploy_guard.reality import Reality
from deploy_guard.scene import Visited
from deploy_guard.sending import Senders
from deploy_guard.signals import Look, OfService, TaskFailed
from deploy_guard.untold import untold
from deploy_guard.visit import Visitor, names_unknown
from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger
from ecsops.parallel import run_all
from ecsops.queue import Message

# Somebody else may have written a ledger between our reading and writing: then once more.
_PASSES = 3


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
        try:
            batch = Sorter(self.store, self.codedeploy).sorted(messages, now)
        except CALL_ERRORS as error:
            logger.exception("batch not sorted", reason=str(error))
            return {message.id for message in messages}
        done, unheard = self._noted(batch)
        others = [one for one in batch.by_service if one not in done and one not in unheard]
        calls: list[Callable[[], None]] = []
        if others:
            calls.append(partial(self._looks, others, batch, now))
        if unheard:
            # A log may be silent for seconds: the alerts of the others do not wait for it.
            calls.append(partial(self._hear, unheard, batch, now))
        for answer in run_all(calls):
            if isinstance(answer, Exception):
                raise answer
        return batch.failed

    def _looks(self, services: Sequence[str], batch: Batch, now: float) -> None:
        left = list(services)
        for _ in range(_PASSES):
            if not left:
                return
            try:
                left = self._look(left, batch, now)
            except CALL_ERRORS as error:
                logger.exception("services not read", reason=str(error))
                break
        batch.fail(left)

    def _look(self, services: Sequence[str], batch: Batch, now: float) -> list[str]:
        """Look at services; those that have to be looked at once more."""
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

    def _noted(self, batch: Batch) -> tuple[set[str], dict[str, Known]]:
        """Services of which but one failed task is told: those that need no look, and unheard logs."""
        tasks = {
            one: signal
            for one, (signal, *more) in batch.by_service.items()
            if isinstance(signal, TaskFailed) and not more
        }
        answers = run_all([partial(self._note, signal) for signal in tasks.values()])
        done, unheard = set(), {}
        for service, answer in zip(tasks, answers, strict=True):
            if isinstance(answer, Exception):
                # Then it is looked at, as whatever is not noted is.
                logger.warning("failed task not noted", service=service, exc_info=answer)
                continue
            is_done, known = answer
            if is_done:
                done.add(service)
            elif known is not None:
                unheard[service] = known
        return done, unheard

    def _note(self, signal: TaskFailed) -> tuple[bool, Known | None]:
        """Whether a failed task needs no look; what is known, where its log is to be heard before."""
        known = self.notes.add(signal)
        if noting.is_done(known, signal):
            return True, None
        return False, known if self.visitor.hears(known, signal) else None

    def _hear(self, unheard: Mapping[str, Known], batch: Batch, now: float) -> None:
        """Hear logs, and look at the services where that was not all there is to do."""
        calls = [
            partial(self._heard, known, batch.by_service[one], now)
            for one, known in unheard.items()
        ]
        left = []
        for service, answer in zip(unheard, run_all(calls), strict=True):
            if isinstance(answer, Exception):
                logger.warning("log not heard", service=service, exc_info=answer)
            if answer is not True:
                left.append(service)
        self._looks(left, batch, now)

    def _heard(self, known: Known, signals: Sequence[OfService], now: float) -> bool:
        (signal,) = signals
        ledger = self.visitor.hear(known, signal, now) if isinstance(signal, TaskFailed) else None
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
