"""Services, clusters, and how a service's fields lead to everything around it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from audit.model import strategy
from audit.model.load_balancing import LoadBalancer, TargetGroup
from audit.model.node import Node, Unknown
from audit.model.resource import Resource, short_name
from audit.model.scaling import ScalableTarget
from audit.model.strategy import Strategy
from audit.model.surroundings import SecurityGroup, Subnet

if TYPE_CHECKING:
    from audit.model.task_definition import TaskDefinition

_ENVIRONMENT_TAGS = frozenset({"environment", "env", "stage"})
_PRODUCTION = re.compile(r"^live$|(?:^|[-_/ ])(?:prod|production|prd)(?:$|[-_/ ])", re.IGNORECASE)
_NOT_PRODUCTION = re.compile(r"(?:^|[-_/ ])(?:non?|not|pre)[-_ ]pr(?:od|d)", re.IGNORECASE)


def group_arns(entry: Node) -> tuple[str, ...]:
    """What a ``loadBalancers`` entry names: in blue/green, half of the time the alternate is the live one."""
    alternate = entry["advancedConfiguration"]["alternateTargetGroupArn"]
    return tuple(arn for node in (entry["targetGroupArn"], alternate) if (arn := node.text()))


class Cluster(Resource):
    """An element of DescribeClusters with SETTINGS, CONFIGURATIONS and TAGS."""

    kind = "cluster"
    named_by = ("clusterArn", "clusterName")

    @property
    def strategy(self) -> Strategy:
        """The strategy of services that say nothing themselves."""
        node = self["defaultCapacityProviderStrategy"]
        if not node.items():
            # Nothing anywhere means launch type EC2 (API reference, CreateService "launchType").
            return strategy.of_launch_type("EC2", node)
        return strategy.of_items("defaultCapacityProviderStrategy", node)


class Service(Resource):
    """An element of DescribeServices with TAGS; CreateService's input reads the same."""

    kind = "service"
    named_by = ("serviceArn", "serviceName")

    @cached_property
    def task_definition(self) -> TaskDefinition:
        """The task definition it runs; UNKNOWN if it is not in the graph."""
        return self.graph.task_definition_of(self)

    @cached_property
    def cluster(self) -> Cluster:
        """Its cluster; UNKNOWN if it is not in the graph."""
        name = self["clusterArn"].text() or self["cluster"].text() or "default"
        return self.graph.find(Cluster, name)

    @cached_property
    def strategy(self) -> Strategy:
        """The capacity in force."""
        if self["capacityProviderStrategy"].items():
            return strategy.of_items("capacityProviderStrategy", self["capacityProviderStrategy"])
        launch_type = self["launchType"].text()
        if launch_type is not None:
            return strategy.of_launch_type(launch_type, self["launchType"])
        return self.cluster.strategy

    @property
    def load_balancers(self) -> list[Node]:
        """The ``loadBalancers`` entries."""
        return self["loadBalancers"].items()

    @property
    def balanced(self) -> bool:
        """Does a load balancer or VPC Lattice check its tasks?"""
        return bool(self.load_balancers or self["vpcLatticeConfigurations"].items())

    def target_group(self, entry: Node) -> TargetGroup:
        """The target group of one ``loadBalancers`` entry."""
        arn = entry["targetGroupArn"].text()
        if arn is None:
            raise Unknown(f"{entry} names no target group", entry.path)
        return self.graph.find(TargetGroup, arn)

    @property
    def target_groups(self) -> list[tuple[Node, TargetGroup]]:
        """Each ``loadBalancers`` entry with its group, and with the alternate one of blue/green."""
        return [
            (entry, self.graph.find(TargetGroup, arn))
            for entry in self.load_balancers
            for arn in group_arns(entry)
        ]

    @property
    def routes(self) -> list[tuple[Node, TargetGroup, LoadBalancer]]:
        """Each way that requests come: the ``loadBalancers`` entry, its group, what forwards to that."""
        groups = [(entry, self.target_group(entry)) for entry in self.load_balancers]
        return [(entry, group, each) for entry, group in groups for each in group.load_balancers]

    @property
    def scalable_target(self) -> ScalableTarget | None:
        """What scales it; None if nothing does, UNKNOWN if nobody looked."""
        return self.graph.scalable_target_of(self)

    @property
    def network(self) -> Node:
        """Its ``awsvpcConfiguration``."""
        return self["networkConfiguration"]["awsvpcConfiguration"]

    @property
    def subnets(self) -> tuple[Subnet, ...]:
        """The subnets it names; UNKNOWN if one is not in the graph."""
        return tuple(self.graph.find(Subnet, name) for name in self.network["subnets"].texts())

    @property
    def security_groups(self) -> tuple[SecurityGroup, ...]:
        """The security groups of its tasks; UNKNOWN if one is not in the graph."""
        names = self.network["securityGroups"].texts()
        return tuple(self.graph.find(SecurityGroup, name) for name in names)

    @property
    def production(self) -> bool:
        """Do its tags say so, or else its name or its cluster's?"""
        said = [value for key, value in self.tags.items() if key.lower() in _ENVIRONMENT_TAGS]
        cluster = self["clusterArn"].value or self["cluster"].value
        words = said or [short_name(str(cluster or "")), self.label]
        return any(_PRODUCTION.search(each) and not _NOT_PRODUCTION.search(each) for each in words)

    @property
    def described(self) -> bool:
        """Does it exist, so that CreateService has taken what it says?"""
        return self["status"].text() is not None

    @property
    def controller(self) -> str:
        """``ECS`` unless given."""
        return self["deploymentController"]["type"].text() or "ECS"

    @property
    def rolling(self) -> bool:
        """Does ECS replace its tasks bit by bit? Only then percentages and circuit breaker count."""
        strategy = self["deploymentConfiguration"]["strategy"].text() or "ROLLING"
        return self.controller == "ECS" and strategy == "ROLLING"

    @property
    def daemon(self) -> bool:
        """One task per instance?"""
        return self["schedulingStrategy"].text() == "DAEMON"

    @property
    def desired_count(self) -> int:
        """UNKNOWN if not given: a template leaves it out where autoscaling sets it."""
        count = self["desiredCount"].whole()
        if count is None:
            raise Unknown("desiredCount is not given", ("desiredCount",))
        return count

    @property
    def minimum_healthy_percent(self) -> int:
        """100 unless given, 0 for daemons (API reference, DeploymentConfiguration)."""
        percent = self["deploymentConfiguration"]["minimumHealthyPercent"].whole()
        return percent if percent is not None else (0 if self.daemon else 100)

    @property
    def maximum_percent(self) -> int:
        """200 unless given, 100 for daemons (API reference, DeploymentConfiguration)."""
        percent = self["deploymentConfiguration"]["maximumPercent"].whole()
        return percent if percent is not None else (100 if self.daemon else 200)
