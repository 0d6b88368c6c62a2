"""Who is asked about which cause; and that one silent source keeps nobody waiting."""

import threading

import pytest
from botocore.exceptions import ConnectTimeoutError

from deploy_guard.causes import Signals, diagnose, trips
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.gathering import Ask, Clients, gather
from deploy_guard.evidence.registry import Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.evidence.unavailable import Unavailable
from tests.unit.deploy_guard.builders import (
    NOT_FOUND,
    REGION,
    exited,
    never_started,
    unhealthy,
)
from tests.unit.spot_drain.fakes import FakeClient, refusal

OPTIONS = {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "app"}
DEFINITION = {
    "containerDefinitions": [
        {"name": "web", "logConfiguration": {"logDriver": "awslogs", "options": OPTIONS}}
    ]
}
LOGS = {"get_log_events": {"events": [{"message": "ValueError: no"}]}}
ECR = {"describe_images": {"imageDetails": []}}
ALARMS = {
    "describe_alarms": {
        "MetricAlarms": [
            {"AlarmName": "web-5xx", "StateValue": "ALARM", "StateReason": "12.0 > 1.0"}
        ],
        "CompositeAlarms": [],
    }
}
ELB = {"describe_target_health": {"TargetHealthDescriptions": []}}
UNHEALTHY = (
    "service web (port 80) is unhealthy in target-group web due to (reason Request timed out)"
)


class Account:
    """Clients that remember who was asked."""

    def __init__(self, logs=LOGS, ecr=ECR, elbv2=ELB, cloudwatch=ALARMS, logs_s=5.0):
        given = {"logs": logs, "ecr": ecr, "elbv2": elbv2, "cloudwatch": cloudwatch}
        self.fakes = {service: FakeClient(answers) for service, answers in given.items()}
        self.regions = []
        self.clients = Clients(
            lambda region: self._in(region, "logs"),
            lambda region: self._in(region, "ecr"),
            lambda: self.fakes["elbv2"],
            lambda: self.fakes["cloudwatch"],
            {"logs": logs_s, "target_health": 5.0, "registry": 5.0, "alarms": 5.0},
        )

    def _in(self, region, service):
        self.regions.append(region)
        return self.fakes[service]

    @property
    def calls(self):
        return [call for fake in self.fakes.values() for call, _ in fake.calls]


def ask(*tasks, signals=Signals(), events=(), definition=DEFINITION):  # noqa: B008
    return Ask(diagnose(tasks, signals), tasks, definition, REGION, 0.0, events)


def event(message):
    return 1_772_359_200.0, message


@pytest.mark.parametrize(
    ("tasks", "calls"),
    [
        ([exited(1)], ["get_log_events"]),
        ([unhealthy()], ["get_log_events", "describe_target_health"]),
        ([never_started(NOT_FOUND)], ["describe_images"]),
        ([never_started("CannotPullContainerError: toomanyrequests")], []),
        ([], []),
    ],
)
def test_only_those_are_asked_who_can_tell_something(tasks, calls):
    account = Account()
    gather(ask(*tasks), account.clients)
    assert account.calls == calls


def test_s02_the_registry_confirms_and_one_failure_is_enough():
    task = never_started(NOT_FOUND)
    evidence = gather(ask(task), Account().clients)
    assert isinstance(evidence.registry, Registry)
    assert not trips(diagnose([task]))
    assert trips(diagnose([task], evidence.heard_with(Signals())))


def test_the_log_is_heard_in_the_second_diagnosis():
    account = Account(logs={"get_log_events": {"events": [{"message": "exec format error"}]}})
    evidence = gather(ask(exited(1)), account.clients)
    assert diagnose([exited(1)], evidence.heard_with(Signals())).cause_id == "IMAGE_ARCH"


