"""The Cloud Map simulator: what stands behind the ``servicediscovery`` API.

https://docs.aws.amazon.com/cloud-map/latest/api/
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.caller import Request
from sandbox.cloud_map.model import Namespace, Operation, RegistryService, ServiceInstance
from sandbox.elb.agenda import Agenda
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.caller import Caller
    from sandbox.clock import Clock

Shape = dict[str, Any]

# "AWS Cloud Map waits for approximately 30 seconds": API_HealthCheckCustomConfig, FailureThreshold.
CUSTOM_HEALTH_S = 30.0
OPERATION_S = 5.0  # assumed: the documentation only says that it takes a while


class CloudMap:
    """Answers ``servicediscovery`` calls; ECS registers and deregisters its tasks directly."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        """An account without namespaces."""
        self._agenda = Agenda(clock)
        self._rng = rng
        self._namespaces: dict[str, Namespace] = {}
        self._services: dict[str, RegistryService] = {}
        self._running: dict[str, Operation] = {}
        self._operations: dict[str, Callable[[Request], Shape]] = {
            "CreateHttpNamespace": self._create_namespace("HTTP"),
            "CreatePrivateDnsNamespace": self._create_namespace("DNS_PRIVATE"),
            "CreateService": self._create_service,
            "RegisterInstance": self._register,
            "DeregisterInstance": self._deregister,
            "UpdateInstanceCustomHealthStatus": self._custom_health,
            "GetInstancesHealthStatus": self._health,
            "ListInstances": self._list,
            "DiscoverInstances": self._discover,
            "GetOperation": self._get_operation,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
        }

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """Answer one call in botocore's shapes."""
        answer = self._operations.get(operation)
        if answer is None:
            raise UnsupportedOperation(
                f"the sandbox does not simulate servicediscovery:{operation}"
            )
        with self._agenda.lock:
            return copy.deepcopy(answer(Request(copy.deepcopy(params), caller)))

    def register(self, registry_arn: str, instance_id: str, attributes: dict[str, str]) -> None:
        """Register a task as ECS does; a registry that is gone is fine."""
        service = self._services.get(registry_arn.rsplit("/", 1)[1])
        if service:
            service.instances[instance_id] = ServiceInstance(instance_id, attributes)

    def deregister(self, registry_arn: str, instance_id: str) -> None:
        """Deregister a task as ECS does."""
        service = self._services.get(registry_arn.rsplit("/", 1)[1])
        if service:
            service.instances.pop(instance_id, None)

    def _create_namespace(self, kind: str) -> Callable[[Request], Shape]:
        def create(request: Request) -> Shape:
            space = Namespace(self._id("ns"), request.params["Name"], kind)
            self._namespaces[space.id] = space
            return self._later("CREATE_NAMESPACE", {"NAMESPACE": space.id}, lambda: None)

        return create

    def _create_service(self, request: Request) -> Shape:
        params = request.params
        space = self._namespaces.get(params.get("NamespaceId", ""))
        if space is None:
            raise ApiError("NamespaceNotFound", "No namespace found.")
        identifier = self._id("srv")
        service = RegistryService(
            id=identifier,
            arn=request.arn("servicediscovery", f"service/{identifier}"),
            name=params["Name"],
            namespace=space,
            custom_health="HealthCheckCustomConfig" in params,
            dns=params.get("DnsConfig"),
            tags={tag["Key"]: tag["Value"] for tag in params.get("Tags", [])},
        )
        self._services[identifier] = service
        shown: Shape = {"Id": identifier, "Arn": service.arn, "Name": service.name}
        if service.custom_health:
            shown["HealthCheckCustomConfig"] = {"FailureThreshold": 1}
        return {"Service": shown | {"NamespaceId": space.id}}

    def _register(self, request: Request) -> Shape:
        service, params = self._service(request), request.params

        def registered() -> None:
            instance = ServiceInstance(params["InstanceId"], params["Attributes"])
            service.instances[instance.id] = instance

        return self._submit("REGISTER_INSTANCE", service, params["InstanceId"], registered)

    def _deregister(self, request: Request) -> Shape:
        service, instance = self._instance(request)

        def deregistered() -> None:
            service.instances.pop(instance.id, None)

        return self._submit("DEREGISTER_INSTANCE", service, instance.id, deregistered)

    def _custom_health(self, request: Request) -> Shape:
        service, instance = self._instance(request)
        if not service.custom_health:
            message = "Service doesn't have a custom health check configuration."
            raise ApiError("CustomHealthNotFound", message)
        status = request.params["Status"]
        if instance.next_health:
            instance.next_health.cancel()

        def changed() -> None:
            instance.health, instance.next_health = status, None

        label = f"health of {instance.id}"
        instance.next_health = self._agenda.later(CUSTOM_HEALTH_S, changed, label)
        return {}

    def _health(self, request: Request) -> Shape:
        service = self._service(request)
        return {"Status": {each.id: each.health for each in service.instances.values()}}

    def _list(self, request: Request) -> Shape:
        instances = self._service(request).instances.values()
        return {"Instances": [{"Id": i.id, "Attributes": i.attributes} for i in instances]}

    def _discover(self, request: Request) -> Shape:
        """Unhealthy instances are left out, unless there is no healthy one left."""
        params = request.params
        for service in self._services.values():
            names = (service.namespace.name, service.name)
            if names == (params["NamespaceName"], params["ServiceName"]):
                break
        else:
            raise ApiError("ServiceNotFound", "No service found.")
        wanted = params.get("HealthStatus", "HEALTHY_OR_ELSE_ALL")
        every = list(service.instances.values())
        healthy = [each for each in every if each.health == "HEALTHY"]
        shown = every if wanted == "ALL" else healthy
        if wanted == "HEALTHY_OR_ELSE_ALL":
            shown = healthy or every
        return {
            "Instances": [
                {
                    "InstanceId": each.id,
                    "NamespaceName": service.namespace.name,
                    "ServiceName": service.name,
                    "HealthStatus": each.health,
                    "Attributes": each.attributes,
                }
                for each in shown
            ]
        }

    def _get_operation(self, request: Request) -> Shape:
        operation = self._running.get(request.params["OperationId"])
        if operation is None:
            raise ApiError("OperationNotFound", "No operation found.")
        return {
            "Operation": {
                "Id": operation.id,
                "Type": operation.kind,
                "Status": operation.status,
                "CreateDate": datetime.fromtimestamp(operation.created_at, UTC),
                "Targets": operation.targets,
            }
        }

    def _list_tags(self, request: Request) -> Shape:
        tags = self._tagged(request).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag(self, request: Request) -> Shape:
        self._tagged(request).tags |= {t["Key"]: t["Value"] for t in request.params["Tags"]}
        return {}

    def _tagged(self, request: Request) -> RegistryService:
        service = self._services.get(request.params["ResourceARN"].rsplit("/", 1)[-1])
        if service is None:
            raise ApiError("ResourceNotFoundException", "No resource found.")
        return service

    def _service(self, request: Request) -> RegistryService:
        service = self._services.get(request.params["ServiceId"].rsplit("/", 1)[-1])
        if service is None:
            raise ApiError("ServiceNotFound", "No service found.")
        return service

    def _instance(self, request: Request) -> tuple[RegistryService, ServiceInstance]:
        service = self._service(request)
        instance = service.instances.get(request.params["InstanceId"])
        if instance is None:
            raise ApiError("InstanceNotFound", "No instance found.")
        return service, instance

    def _submit(
        self, kind: str, service: RegistryService, instance: str, effect: Callable[[], None]
    ) -> Shape:
        """One operation on an instance at a time: a second one of the kind is a duplicate."""
        targets = {"SERVICE": service.id, "INSTANCE": instance}
        for known in self._running.values():
            if (known.kind, known.targets, known.status) == (kind, targets, "PENDING"):
                raise ApiError("DuplicateRequest", "The operation is already in progress.")
        return self._later(kind, targets, effect)

    def _later(self, kind: str, targets: dict[str, str], effect: Callable[[], None]) -> Shape:
        operation = Operation(self._id("op"), kind, targets, self._agenda.now())
        self._running[operation.id] = operation

        def done() -> None:
            effect()
            operation.status = "SUCCESS"

        self._agenda.later(OPERATION_S, done, f"{kind} {operation.id}")
        return {"OperationId": operation.id}

    def _id(self, prefix: str) -> str:
        letters = "abcdefghijklmnopqrstuvwxyz234567"
        return f"{prefix}-{''.join(self._rng.choices(letters, k=16))}"
