"""What a batch of messages comes to: one service's trouble is tried again, and costs no other."""

import json
import threading

import pytest
from msgspec import MsgspecError

from deploy_guard.bake import AlarmSeen
from deploy_guard.ledger_store import Known
from deploy_guard.model import Ledger
from deploy_guard.observer import Observer
from deploy_guard.scene import Outbox, Visited
from deploy_guard.signals import Look, Sweep, encode
from ecsops.errors import CallFailed
from ecsops.observability import metrics
from ecsops.queue import Message
from tests.unit.deploy_guard.situations import ACCOUNT, SERVICE, reality

OTHER = f"{ACCOUNT}:service/prod/api"
NOW = 1_000.0
FAILED = CallFailed("X", "ThrottlingException", "no")


class World:
    """Store, reader, CodeDeploy, visitor and senders; each service may have its own trouble."""

    def __init__(self, **trouble):
        self.trouble, self.saved, self.ordered, self.visits = trouble, [], [], []
        self.saves, self.noted, self.remembered = [], [], []
        self.due_now, self.of_alarm = [SERVICE, OTHER], {"errors": [OTHER]}
        self.controllers, self.silent = {}, None

    def observer(self):
        return Observer(self, self, _Reader(self), self, self, self)

    # the store
    def read(self, services):
        if "store" in self.trouble:
            raise self.trouble["store"]
        return {
            one: Known(Ledger(one)) for one in services if one != self.trouble.get("unreadable")
        }

    def save(self, known, ledger, due, now):
        first = self.saves.count(ledger.service) == 0
        self.saves.append(ledger.service)
        answer = self.trouble.get("save", {}).get(ledger.service, True) if first else True
        if isinstance(answer, Exception):
            raise answer
        self.saved.append(ledger.service)
        return answer

    def due(self, now):
        return self.due_now

    def with_alarms(self, alarms):
        return self.of_alarm

    # the notes
    def add(self, signal):
        self.noted.append(signal.service)
        answer = self.trouble.get("note")
        if answer is not None:
            raise answer
        return Known(Ledger(signal.service))

    # CodeDeploy
    def service_of(self, application, group):
        if "group" in self.trouble:
            raise self.trouble["group"]
        return ("prod", "api") if group == "api" else None

    def complete(self, seen, known):
        if seen.service == self.trouble.get("codedeploy"):
            raise FAILED
        return seen

    # the visitor
    def hears(self, known, signal):
        return "heard" in self.trouble

    def hear(self, known, signal, now):
        if self.silent is not None and not self.silent.wait(10):
            raise TimeoutError("nobody was told while the log was silent")
        return known.ledger if self.trouble["heard"] else None

    def visit(self, known, signals, seen, now):
        service = known.ledger.service
        self.visits.append(service)
        answer = self.trouble.get("visit", {}).get(service)
        if answer is not None:
            raise answer
        return Visited(known.ledger, None, Outbox())

    # the senders
    def tell(self, visited):
        if self.silent is not None:
            self.silent.set()
        return {one for one in visited if one == self.trouble.get("unsent")}

    def order(self, visited):
        self.ordered += visited


class _Reader:
    def __init__(self, world):
        self.world = world

    def read(self, ledgers, now, searched=(), remembered=()):
        self.world.remembered.append(set(remembered))
        return {
            one.service: _seen(one.service, self.world.controllers.get(one.service, "ECS"))
            for one in ledgers
            if one.service != self.world.trouble.get("unseen")
        }


def _seen(service, controller):
    base = reality(controller=controller)
    fields = {name: getattr(base, name) for name in base.__struct_fields__} | {"service": service}
    return type(base)(**fields)


def messages():
    return [Message("1", encode(Look(SERVICE)), 1), Message("2", encode(Look(OTHER)), 1)]


def event(kind, source, detail):
    return json.dumps(
        {
            "version": "0",
            "id": "e",
            "detail-type": kind,
            "source": source,
            "account": "123456789012",
            "time": "2026-01-05T09:03:00Z",
            "region": "eu-west-1",
            "resources": [],
            "detail": detail,
        }
    )


def test_every_service_is_looked_at_once_and_saved_before_it_is_ordered():
    world = World()
    assert world.observer().work([*messages(), *messages()], NOW) == set()
    assert sorted(world.visits) == sorted([SERVICE, OTHER])
    assert sorted(world.saved) == sorted(world.ordered) == sorted([SERVICE, OTHER])


TROUBLES = [
    {"unreadable": SERVICE},
    {"unseen": SERVICE},
    {"visit": {SERVICE: FAILED}},
    {"visit": {SERVICE: ZeroDivisionError("ours")}},
    {"save": {SERVICE: FAILED}},
]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_one_services_trouble_is_tried_again_and_costs_no_other(trouble):
    world = World(**trouble)
    assert world.observer().work(messages(), NOW) == {"1"}
    assert world.saved == world.ordered == [OTHER]


def test_s22_what_could_not_be_sent_is_tried_again_and_holds_up_no_order():
    world = World(unsent=SERVICE)
    assert world.observer().work(messages(), NOW) == {"1"}
    assert sorted(world.saved) == sorted(world.ordered) == sorted([SERVICE, OTHER])


STARTED = event(
    "ECS Deployment State Change",
    "aws.ecs",
    {
        "eventType": "INFO",
        "eventName": "SERVICE_DEPLOYMENT_IN_PROGRESS",
        "clusterArn": f"{ACCOUNT}:cluster/prod",
        "deploymentId": "ecs-svc/1",
        "updatedAt": "2026-01-05T09:03:00Z",
        "reason": "ECS deployment ecs-svc/1 in progress.",
    },
).replace('"resources": []', f'"resources": ["{SERVICE}"]')


