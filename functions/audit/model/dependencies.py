"""The ``dependsOn`` graph of a task definition's containers, and the longest ways through it.

Containers start in the order of their dependencies and stop in the reverse one.
Source: API reference, ContainerDefinition "dependsOn": "This dependency is reversed for container shutdown".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from audit.model.node import Node, Unknown


class Dependency(NamedTuple):
    """``container`` waits until ``on`` reaches ``condition``; ``node`` is the dependsOn entry."""

    container: str
    on: str
    condition: str
    node: Node


class Way(NamedTuple):
    """A chain of containers and how long it takes."""

    seconds: int
    containers: tuple[str, ...]


def cycle(dependencies: Iterable[Dependency]) -> tuple[str, ...]:
    """The containers of one circle of dependencies, in order; empty if there is none."""
    edges = _edges(dependencies)
    done: set[str] = set()
    for start in edges:
        found = _circle(start, edges, done)
        if found:
            return found
    return ()


def _circle(start: str, edges: dict[str, list[Dependency]], done: set[str]) -> tuple[str, ...]:
    # Without recursion: a definition with thousands of containers is nonsense, but no reason to crash.
    way: list[str] = []
    on_way: set[str] = set()
    stack: list[tuple[str, bool]] = [(start, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            on_way.discard(way.pop())
            done.add(name)
        elif name in on_way:
            return tuple(way[way.index(name) :])
        elif name not in done:
            way.append(name)
            on_way.add(name)
            stack.append((name, True))
            stack.extend((edge.on, False) for edge in edges.get(name, ()))
    return ()


def longest_way(
    dependencies: Iterable[Dependency],
    containers: Mapping[str, int],
    waits: Callable[[Dependency], int] = lambda _: 0,
    end: str = "",
) -> Way:
    """The longest chain of dependencies; ``containers`` and ``waits`` say what each adds, in seconds.

    ``end`` is the container that it leads to; any, if none is given.
    """
    known = [
        edge for edge in dependencies if edge.container in containers and edge.on in containers
    ]
    if cycle(known):
        raise Unknown("dependsOn has a cycle", ("containerDefinitions",))
    edges = _edges(known)
    ways: dict[str, Way] = {}
    for name in _prerequisites_first([end] if end else containers, edges):
        before = [(ways[edge.on], waits(edge)) for edge in edges.get(name, ())]
        first = max(before, key=lambda way: way[0].seconds + way[1], default=(Way(0, ()), 0))
        seconds = first[0].seconds + first[1] + containers[name]
        ways[name] = Way(seconds, (*first[0].containers, name))
    if end:
        return ways[end]
    return max(ways.values(), key=lambda way: way.seconds, default=Way(0, ()))


def _prerequisites_first(
    containers: Iterable[str], edges: dict[str, list[Dependency]]
) -> list[str]:
    order: dict[str, None] = {}
    stack = [(name, False) for name in containers]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            order[name] = None
        elif name not in order:
            stack.append((name, True))
            stack.extend((edge.on, False) for edge in edges.get(name, ()))
    return list(order)


def _edges(dependencies: Iterable[Dependency]) -> dict[str, list[Dependency]]:
    edges: dict[str, list[Dependency]] = {}
    for dependency in dependencies:
        edges.setdefault(dependency.container, []).append(dependency)
    return edges