def test_an_alarm_is_asked_why_it_went_off():
    account = Account()
    evidence = gather(ask(signals=Signals(alarms=("web-5xx", "web-slow"))), account.clients)
    assert account.fakes["cloudwatch"].calls == [
        (
            "describe_alarms",
            {
                "AlarmNames": ["web-5xx", "web-slow"],
                "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            },
        )
    ]
    assert evidence.alarms.rows == (("web-5xx", "ALARM", "12.0 > 1.0"),)
    assert evidence.alarms.reason == "12.0 > 1.0"
    gone = Account(cloudwatch={"describe_alarms": {}})
    missing = gather(ask(signals=Signals(alarms=("web-5xx",))), gone.clients).alarms
    assert "do not exist" in str(missing)


def test_what_may_come_later_is_worth_asking_again():
    late = Account(logs={"get_log_events": refusal("ResourceNotFoundException")})
    denied = Account(logs={"get_log_events": refusal("AccessDeniedException")})
    assert gather(ask(exited(1)), late.clients).late == ("logs",)
    assert gather(ask(exited(1)), denied.clients).late == ()
    assert gather(ask(exited(1)), Account().clients).late == ()


def test_logs_and_images_are_asked_for_where_they_are():
    account = Account()
    options = OPTIONS | {"awslogs-region": "us-east-1"}
    definition = {
        "containerDefinitions": [
            {"name": "web", "logConfiguration": {"logDriver": "awslogs", "options": options}}
        ]
    }
    gather(ask(exited(1), definition=definition), account.clients)
    gather(ask(never_started(NOT_FOUND)), account.clients)
    assert account.regions == ["us-east-1", REGION]


def test_the_events_are_read_without_a_call():
    evidence = gather(ask(exited(1), events=[event("unable to do it")]), Account().clients)
    assert evidence.events == ("unable to do it",)


def test_without_a_groups_arn_the_events_tell_its_health():
    signals = Signals(service_events=(UNHEALTHY,))
    account = Account()
    evidence = gather(ask(signals=signals, events=[event(UNHEALTHY)]), account.clients)
    assert isinstance(evidence.target_health, TargetHealth)
    assert evidence.target_health.short == "Target.Timeout"
    assert account.calls == []


def test_events_from_before_the_deployment_tell_nothing_of_it():
    signals = Signals(service_events=(UNHEALTHY,))
    old = Ask(diagnose([], signals), (), DEFINITION, REGION, 1_800_000_000.0, [event(UNHEALTHY)])
    assert isinstance(gather(old, Account().clients).target_health, Unavailable)


def test_s21_each_source_fails_by_itself_and_says_so():
    account = Account(
        logs={"get_log_events": refusal("AccessDeniedException")},
        elbv2={"describe_target_health": refusal("Throttling")},
    )
    evidence = gather(ask(unhealthy(), events=[event("unable to do it")]), account.clients)
    assert [str(one) for one in evidence.missing] == [
        "log lines unavailable: AccessDeniedException on logs:GetLogEvents",
        "target health unavailable: Throttling on elasticloadbalancing:DescribeTargetHealth",
    ]
    assert [one.later for one in evidence.missing] == [False, True]
    assert evidence.events == ("unable to do it",)


def test_s21_a_connection_that_fails_and_a_fault_of_ours():
    timeout = ConnectTimeoutError(endpoint_url="https://ecr")
    evidence = gather(
        ask(never_started(NOT_FOUND)), Account(ecr={"describe_images": timeout}).clients
    )
    assert str(evidence.registry).endswith("ConnectTimeoutError on ecr:DescribeImages")
    broken = gather(ask(exited(1)), Account(logs={"get_log_events": {}}).clients)
    assert "KeyError in the toolkit" in str(broken.logs)


def test_s21_a_source_that_hangs_keeps_nobody_waiting():
    end = threading.Event()
    account = Account(
        logs={"get_log_events": lambda _: end.wait() and {"events": []}},
        logs_s=0.05,
    )
    evidence = gather(ask(unhealthy()), account.clients)
    end.set()
    assert isinstance(evidence.logs, Unavailable)
    assert str(evidence.logs).endswith("no answer in time on logs:GetLogEvents")
    assert evidence.logs.later
    assert isinstance(evidence.target_health, Unavailable)


def test_a_task_that_is_not_known_any_more_has_no_log():
    known = ask(exited(1))
    forgotten = Ask(known.diagnosis, (), DEFINITION, REGION, 0.0)
    assert "no stopped task" in str(gather(forgotten, Account().clients).logs)


def test_an_image_elsewhere_is_not_asked_for():
    text = NOT_FOUND.replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ghcr.io/team")
    account = Account()
    task = never_started(text, containers=())
    assert "ghcr.io" in str(gather(ask(task), account.clients).registry)
    assert account.calls == []


def test_what_was_not_asked_changes_no_signal():
    assert Evidence().heard_with(Signals(alarms=("a",))) == Signals(alarms=("a",))
