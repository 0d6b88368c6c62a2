"""Identifiers in the forms that ECS uses, from one seeded source."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import random


class Ids:
    """Makes identifiers."""

    def __init__(self, rng: random.Random) -> None:
        """The same seed gives the same identifiers."""
        self._rng = rng

    def task(self) -> str:
        """32 hexadecimal digits."""
        return self._rng.randbytes(16).hex()

    def uuid(self) -> str:
        """An attachment's, a container's or a service event's id."""
        return str(UUID(bytes=self._rng.randbytes(16), version=4))

    def number(self) -> str:
        """19 digits: deployments, task sets and service revisions."""
        return str(self._rng.randrange(10**18, 10**19))

    def service_deployment(self) -> str:
        """21 characters of the URL-safe alphabet."""
        alphabet = string.ascii_letters + string.digits + "-_"
        return "".join(self._rng.choices(alphabet, k=21))

    def hook(self, kind: str) -> str:
        """A lifecycle hook's execution: ``ecs-pause-`` and 43 characters of the URL-safe alphabet."""
        alphabet = string.ascii_letters + string.digits + "-_"
        return f"ecs-{kind}-{''.join(self._rng.choices(alphabet, k=43))}"

    def network_interface(self) -> str:
        """An elastic network interface."""
        return f"eni-{self._rng.randbytes(9).hex()[:17]}"

    def mac_address(self) -> str:
        """A locally administered address, as EC2 gives them."""
        return ":".join(["0a", *(f"{byte:02x}" for byte in self._rng.randbytes(5))])

    def runtime(self, task_id: str) -> str:
        """A container on Fargate: the task and a number."""
        return f"{task_id}-{self._rng.randrange(10**9, 10**10)}"
