"""EC2 instances that run ECS tasks: the Spot market, Auto Scaling groups, lifecycle hooks."""

from sandbox.ec2.fleet import Fleet, Machine
from sandbox.ec2.groups import AutoScalingGroups

__all__ = ["AutoScalingGroups", "Fleet", "Machine"]
