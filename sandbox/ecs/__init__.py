"""The ECS twin: clusters, capacity, task definitions, services, tasks and their events."""

from sandbox.ecs.apps import App
from sandbox.ecs.settings import EcsSettings
from sandbox.ecs.twin import EcsTwin

__all__ = ["App", "EcsSettings", "EcsTwin"]