@pytest.mark.parametrize("body", [encode(Look(SERVICE)), encode(Sweep()), STARTED])
def test_who_looks_without_a_task_or_an_alarm_reads_every_deployment(body):
    world = World()
    assert world.observer().work([Message("1", body, 1)], NOW) == set()
    assert world.visits
    assert world.remembered == [set()]


def test_an_alarm_changes_no_deployment_that_nobody_attends():
    world = World()
    world.observer().work([Message("1", encode(Look(SERVICE, "errors", "k")), 1)], NOW)
    assert world.remembered == [{SERVICE}]


def test_codedeploys_silence_concerns_its_services_alone():
    world = World(codedeploy=SERVICE)
    world.controllers = {SERVICE: "CODE_DEPLOY"}
    assert world.observer().work(messages(), NOW) == {"1"}
    assert world.saved == [OTHER]


def test_without_the_store_everything_is_tried_again():
    assert World(store=FAILED).observer().work(messages(), NOW) == {"1", "2"}


def test_whoever_lost_looks_once_more_and_orders_only_then():
    world = World(save={SERVICE: False})
    assert world.observer().work(messages(), NOW) == set()
    assert world.visits.count(SERVICE) == 2
    assert world.ordered.count(SERVICE) == 1


def test_what_cannot_be_understood_is_rejected_alone():
    world = World()
    assert world.observer().work([Message("9", "{", 1), *messages()], NOW) == {"9"}
    assert len(world.saved) == 2


def test_an_alarm_concerns_those_who_watch_it():
    world = World()
    state = {"value": "ALARM", "timestamp": "2026-01-05T09:03:00.000+0000"}
    body = event(
        "CloudWatch Alarm State Change", "aws.cloudwatch", {"alarmName": "errors", "state": state}
    )
    world.observer().work([Message("1", body, 1)], NOW)
    assert world.visits == [OTHER]
    assert AlarmSeen("errors", "ALARM", 0.0).name in world.of_alarm


def task(number=1):
    cluster = f"{ACCOUNT}:cluster/prod"
    detail = {
        "taskArn": f"{ACCOUNT}:task/prod/{number}",
        "clusterArn": cluster,
        "group": "service:web",
        "startedBy": "ecs-svc/43",
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "CannotPullContainerError: no",
        "version": 3,
    }
    return Message(str(number), event("ECS Task State Change", "aws.ecs", detail), 1)


def test_one_failed_task_alone_is_noted_and_looked_at_where_that_is_not_all():
    world = World()
    assert world.observer().work([task()], NOW) == set()
    assert (world.noted, world.visits) == ([SERVICE], [SERVICE])


def test_more_than_one_failed_task_is_looked_at_at_once():
    world = World()
    assert world.observer().work([task(1), task(2)], NOW) == set()
    assert (world.noted, world.visits) == ([], [SERVICE])


def test_one_whose_log_was_all_that_had_to_be_asked_is_saved_and_not_looked_at():
    world = World(heard=True)
    assert world.observer().work([task()], NOW) == set()
    assert (world.saved, world.visits) == ([SERVICE], [])


def test_one_that_could_not_be_saved_is_looked_at():
    world = World(heard=True, save={SERVICE: False})
    assert world.observer().work([task()], NOW) == set()
    assert (world.saves, world.visits) == ([SERVICE, SERVICE], [SERVICE])


def test_one_whose_log_says_more_is_looked_at():
    world = World(heard=False)
    assert world.observer().work([task()], NOW) == set()
    assert world.visits == [SERVICE]


def test_s21_while_one_log_is_silent_the_others_are_told():
    world = World(heard=True)
    world.silent = threading.Event()
    assert world.observer().work([task(), Message("2", encode(Look(OTHER)), 1)], NOW) == set()
    # Had the log been waited for, its service would have been looked at.
    assert world.visits == [OTHER]


@pytest.mark.parametrize("trouble", [FAILED, MsgspecError("a ledger of tomorrow")])
def test_one_that_cannot_be_noted_is_looked_at(trouble):
    world = World(note=trouble)
    assert world.observer().work([task()], NOW) == set()
    assert world.visits == [SERVICE]


def codedeploy(group):
    detail = {
        "application": "shop",
        "deploymentGroup": group,
        "deploymentId": "d-1",
        "state": "FAILURE",
    }
    body = event("CodeDeploy Deployment State-change Notification", "aws.codedeploy", detail)
    return Message("9", body, 1)


@pytest.mark.parametrize(("group", "visits"), [("api", [OTHER]), ("lambdas", [])])
def test_a_deployment_of_codedeploy_concerns_the_service_of_its_group(group, visits):
    world = World()
    assert world.observer().work([codedeploy(group)], NOW) == set()
    assert world.visits == visits


def test_a_group_that_cannot_be_read_concerns_its_own_message_alone():
    world = World(group=FAILED)
    assert world.observer().work([codedeploy("api"), *messages()], NOW) == {"9"}
    assert len(world.saved) == 2


def test_the_sweep_looks_at_what_is_due():
    world = World()
    assert world.observer().work([Message("1", '{"deploy_guard": "sweep"}', 1)], NOW) == set()
    assert sorted(world.visits) == sorted([SERVICE, OTHER])


@pytest.mark.parametrize("trouble", TROUBLES)
def test_one_services_trouble_fails_no_sweep_and_is_counted(trouble):
    world = World(**trouble)
    metrics.clear_metrics()
    assert world.observer().work([Message("1", '{"deploy_guard": "sweep"}', 1)], NOW) == set()
    assert world.saved == world.ordered == [OTHER]
    assert metrics.metric_set["LooksFailed"]["Value"] == [1.0]
