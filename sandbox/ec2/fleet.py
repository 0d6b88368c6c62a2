"""EC2 instances of ECS clusters, and what EC2 Spot does to them.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sandbox.elb.agenda import Agenda

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from sandbox.caller import Caller
    from sandbox.clock import Clock
    from sandbox.ecs import EcsTwin

Action = Literal["terminate", "stop", "hibernate"]
State = Literal["running", "stopped", "terminated"]
_LEFT_AS: dict[Action, State] = {
    "terminate": "terminated",
    "stop": "stopped",
    "hibernate": "stopped",
}

BOOT_S = 45.0  # from the launch to the agent's registration
NOTICE_S = 120.0
NATIVE_DRAINING_S = 2.0  # from the notice to DRAINING, where agent or capacity provider drain


@dataclass(frozen=True, slots=True)
class Machine:
    """What is launched: ``agent_drains`` is ECS_ENABLE_SPOT_INSTANCE_DRAINING, off by default."""

    cluster: str = "prod"
    spot: bool = True
    instance_type: str = "m7g.large"
    cpu: int = 2048
    memory: int = 7600
    capacity_provider: str | None = None
    agent_drains: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Instance:
    """An EC2 instance; ``ends_at`` is set once Spot has announced to take it."""

    id: str
    machine: Machine
    zone: str
    state: State = "running"
    ends_at: float | None = None


class NoSpotCapacity(Exception):
    """The Availability Zone has no Spot capacity now."""


class Fleet:
    """Launches, interrupts and ends instances. Spot capacity comes and goes for each zone."""

    def __init__(
        self,
        clock: Clock,
        emit: Callable[[dict[str, Any]], None],
        rng: random.Random,
        ecs: EcsTwin,
        caller: Caller,
    ) -> None:
        """``emit`` puts an event on the default bus."""
        self.agenda = Agenda(clock)
        self.instances: dict[str, Instance] = {}
        self.watchers: list[Callable[[Instance, str], None]] = []  # "notice", "ended"
        self._emit = emit
        self._rng = rng
        self._ecs = ecs
        self._caller = caller
        self._limits: dict[str, int] = {}

    def launch(self, machine: Machine, zone: str) -> str:
        """Launch an instance, or raise ``NoSpotCapacity``; its agent registers when it has booted."""
        if machine.spot and self._held()[zone] >= self._limits.get(zone, 1_000_000):
            raise NoSpotCapacity(zone)
        instance = Instance(f"i-{self._rng.randbytes(9).hex()[:17]}", machine, zone)
        self.instances[instance.id] = instance
        self.agenda.later(BOOT_S, partial(self._boot, instance), f"boot {instance.id}")
        return instance.id

    def spot_capacity(self, zone: str, instances: int | None) -> list[str]:
        """Offer Spot capacity for so many instances in a zone (None: without limit).

        What is more than that is interrupted; answers the ids.
        """
        if instances is None:
            self._limits.pop(zone, None)
            return []
        self._limits[zone] = instances
        surplus = [each.id for each in self._spot(zone)][instances:]
        return self.interrupt(surplus)

    def interrupt(
        self, ids: Iterable[str] | None = None, action: Action = "terminate"
    ) -> list[str]:
        """Announce that Spot instances are taken, and take them in two minutes (hibernate: at once)."""
        named = None if ids is None else set(ids)
        taken = [i for i in self._spot() if named is None or i.id in named]
        for instance in taken:
            wait = 0.0 if action == "hibernate" else NOTICE_S
            instance.ends_at = self.agenda.now() + wait
            detail = {"instance-id": instance.id, "instance-action": action}
            self._tell(instance, "EC2 Spot Instance Interruption Warning", detail)
            self._drain_natively(instance)
            self._notify(instance, "notice")
            end = partial(self.end, instance.id, _LEFT_AS[action])
            self.agenda.later(wait, end, f"end {instance.id}")
        return [instance.id for instance in taken]

    def recommend_rebalance(self, ids: Iterable[str]) -> None:
        """Announce a higher risk; nothing else happens by itself."""
        for identifier in ids:
            instance = self.instances[identifier]
            detail = {"instance-id": identifier}
            self._tell(instance, "EC2 Instance Rebalance Recommendation", detail)
            if self._managed(instance):
                self._drain_natively(instance)

    def end(self, instance_id: str, state: State = "terminated") -> None:
        """The machine is gone now, and so is everything on it."""
        instance = self.instances[instance_id]
        if instance.state != "running":
            return
        instance.state, instance.ends_at = state, None
        self._ecs.instance_lost(instance_id, stopped=state == "stopped")
        self._notify(instance, "ended")

    def start_again(self, instance_id: str) -> None:
        """A stopped Spot instance comes back under its own id, as the same container instance."""
        self.instances[instance_id].state = "running"
        self._ecs.instance_returned(instance_id)

    def _boot(self, instance: Instance) -> None:
        if instance.state != "running":
            return
        machine = instance.machine
        identity = {
            "instanceId": instance.id,
            "availabilityZone": instance.zone,
            "instanceType": machine.instance_type,
            "capacityProvider": machine.capacity_provider,
        }
        self._ecs.call(
            "RegisterContainerInstance",
            {
                "cluster": machine.cluster,
                "instanceIdentityDocument": json.dumps(identity),
                "totalResources": [
                    {"name": "CPU", "type": "INTEGER", "integerValue": machine.cpu},
                    {"name": "MEMORY", "type": "INTEGER", "integerValue": machine.memory},
                ],
                "tags": [{"key": key, "value": value} for key, value in machine.tags.items()],
            },
            self._caller,
        )

    def _drain_natively(self, instance: Instance) -> None:
        if instance.machine.agent_drains or self._managed(instance):
            drain = partial(self._ecs.drain_instance, instance.id)
            self.agenda.later(NATIVE_DRAINING_S, drain, f"drain {instance.id}")

    def _managed(self, instance: Instance) -> bool:
        provider = instance.machine.capacity_provider
        if provider is None:
            return False
        asked = {"capacityProviders": [provider]}
        found = self._ecs.call("DescribeCapacityProviders", asked, self._caller)
        given = [p.get("autoScalingGroupProvider", {}) for p in found["capacityProviders"]]
        return any(each.get("managedDraining") == "ENABLED" for each in given)

    def _spot(self, zone: str | None = None) -> list[Instance]:
        return [
            each
            for each in self.instances.values()
            if each.machine.spot
            and each.state == "running"
            and each.ends_at is None
            and zone in (None, each.zone)
        ]

    def _held(self) -> Counter[str]:
        running = [i for i in self.instances.values() if i.machine.spot and i.state == "running"]
        return Counter(each.zone for each in running)

    def _notify(self, instance: Instance, what: str) -> None:
        for watcher in self.watchers:
            watcher(instance, what)

    def _tell(self, instance: Instance, detail_type: str, detail: dict[str, str]) -> None:
        """The ARN in these events has the zone for a Region, and no account."""
        now = datetime.fromtimestamp(self.agenda.now(), UTC)
        event = {
            "detail-type": detail_type,
            "source": "aws.ec2",
            "account": self._caller.account,
            "time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": self._caller.region,
            "resources": [f"arn:aws:ec2:{instance.zone}:instance/{instance.id}"],
            "detail": detail,
        }
        self.agenda.publish(partial(self._emit, event), f"emit {detail_type}")
