"""The self-test's questions to AWS. It never waits: a delayed message to its own queue looks again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.incident_reader import IncidentReader
from alerts.selftest import (
    LOOK_EVERY_S,
    LOOKS,
    Look,
    RuleSeen,
    marked_alert,
    path_problems,
    report,
    rule_problems,
)
from ecsops.alerts import publish
from ecsops.errors import CALL_ERRORS
from ecsops.events.envelope import read_document
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import Message, send_later

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

SAMPLES = Path(__file__).with_name("sample_events.json")
_LOOK = '"selftest"'


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The stack's resources that it asks."""

    events: EventBridgeClient
    sqs: SQSClient
    sns: SNSClient
    reader: IncidentReader
    rules: tuple[str, ...]
    queue_url: str
    alerts_queue_url: str
    topic_arn: str

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Begin a test or look at one; the ids of the messages to be tried again."""
        failed = set()
        for message in messages:
            try:
                if _LOOK in message.body[:20]:
                    self.look(read_document(message.body, Look))
                else:
                    self.begin(message.id, now)
            except CALL_ERRORS as error:
                logger.exception("self-test not done", reason=str(error))
                failed.add(message.id)
        return failed

    def begin(self, name: str, now: float) -> None:
        """Check the rules, put the marked alert on the bus, and look at it in a while."""
        problems = self.check_rules()
        incident = self.send(name, now)
        self._look_later(Look("look", incident, now, problems=problems))

    def look(self, look: Look) -> None:
        """Has it arrived? If not, and it should have by now, say which part is broken."""
        path = self.check_path(look.incident)
        if path and look.number < LOOKS:
            self._look_later(_next(look))
            return
        problems = (*look.problems, *path)
        if not problems:
            count("SelfTestPassed")
            logger.info("self-test passed", incident=look.incident)
            return
        count("SelfTestFailed")
        logger.error("self-test failed", incident=look.incident, problems=list(problems))
        subject, text = report(problems)
        self.sns.publish(TopicArn=self.topic_arn, Subject=subject, Message=text)

    def check_rules(self) -> tuple[str, ...]:
        """Hold every rule against the sample events."""
        samples = json.loads(SAMPLES.read_text(encoding="utf-8"))
        seen = run_all([partial(self._rule, name, samples) for name in self.rules])
        for outcome in seen:
            if isinstance(outcome, Exception):
                raise outcome
        return rule_problems([one for one in seen if isinstance(one, RuleSeen)])

    def send(self, name: str, now: float) -> str:
        """Put the marked alert on the bus; its incident."""
        alert = marked_alert(name, now)
        publish(self.events, [alert])
        return alert.incident

    def check_path(self, incident: str) -> tuple[str, ...]:
        """What the marked alert has not passed yet."""
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.alerts_queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        ).get("Attributes", {})
        waiting: Mapping[str, str] = attributes  # type: ignore[assignment]
        return path_problems(self.reader.read(incident), waiting)

    def _rule(self, name: str, samples: Mapping[str, Any]) -> RuleSeen:
        rule = self.events.describe_rule(Name=name)
        pattern, state = rule.get("EventPattern", ""), rule.get("State", "")
        return RuleSeen(name, state, tuple(self._matched(pattern, samples)))

    def _matched(self, pattern: str, samples: Mapping[str, Any]) -> Iterable[str]:
        """The first sample that the pattern matches: one is enough."""
        for name, event in _likely_first(pattern, samples):
            answer = self.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
            if answer.get("Result"):
                yield name
                return

    def _look_later(self, look: Look) -> None:
        body = msgspec.json.encode(look).decode()
        send_later(self.sqs, self.queue_url, [body], LOOK_EVERY_S)


def _next(look: Look) -> Look:
    """The next look."""
    return msgspec.structs.replace(look, number=look.number + 1)


def _likely_first(pattern: str, samples: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Samples whose detail-type the pattern names come first: most rules cost one call."""
    return sorted(samples.items(), key=lambda one: one[1]["detail-type"] not in pattern)
