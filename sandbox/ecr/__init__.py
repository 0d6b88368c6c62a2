"""The images of the account: Amazon ECR, and the registries of the world."""

from sandbox.ecr.registry import ImageRegistry
from sandbox.ecr.repositories import Repositories

__all__ = ["ImageRegistry", "Repositories"]
