"""Settings from the function's environment: read once, checked, named when missing."""

import os
from collections.abc import Mapping

from ecsops.errors import InvalidSetting


def required(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of an environment variable that the template always sets."""
    value = environment.get(name, "")
    if not value:
        raise InvalidSetting(
            f"environment variable {name} is missing: the template sets it on every function, "
            "deploy the stack again instead of editing the function"
        )
    return value


def optional(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of an environment variable that not every stack sets; empty without it."""
    return environment.get(name, "")


def choice(name: str, allowed: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> str:
    """The value of an environment variable that must be one of ``allowed``."""
    value = required(name, environment)
    if value not in allowed:
        raise InvalidSetting(f"{name}={value!r}: must be one of {', '.join(allowed)}")
    return value
