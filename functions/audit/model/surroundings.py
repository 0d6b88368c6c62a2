"""What a service leans on: log groups, roles, security groups, subnets, endpoints, capacity providers."""

from __future__ import annotations

from audit.model.node import Unknown
from audit.model.resource import Resource


class LogGroup(Resource):
    """An element of DescribeLogGroups."""

    kind = "log group"
    named_by = ("arn", "logGroupName")


class AccountSetting(Resource):
    """An element of ListAccountSettings with the effective ones: ``name`` and ``value``."""

    kind = "account setting"
    named_by = ("name",)


class Role(Resource):
    """GetRole's ``Role``, with ``AttachedPolicies`` (names) and ``Policies`` (every policy's document)."""

    kind = "role"
    named_by = ("Arn", "RoleName")


class SecurityGroup(Resource):
    """An element of DescribeSecurityGroups."""

    kind = "security group"
    named_by = ("GroupId", "GroupName")


class Subnet(Resource):
    """An element of DescribeSubnets, with ``Routes`` of its route table."""

    kind = "subnet"
    named_by = ("SubnetId",)


class Endpoint(Resource):
    """An element of DescribeVpcEndpoints."""

    kind = "VPC endpoint"
    named_by = ("VpcEndpointId",)


class CapacityProvider(Resource):
    """An element of DescribeCapacityProviders."""

    kind = "capacity provider"
    named_by = ("capacityProviderArn", "name")

    @property
    def spot(self) -> bool:
        """Are its instances Spot? Of an Auto Scaling group only its name or tags tell."""
        managed = self["managedInstancesProvider"]
        if managed.given:
            template = managed["instanceLaunchTemplate"]
            return template["capacityOptionType"].text() == "SPOT"
        words = (self.label, *self.tags.keys(), *self.tags.values())
        if any("spot" in word.lower() for word in words):
            return True
        raise Unknown(f"whether the instances of {self.label} are Spot was not read")


class EventRule(Resource):
    """An element of ListRules of the default event bus."""

    kind = "event rule"
    named_by = ("Arn", "Name")

    def matches_text(self, text: str) -> bool:
        """Does the event pattern name it, as JSON text or (in templates) as an object?"""
        return text in str(self["EventPattern"].value)
