"""Elastic Load Balancing: target groups and the health of their targets."""

from sandbox.elb.model import TargetChange, TargetKey
from sandbox.elb.target_groups import TargetGroups

__all__ = ["TargetChange", "TargetGroups", "TargetKey"]
