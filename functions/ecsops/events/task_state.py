"""``ECS Task State Change``.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html

Attachments come in any order and of any type (``eni``, ``sdi``, Service Connect, volumes): they are
found by type, never by position.
"""

from __future__ import annotations

from collections.abc import Iterable
from socket import AddressFamily

import msgspec

from ecsops.addresses import IPV4, IPV6, canonical
from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.ecs", "ECS Task State Change"

# The old stop code TerminationNotice is still sent in places, and some events carry none at all
# (aws/containers-roadmap#1565): the reason is the third witness.
SPOT_STOP_CODES = frozenset({"SpotInterruption", "TerminationNotice"})
SPOT_STOPPED_REASON = "Your Spot Task was interrupted"
# "Host EC2 (instance i-...) terminated.": the task is dead already, and so may be one that was never on
# Spot. ECS sends TerminationNotice with it too
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html).
_HOST_GONE_REASON = "Host EC2"
_SERVICE_GROUP = "service:"
_ENI_TYPES = frozenset({"eni", "ElasticNetworkInterface"})


class KeyValue(msgspec.Struct, frozen=True):
    """A name and a value, as in attachment details."""

    name: str = ""
    value: str | None = None


class Attachment(Detail, frozen=True):
    """Something attached to the task: its network interface, service discovery, a volume."""

    type: str = ""
    details: tuple[KeyValue, ...] | None = None

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a detail, e.g. ``privateIPv4Address``."""
        return tuple(item.value for item in self.details or () if item.name == name and item.value)


class NetworkInterface(Detail, frozen=True):
    """A container's view of the task's network interface."""

    private_ipv4_address: str | None = msgspec.field(name="privateIpv4Address", default=None)
    ipv6_address: str | None = msgspec.field(name="ipv6Address", default=None)


class NetworkBinding(Detail, frozen=True):
    """A port of the container on its instance (bridge networking)."""

    container_port: int | None = None
    host_port: int | None = None


class Container(Detail, frozen=True):
    """One container of the task."""

    name: str = ""
    last_status: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    image: str | None = None
    image_digest: str | None = None
    runtime_id: str | None = None
    network_interfaces: tuple[NetworkInterface, ...] | None = None
    network_bindings: tuple[NetworkBinding, ...] | None = None


class TaskStateChange(Detail, frozen=True):
    """The task as the event tells it. Times are ISO 8601 texts, absent when not reached."""

    task_arn: str
    cluster_arn: str
    desired_status: str
    last_status: str
    group: str = ""
    started_by: str | None = None
    task_definition_arn: str | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    version: int = 0
    attachments: tuple[Attachment, ...] | None = None
    containers: tuple[Container, ...] | None = None
    container_instance_arn: str | None = None
    capacity_provider_name: str | None = None
    availability_zone: str | None = None
    launch_type: str | None = None
    cpu: str | None = None
    memory: str | None = None
    health_status: str | None = None
    created_at: str | None = None
    started_at: str | None = None
    stopping_at: str | None = None
    stopped_at: str | None = None
    updated_at: str | None = None

    @property
    def service_name(self) -> str | None:
        """The service the task belongs to; None for a standalone task (``family:...``)."""
        if self.group.startswith(_SERVICE_GROUP):
            return self.group.removeprefix(_SERVICE_GROUP)
        return None

    @property
    def is_spot_interruption(self) -> bool:
        """Whether Spot takes the task away and it is still alive."""
        reason = self.stopped_reason or ""
        interrupted = self.stop_code in SPOT_STOP_CODES or reason.startswith(SPOT_STOPPED_REASON)
        return (
            interrupted
            and not reason.startswith(_HOST_GONE_REASON)
            and self.desired_status == "STOPPED"
            and self.last_status != "STOPPED"
        )

    def addresses(self, attachment_detail: str) -> tuple[str, ...]:
        """Addresses of the task's own network interface; found by the attachment's type."""
        return tuple(
            address
            for attachment in self.attachments or ()
            if attachment.type in _ENI_TYPES
            for address in attachment.values(attachment_detail)
        )

    @property
    def ipv4_addresses(self) -> tuple[str, ...]:
        """Private IPv4 addresses: from the interface, else as the containers see it."""
        return _usable(IPV4, self.addresses("privateIPv4Address")) or _usable(
            IPV4, (interface.private_ipv4_address for interface in self._interfaces())
        )

    @property
    def ipv6_addresses(self) -> tuple[str, ...]:
        """IPv6 addresses of a dual-stack or IPv6-only task."""
        return _usable(IPV6, self.addresses("ipv6Address")) or _usable(
            IPV6, (interface.ipv6_address for interface in self._interfaces())
        )

    def _interfaces(self) -> Iterable[NetworkInterface]:
        for container in self.containers or ():
            yield from container.network_interfaces or ()


def _usable(family: AddressFamily, texts: Iterable[str | None]) -> tuple[str, ...]:
    # ELB refuses a whole call for one address that is none: such a text must not get that far.
    addresses = (canonical(text, family) for text in texts if text)
    return tuple(dict.fromkeys(address for address in addresses if address))
