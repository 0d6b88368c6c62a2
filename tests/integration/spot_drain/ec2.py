"""A cluster on EC2 Spot instances in the account of a test."""

from __future__ import annotations

import json
from typing import Any

from sandbox.ec2 import Machine
from sandbox.ec2.hooks import Hook
from tests.integration.conftest import Operations

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
HOOK = Hook("ecs-ops-drain", timeout_s=600)
TAGGED = {"ecs-ops:spot-drain": "on"}
MIN_100 = {"minimumHealthyPercent": 100, "maximumPercent": 200}
MIN_50 = {"minimumHealthyPercent": 50, "maximumPercent": 200}


class OnInstances:
    """What a test does with instances, services and tasks of the cluster ``prod``."""

    def __init__(self, world: Operations) -> None:
        self.world = world
        self.account = world.account
        self.ecs = world.account.client("ecs")
        self.ecs.create_cluster(clusterName="prod")

    def launch(self, *zones: str, **machine: Any) -> list[str]:
        ids = [self.account.fleet.launch(Machine(**machine), zone) for zone in zones or ZONES[:2]]
        self.account.run_for(60)
        return ids

    def group(
        self,
        desired: int = 2,
        *,
        tags: dict[str, str] | None = None,
        timeout_s: int = HOOK.timeout_s,
        **machine: Any,
    ) -> list[str]:
        """Instances of an Auto Scaling group with a hook that is meant for the toolkit."""
        made = self.account.groups.create(
            "spot",
            Machine(**machine),
            desired,
            ZONES[:2],
            hooks=[Hook(HOOK.name, timeout_s=timeout_s)],
            tags=TAGGED if tags is None else tags,
        )
        self.account.run_for(60)
        return list(made.ids)

    def definition(self, family: str, mode: str = "bridge", **container: Any) -> None:
        self.ecs.register_task_definition(
            family=family,
            networkMode=mode,
            requiresCompatibilities=["EC2"],
            cpu="512",
            memory="512",
            containerDefinitions=[
                {
                    "name": "app",
                    "image": "app:1",
                    "portMappings": [{"containerPort": 8080}],
                    **container,
                }
            ],
        )

    def service(
        self, name: str = "web", count: int = 2, *, behind: bool = True, **fields: Any
    ) -> str:
        """A service with dynamic ports, behind a target group of its own name."""
        if "taskDefinition" not in fields:
            self.definition(name, **fields.pop("container", {}))
        if behind:
            fields["loadBalancers"] = [
                {
                    "targetGroupArn": self.target_group(name),
                    "containerName": "app",
                    "containerPort": 8080,
                }
            ]
        asked: dict[str, Any] = {
            "cluster": "prod",
            "serviceName": name,
            "taskDefinition": name,
            "launchType": "EC2",
            "deploymentConfiguration": MIN_100,
            "enableECSManagedTags": True,
            **fields,
        }
        if fields.get("schedulingStrategy") != "DAEMON":
            asked["desiredCount"] = count
        arn = self.ecs.create_service(**asked)["service"]["serviceArn"]
        self.account.run_for(120)
        self.world.trace.clear()
        return arn

    def drain(self, instance_id: str) -> None:
        """What ECS does by itself, or its agent, with a warning."""
        arn = self.instance(instance_id)["containerInstanceArn"]
        self.ecs.update_container_instances_state(
            cluster="prod", containerInstances=[arn], status="DRAINING"
        )

    def target_group(self, name: str, delay: int = 30) -> str:
        elb = self.account.client("elbv2")
        arn = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="instance"
        )["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}],
        )
        balancer = elb.create_load_balancer(Name=f"{name}-lb")["LoadBalancers"][0]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
        return arn

    def run_task(self, family: str = "job", **fields: Any) -> str:
        self.definition(family)
        answer = self.ecs.run_task(
            cluster="prod", taskDefinition=family, launchType="EC2", **fields
        )
        self.account.run_for(60)
        return answer["tasks"][0]["taskArn"]

    def task(self, arn: str) -> dict[str, Any]:
        return self.ecs.describe_tasks(cluster="prod", tasks=[arn])["tasks"][0]

    def on(self, instance: str, name: str = "web") -> list[dict[str, Any]]:
        """The tasks of a service on an instance."""
        arn = self.instance(instance)["containerInstanceArn"]
        tasks = [self.task(each) for each in self.world.tasks(name)]
        return [each for each in tasks if each.get("containerInstanceArn") == arn]

    def instance(self, instance: str) -> dict[str, Any]:
        known = self.account.ecs._state.instances.values()
        arn = next(each.arn for each in known if each.ec2_instance_id == instance)
        found = self.ecs.describe_container_instances(cluster="prod", containerInstances=[arn])
        return found["containerInstances"][0]

    def target(self, task: dict[str, Any], instance: str) -> tuple[str, int]:
        return instance, task["containers"][0]["networkBindings"][0]["hostPort"]

    def scale_in(self, instance: str) -> None:
        self.account.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance, ShouldDecrementDesiredCapacity=True
        )

    def lost(self, name: str = "web") -> float:
        """How long a target of the service was in rotation while nobody answered there."""
        return sum(self.account.targets.lost_request_seconds(self.world.group(name)).values())

    def incidents(self, prefix: str) -> list[tuple[str, str]]:
        """(incident, state) of the alerts whose incident begins so, as they were published."""
        return self.told(self.world, prefix)

    @staticmethod
    def told(world: Operations, prefix: str) -> list[tuple[str, str]]:
        """The same, where there is no instance."""
        entries = [
            json.loads(entry["Detail"])
            for call in world.calls("PutEvents", outcome="ok")
            for entry in call["parameters"]["Entries"]
        ]
        return [
            (detail["incident"], detail["state"])
            for detail in entries
            if str(detail.get("incident", "")).startswith(prefix)
        ]
