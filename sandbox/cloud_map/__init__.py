"""AWS Cloud Map: where clients find the tasks of a service by name."""

from sandbox.cloud_map.service import CloudMap

__all__ = ["CloudMap"]
