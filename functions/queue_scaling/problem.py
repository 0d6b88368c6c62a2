"""What is wrong with a service's tags, told so that its owner can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ConfigurationProblem:
    """A tag and its value, and what should be there instead."""

    tag: str
    value: str
    problem: str

    def __str__(self) -> str:
        """One line for logs and alerts."""
        return f"tag {self.tag}={self.value!r}: {self.problem}"


class InvalidTag(Exception):
    """A tag's value cannot be used."""

    def __init__(self, tag: str, value: str, problem: str) -> None:
        """Say which tag, and what is expected."""
        self.found = ConfigurationProblem(tag, value, problem)
        super().__init__(str(self.found))
