"""Application Auto Scaling for ECS services: target tracking and step scaling as AWS publishes them."""

from sandbox.autoscaling.service import AutoScaling

__all__ = ["AutoScaling"]
