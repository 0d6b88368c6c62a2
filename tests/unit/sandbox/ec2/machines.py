"""An account with a cluster of EC2 instances, without the stack."""

from __future__ import annotations

import random
from typing import Any

from sandbox.caller import Caller
from sandbox.clock import VirtualClock
from sandbox.ec2 import AutoScalingGroups, Fleet, Machine
from sandbox.ecs import EcsSettings
from tests.unit.sandbox.ecs.ecs_world import CALLER, World

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


class Machines(World):
    """The ECS world with a fleet under it; services and tasks run on instances unless told otherwise."""

    def __init__(self, clock: VirtualClock, settings: EcsSettings | None = None) -> None:
        super().__init__(clock, settings or EcsSettings(jitter=0))
        caller = Caller("operator", CALLER.account, CALLER.region)
        rng = random.Random(7)
        self.sent: list[tuple[str, str]] = []
        self.fleet = Fleet(clock, self.events.append, rng, self.twin, caller)
        self.groups = AutoScalingGroups(
            self.fleet, self.events.append, lambda *told: self.sent.append(told), rng, caller
        )

    def launch(self, *zones: str, **machine: Any) -> list[str]:
        """Launch instances and wait until they are registered."""
        ids = [self.fleet.launch(Machine(**machine), zone) for zone in zones or ZONES[:2]]
        self.run(60)
        return ids

    def definition(self, family: str = "web", mode: str = "bridge", **more: Any) -> str:
        container = {
            "name": family,
            "image": f"registry/{family}:1",
            "portMappings": [{"containerPort": 8080}],
            **more,
        }
        answer = self.ecs(
            "RegisterTaskDefinition",
            family=family,
            networkMode=mode,
            requiresCompatibilities=["EC2"],
            cpu="512",
            memory="512",
            containerDefinitions=[container],
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def on_instances(self, name: str = "web", count: int = 2, *groups: str, **params: Any) -> dict:
        """A service of launch type EC2; its network is the definition's."""
        service: dict[str, Any] = {
            "cluster": "prod",
            "serviceName": name,
            "taskDefinition": params.pop("definition", name),
            "launchType": "EC2",
            "loadBalancers": [
                {"targetGroupArn": group, "containerName": name, "containerPort": 8080}
                for group in groups
            ],
            **params,
        }
        if params.get("schedulingStrategy") != "DAEMON":
            service["desiredCount"] = count
        return self.ecs("CreateService", **service)["service"]

    def instance(self, ec2_instance_id: str) -> dict[str, Any]:
        """The container instance, whatever its status."""
        known = self.twin._state.instances.values()
        arn = next(each.arn for each in known if each.ec2_instance_id == ec2_instance_id)
        answer = self.ecs("DescribeContainerInstances", cluster="prod", containerInstances=[arn])
        return answer["containerInstances"][0]

    def drain(self, *ids: str) -> dict[str, Any]:
        arns = [self.instance(each)["containerInstanceArn"] for each in ids]
        return self.ecs(
            "UpdateContainerInstancesState",
            cluster="prod",
            containerInstances=arns,
            status="DRAINING",
        )

    def tasks_on(self, ec2_instance_id: str) -> list[dict[str, Any]]:
        """Tasks that are meant to run on an instance."""
        arn = self.instance(ec2_instance_id)["containerInstanceArn"]
        arns = self.ecs("ListTasks", cluster="prod", containerInstance=arn)["taskArns"]
        if not arns:
            return []
        return self.ecs("DescribeTasks", cluster="prod", tasks=arns)["tasks"]

    def instance_group(self, name: str = "web", **params: Any) -> str:
        """A target group of instances."""
        return self.target_group(name, TargetType="instance", **params)
