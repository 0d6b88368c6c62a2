"""A table, a queue and a sink in memory, and a world in which time passes between messages."""

from __future__ import annotations

import heapq
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from alerts.delivery import Delivery
from alerts.incident import precedence
from alerts.incident_reader import Known
from alerts.plan import Limits, SinkState
from alerts.routing import Routes
from alerts.sinks.channel import SinkBusy, SinkRefused, SinkUnclear
from alerts.telling import Teller
from ecsops.queue import Message

HIDDEN_S = 150
QUEUE, DEAD = "queue", "dead"


class Died(Exception):
    """The process ended here."""


@dataclass
class MemoryStore:
    """What ``IncidentStore`` promises (test_incident_store.py holds both to it)."""

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sinks: dict[str, dict[str, SinkState]] = field(default_factory=dict)
    windows: dict[str, tuple[int, set[tuple[str, str]]]] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)

    def add(self, key, alert, now):
        with self.lock:
            held = self.alerts.setdefault(key, {}).get(alert.stage)
            if held is None or precedence(held) < precedence(alert):
                self.alerts[key][alert.stage] = alert

    def read(self, key):
        with self.lock:
            known = tuple(self.alerts.get(key, {}).values())
            return Known(known, dict(self.sinks.get(key, {})))

    def save(self, key, sink, state, now):
        with self.lock:
            held = self.sinks.setdefault(key, {}).get(sink)
            if held is not None and held.version != state.version:
                return None
            self.sinks[key][sink] = new = replace(state, version=state.version + 1)
            return new

    def join(self, sink, cluster, incident, limits, now):
        return None


class Sqs:
    """Two queues; ``due`` is when a message becomes visible."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, int, str]] = []
        self.dead: list[str] = []
        self._number = 0

    def put(self, body: str, delay: float = 0.0) -> None:
        self._number += 1
        heapq.heappush(self.waiting, (self.now + delay, self._number, body))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            if QueueUrl == DEAD:
                self.dead.append(entry["MessageBody"])
            else:
                self.put(entry["MessageBody"], entry["DelaySeconds"])
        return {}


@dataclass
class Sink:
    """A channel that keeps what it was told. ``troubles`` come one by one; None lets a message through."""

    troubles: list[str | None] = field(default_factory=list)
    can_be_asked: bool = True
    told: list[Any] = field(default_factory=list)
    top: Any = None

    def send(self, news, reference, now):
        trouble = self.troubles.pop(0) if self.troubles else None
        match trouble:
            case "busy":
                raise SinkBusy("busy", 7.0)
            case "down":
                raise SinkBusy("down")
            case "lost before":
                raise SinkUnclear("lost")
            case "refused":
                raise SinkRefused("refused")
        self.told.append(news)
        self.top = news
        if trouble == "lost after":
            raise SinkUnclear("lost")
        if trouble == "died":
            raise Died
        return "thread"

    def find(self, key, reference, now):
        arrived = self.can_be_asked and any(news.key == key for news in self.told)
        return "thread" if arrived else None

    def amend(self, news, reference):
        self.top = news

    @property
    def keys(self) -> list[str]:
        return [news.key for news in self.told]

    @property
    def times_said(self) -> int:
        return len(self.told)


@dataclass
class Source:
    """The routes in force."""

    routes: Routes = field(default_factory=Routes)

    def current(self, now):
        return self.routes

    def news(self):
        return []


@dataclass
class World:
    """Delivers what is in the queue, as Lambda would; ``at`` are the moments at which it did."""

    sink: Sink = field(default_factory=Sink)
    limits: Limits = field(default_factory=Limits)
    store: Any = field(default_factory=MemoryStore)
    sqs: Sqs = field(default_factory=Sqs)
    others: dict[str, Sink] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = Source(Routes(limits=self.limits))
        self.sent_at: list[float] = []
        self.start()

    def start(self) -> None:
        """A process that knows nothing."""
        teller = Teller(self.store, self, self.sqs, QUEUE, DEAD)
        self.delivery = Delivery(self.store, self.source, teller)

    def open(self, name, routes, now):
        return self.others.get(name, self.sink)

    def publish(self, alert, delay: float = 0.0) -> None:
        detail = msgspec.to_builtins(alert)
        event = {
            "version": "0",
            "id": "e",
            "account": "123456789012",
            "region": "eu-west-1",
            "source": "ecs-ops",
            "detail-type": "ECS Ops Alert",
            "resources": [],
            "time": "2026-01-05T09:00:00Z",
            "detail": detail,
        }
        self.sqs.put(msgspec.json.encode(event).decode(), delay)

    def run(self, until: float) -> None:
        """Deliver batch after batch until nothing is due before ``until``."""
        while self.sqs.waiting and self.sqs.waiting[0][0] <= until:
            self.sqs.now = max(self.sqs.now, self.sqs.waiting[0][0])
            batch = []
            while self.sqs.waiting and self.sqs.waiting[0][0] <= self.sqs.now and len(batch) < 10:
                batch.append(heapq.heappop(self.sqs.waiting))
            messages = [Message(str(number), body) for _, number, body in batch]
            before = self.sink.times_said
            failed = self.delivery.deliver(messages, self.sqs.now)
            self.sent_at += [self.sqs.now] * (self.sink.times_said - before)
            for _, number, body in batch:
                if str(number) in failed:
                    self.sqs.put(body, HIDDEN_S)
        self.sqs.now = until
