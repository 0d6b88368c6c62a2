"""Cloud Map: let nobody find a task that is about to go.

A custom health status first: it can be taken back, and ECS itself uses it. It takes effect about 30 s
later (HealthCheckCustomConfig in the Cloud Map API reference), and clients remember an answer for its
TTL on top. A registry without custom health checks forgets the instance instead, for which Cloud Map may
ask for rights of Route 53 as well: "DeregisterInstance ... route53:GetHealthCheck, route53:DeleteHealthCheck,
route53:UpdateHealthCheck"
(https://docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html). Those cannot be bound to
what the toolkit looks after, so its role has none of them: a refusal is told, and is no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.clients import client
from ecsops.errors import CallFailed, HeldBack, RegistryRefused, call_failed
from ecsops.parallel import run_all
from spot_drain.targets import Entry

# Nothing is left to do: it is gone, or somebody is at it.
_DONE = frozenset({"InstanceNotFound", "ServiceNotFound", "DuplicateRequest"})
_NO_CUSTOM_HEALTH = "CustomHealthNotFound"
_TAGGED = "with an explicit deny in an identity-based policy"


@dataclass(frozen=True, slots=True)
class Registries:
    """``plain`` are registries without custom health checks, ``refused`` those that let nobody out lately."""

    connect: Callable[[], Any] = lambda: client("servicediscovery")
    plain: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def leave(self, entries: Iterable[Entry]) -> dict[Entry, CallFailed]:
        """Take tasks out, all side by side; those with which that failed."""
        asked = list(entries)
        answers = run_all([lambda entry=entry: self._leave(entry) for entry in asked])  # type: ignore[misc]
        failed: dict[Entry, CallFailed] = {}
        for entry, answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                failed[entry] = answer
            elif isinstance(answer, Exception):
                raise answer
        for entry in asked:
            if isinstance(failed.get(entry), RegistryRefused):
                self.refused.add(entry.registry_arn)
            elif entry not in failed:
                self.refused.discard(entry.registry_arn)
        return failed

    def _leave(self, entry: Entry) -> None:
        servicediscovery = self.connect()
        place = {
            "ServiceId": entry.registry_arn.rpartition("/")[2],
            "InstanceId": entry.instance_id,
        }
        if entry.registry_arn not in self.plain:
            try:
                servicediscovery.update_instance_custom_health_status(**place, Status="UNHEALTHY")
            except (ClientError, BotoCoreError) as error:
                failure = call_failed("UpdateInstanceCustomHealthStatus", error)
                if failure.code != _NO_CUSTOM_HEALTH:
                    return _settled(failure)
                self.plain.add(entry.registry_arn)
            else:
                return None
        try:
            servicediscovery.deregister_instance(**place)
        except (ClientError, BotoCoreError) as error:
            return _settled(call_failed("DeregisterInstance", error))
        return None


def _settled(failure: CallFailed) -> None:
    if failure.code in _DONE:
        return
    if _TAGGED in str(failure):
        raise HeldBack(failure.operation, failure.code, str(failure))
    if "AccessDenied" in failure.code:
        raise RegistryRefused(failure.operation, failure.code, str(failure))
    raise failure
