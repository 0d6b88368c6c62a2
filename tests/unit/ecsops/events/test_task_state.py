from __future__ import annotations

import pytest

from ecsops.events.task_state import Attachment, KeyValue, TaskStateChange
from tests.unit.ecsops.events.sample_events import detail_of

PREFIX = "ecs-task-spot-interruption"


def task(name: str = PREFIX) -> TaskStateChange:
    return detail_of(name, TaskStateChange)


def minimal(**changes) -> TaskStateChange:
    return TaskStateChange(
        **{
            "task_arn": "t",
            "cluster_arn": "c",
            "desired_status": "STOPPED",
            "last_status": "RUNNING",
            **changes,
        }
    )


def attachment(kind: str, **values: str | None) -> Attachment:
    return Attachment(kind, tuple(KeyValue(name, value) for name, value in values.items()))


@pytest.mark.parametrize(
    "suffix", ["", "-deactivating", "-old-stop-code", "-no-stop-code", "-dual-stack", "-standalone"]
)
def test_every_form_of_the_notice_is_an_interruption(suffix):
    assert task(PREFIX + suffix).is_spot_interruption


@pytest.mark.parametrize("name", [f"{PREFIX}-stopped", "ecs-task-running", "ecs-task-scaled-in"])
def test_a_dead_a_healthy_and_a_scaled_in_task_are_no_interruption(name):
    assert not task(name).is_spot_interruption


@pytest.mark.parametrize(
    ("code", "reason", "interrupted"),
    [
        ("SpotInterruption", None, True),
        ("TerminationNotice", None, True),
        (None, "Your Spot Task was interrupted.", True),
        ("UserInitiated", "Your Spot Task was interrupted", True),
        (None, "your spot task was interrupted", False),
        ("TerminationNotice", "Host EC2 (instance i-0123) terminated.", False),
        ("SomethingOfTomorrow", None, False),
        (None, None, False),
    ],
)
def test_stop_code_or_reason_tell_the_interruption(code, reason, interrupted):
    assert minimal(stop_code=code, stopped_reason=reason).is_spot_interruption is interrupted


@pytest.mark.parametrize(
    ("group", "service"),
    [
        ("service:web", "web"),
        ("family:web", None),
        ("", None),
        ("service:", ""),
        ("SERVICE:x", None),
    ],
)
def test_the_group_names_the_service(group, service):
    assert minimal(group=group).service_name == service


def test_the_interface_is_found_by_its_type_and_not_by_its_place():
    assert task(f"{PREFIX}-service-connect-first").ipv4_addresses == ("10.0.13.8",)


def test_a_dual_stack_task_has_addresses_of_both_families():
    both = task(f"{PREFIX}-dual-stack")
    assert both.ipv4_addresses == ("10.0.14.20",)
    assert both.ipv6_addresses == ("2001:db8:1200:34::5a",)


def test_a_task_in_bridge_mode_has_no_address_of_its_own():
    bridge = task(f"{PREFIX}-bridge-mode")
    assert bridge.ipv4_addresses == bridge.ipv6_addresses == ()
    [binding] = bridge.containers[0].network_bindings
    assert (binding.container_port, binding.host_port) == (8080, 32780)


def test_the_apis_name_of_the_interface_works_as_well():
    described = minimal(
        attachments=(attachment("ElasticNetworkInterface", privateIPv4Address="10.0.0.1"),)
    )
    assert described.ipv4_addresses == ("10.0.0.1",)


def test_without_an_interface_the_containers_tell_the_address_once():
    event = task()
    assert event.containers
    copied = minimal(containers=event.containers * 2, attachments=None)
    assert copied.ipv4_addresses == ("10.0.12.34",)


def test_several_interfaces_give_several_addresses():
    two = minimal(
        attachments=(
            attachment("eni", privateIPv4Address="10.0.0.1", ipv6Address="2001:DB8::1"),
            attachment("eni", privateIPv4Address="10.0.0.2", ipv6Address="2001:db8:0::1"),
        )
    )
    assert two.ipv4_addresses == ("10.0.0.1", "10.0.0.2")
    assert two.ipv6_addresses == ("2001:db8::1",)


@pytest.mark.parametrize("value", [None, "", "pending", "10.0.0.1/24", "999.1.1.1", "2001:db8::1"])
def test_what_is_no_address_is_as_good_as_none(value):
    assert minimal(attachments=(attachment("eni", privateIPv4Address=value),)).ipv4_addresses == ()


def test_an_odd_address_of_the_interface_does_not_hide_the_containers_view():
    event = task()
    odd = minimal(
        attachments=(attachment("eni", privateIPv4Address="pending"),), containers=event.containers
    )
    assert odd.ipv4_addresses == ("10.0.12.34",)
