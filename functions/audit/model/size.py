"""CPU units and MiB from the spellings that ECS takes, and the sizes that Fargate has.

Source: API reference, RegisterTaskDefinition, "cpu" and "memory": ``1024`` or ``1 vCPU``,
``2048`` or ``2 GB``.
"""

from __future__ import annotations

import re

from audit.model.node import Node, Unknown

_CPU = re.compile(r"(\d{0,9}\.?\d{1,9})\s*vcpu", re.IGNORECASE | re.ASCII)
_MEMORY = re.compile(r"(\d{0,9}\.?\d{1,9})\s*gb", re.IGNORECASE | re.ASCII)
_GIB = 1024

FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}


def cpu_units(node: Node) -> int | None:
    """CPU units of ``"1 vCPU"``, ``".25 vcpu"``, ``"1024"`` or 1024."""
    return _amount(node, _CPU)


def mebibytes(node: Node) -> int | None:
    """MiB of ``"2 GB"``, ``"0.5GB"``, ``"2048"`` or 2048."""
    return _amount(node, _MEMORY)


def _amount(node: Node, with_unit: re.Pattern[str]) -> int | None:
    text = node.text()
    if text is None:
        return None
    match = with_unit.fullmatch(text.strip())
    return round(float(match[1]) * _GIB) if match else node.whole()


def is_no_amount(node: Node) -> bool:
    """Is it a word, where nothing is left for another tool to fill in?"""
    value = node.value
    if not isinstance(value, str) or node.placeholder or any(mark in value for mark in "${<"):
        return False
    return not (_CPU.fullmatch(value.strip()) or _MEMORY.fullmatch(value.strip()) or _number(value))


def _number(text: str) -> bool:
    return re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII) is not None


def nearest_fargate_size(cpu: int, memory: int) -> tuple[int, int]:
    """The smallest size of Fargate that has at least this much of both; the largest if none has."""
    for units, memories in FARGATE_SIZES.items():
        for amount in memories:
            if units >= cpu and amount >= memory:
                return units, amount
    return 16384, 122880


def is_fargate_size(cpu: int, memory: int) -> bool:
    """Does Fargate have this pair?"""
    return memory in FARGATE_SIZES.get(cpu, ())


def required(amount: int | None, node: Node) -> int:
    """The amount, or UNKNOWN when it is not given."""
    if amount is None:
        raise Unknown(f"{node} is not given", node.path)
    return amount
