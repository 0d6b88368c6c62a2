"""The operations on container instances."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.ecs.cluster_query import matcher
from sandbox.ecs.instance_model import ContainerInstance
from sandbox.ecs.instance_shape import instance_shape
from sandbox.ecs.paging import page
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.events import Events
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.model import Cluster, Shape
    from sandbox.ecs.state import State
    from sandbox.elb.agenda import Agenda

MAX_DESCRIBED = 100
MAX_UPDATED = 10
STATUSES = ("ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED")


class Instances:
    """Registers, shows, lists and drains container instances.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerInstancesState.html
    """

    def __init__(self, agenda: Agenda, state: State, ids: Ids, events: Events) -> None:
        """``changed`` is told of every cluster in which something about an instance changed."""
        self._agenda = agenda
        self._state = state
        self._ids = ids
        self._events = events
        self.changed: Callable[[str], None] = lambda _cluster_arn: None
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "RegisterContainerInstance": self._register,
            "DeregisterContainerInstance": self._deregister,
            "DescribeContainerInstances": self._describe,
            "ListContainerInstances": self._list,
            "UpdateContainerInstancesState": self._update_state,
        }

    def become(self, instance: ContainerInstance, status: str) -> None:
        """Bring an instance into another status; the same one again changes nothing."""
        if instance.status == status:
            return
        instance.status = status  # type: ignore[assignment]
        self.touch(instance)

    def touch(self, instance: ContainerInstance) -> None:
        """Something about the instance changed: that is a new version and an event."""
        instance.version += 1
        self._events.instance_changed(instance)
        self.changed(instance.cluster_arn)

    def resources_changed(self, instance: ContainerInstance) -> None:
        """A task was placed or has stopped: "modifies the available resources on the container instance".

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_container_instance_events.html
        """
        instance.version += 1
        self._events.instance_changed(instance)

    def _register(self, request: Request) -> Shape:
        """As the agent calls it: who the instance is stands in its identity document."""
        params, cluster = request.params, self._state.cluster(request)
        identity = json.loads(params["instanceIdentityDocument"])
        sizes = {each["name"]: each.get("integerValue", 0) for each in params["totalResources"]}
        attributes = {each["name"]: each.get("value", "") for each in params.get("attributes", [])}
        instance = ContainerInstance(
            arn=request.arn("ecs", f"container-instance/{cluster.name}/{self._ids.task()}"),
            cluster_arn=cluster.arn,
            ec2_instance_id=identity["instanceId"],
            cpu=sizes.get("CPU", 0),
            memory=sizes.get("MEMORY", 0),
            attributes={
                "ecs.availability-zone": identity["availabilityZone"],
                "ecs.instance-type": identity.get("instanceType", "m7g.large"),
                **attributes,
            },
            tags={tag["key"]: tag.get("value", "") for tag in params.get("tags", [])},
            registered_at=self._agenda.now(),
            capacity_provider=identity.get("capacityProvider"),
        )
        self._state.instances[instance.arn] = instance
        self._events.instance_changed(instance)
        self.changed(cluster.arn)
        return {"containerInstance": instance_shape(instance, with_tags=True)}

    def _deregister(self, request: Request) -> Shape:
        """Without force, an instance with tasks is kept; with it, they are orphaned."""
        cluster = self._state.cluster(request)
        known, _ = self._known(request, cluster, [request.params["containerInstance"]])
        if not known:
            raise ApiError("InvalidParameterException", "Container instance not found.")
        instance = known[0]
        if any(task.wanted for task in instance.tasks.values()) and not request.params.get("force"):
            message = "Found running tasks on the instance."
            raise ApiError("InvalidParameterException", message)
        self.become(instance, "INACTIVE")
        return {"containerInstance": instance_shape(instance)}

    def _describe(self, request: Request) -> Shape:
        asked = request.params["containerInstances"]
        if not asked:
            message = "Container instances cannot be empty."
            raise ApiError("InvalidParameterException", message)
        if len(asked) > MAX_DESCRIBED:
            message = f"Container instances cannot have more than {MAX_DESCRIBED} elements."
            raise ApiError("InvalidParameterException", message)
        with_tags = "TAGS" in request.params.get("include", [])
        known, missing = self._known(request, self._state.cluster(request), asked)
        shown = [instance_shape(each, with_tags=with_tags) for each in known]
        return {"containerInstances": shown, "failures": missing}

    def _list(self, request: Request) -> Shape:
        """Without a status, all but INACTIVE ones are listed."""
        params, cluster = request.params, self._state.cluster(request)
        wanted = (params["status"],) if params.get("status") else STATUSES
        selected = matcher(params.get("filter"))
        arns = [
            each.arn
            for each in self._state.instances_of(cluster.arn)
            if each.status in wanted and selected(each)
        ]
        return page(request, "containerInstanceArns", arns, 100)

    def _update_state(self, request: Request) -> Shape:
        """Which instances were changed, and which could not be: each has its own fate."""
        params, cluster = request.params, self._state.cluster(request)
        asked, status = params["containerInstances"], params["status"]
        if len(asked) > MAX_UPDATED:
            message = f"Container instances cannot have more than {MAX_UPDATED} elements."
            raise ApiError("InvalidParameterException", message)
        if status not in ("ACTIVE", "DRAINING"):
            message = f"Container instances cannot be set to {status}."
            raise ApiError("InvalidParameterException", message)
        known, failures = self._known(request, cluster, asked)
        changed = []
        for instance in known:
            if instance.status == "INACTIVE":
                failures.append({"arn": instance.arn, "reason": "INACTIVE"})
                continue
            self.become(instance, status)
            changed.append(instance_shape(instance))
        return {"containerInstances": changed, "failures": failures}

    def _known(
        self, request: Request, cluster: Cluster, asked: list[str]
    ) -> tuple[list[ContainerInstance], list[Shape]]:
        prefix = f"container-instance/{cluster.name}/"
        arns = [
            name if name.startswith("arn:") else request.arn("ecs", prefix + name) for name in asked
        ]
        known = self._state.instances
        found = [known[arn] for arn in arns if self._is_in(cluster, arn)]
        missing = [{"arn": a, "reason": "MISSING"} for a in arns if not self._is_in(cluster, a)]
        return found, missing

    def _is_in(self, cluster: Cluster, arn: str) -> bool:
        instance = self._state.instances.get(arn)
        return instance is not None and instance.cluster_arn == cluster.arn
