"""What every resource of the graph has: names to be found by, tags, and where it came from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from audit.model.node import Node, Path, Unknown

if TYPE_CHECKING:
    from audit.model.graph import Graph


class Source(NamedTuple):
    """Where a resource was read: a file and the path in it; ``logical_id`` is its name in a template.

    ``base`` is the part of the resource that the file holds, when it is not the whole: a file of containers.
    """

    file: str = ""
    pointer: Path = ()
    logical_id: str = ""
    base: Path = ()


class Resource(Node):
    """One describe-shaped document of the graph."""

    kind: ClassVar[str]
    # The fields that other resources may name it by; the first that is given names it in reports.
    named_by: ClassVar[tuple[str, ...]]

    def __init__(self, data: Any, graph: Graph, source: Source) -> None:
        """``data`` has the shape in which the service's own API describes such a resource."""
        super().__init__(data)
        self.graph = graph
        self.source = source

    def forget(self) -> None:
        """Let go of what was worked out of it: of an account, that is more than the documents are."""
        self._known = None
        for name in self.__dict__.keys() - {"graph", "source"}:
            del self.__dict__[name]

    @property
    def resource(self) -> Resource:
        """Itself; a container answers with its task definition."""
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name that another resource may use for it."""
        fields = self.value if isinstance(self.value, dict) else {}
        given = (fields.get(field) for field in self.named_by)
        names = [name for name in given if isinstance(name, str) and name]
        return (*names, *([self.source.logical_id] if self.source.logical_id else []))

    @cached_property
    def arn(self) -> str:
        """The ARN, if it has one."""
        return next((name for name in self.names if name.startswith("arn:")), "")

    @cached_property
    def label(self) -> str:
        """The name in reports."""
        if self.source.logical_id:
            return self.source.logical_id
        name = next(iter(self.names), "")
        return short_name(name) or f"unnamed {self.kind}"

    @property
    def tags(self) -> dict[str, str]:
        """Tags, in the spelling of either ECS (``key``) or the other services (``Key``)."""
        node = self["tags"] if self["tags"].given else self["Tags"]
        pairs = (
            (tag["key"].text() or tag["Key"].text(), tag["value"].text() or tag["Value"].text())
            for tag in node.items()
        )
        return {key: value or "" for key, value in pairs if key}


class File(Resource):
    """A file itself, for what is wrong with its text."""

    kind = "file"
    named_by = ()
    label = ""


def attribute(resource: Node, key: str) -> Node:
    """One of the ``Attributes`` (``[{"Key": ..., "Value": ...}]``) of a target group or load balancer.

    A list that was read but does not hold the key means the default; no list at all means: nobody looked.
    """
    if not resource["Attributes"].given:
        raise Unknown("its attributes were not read")
    for item in resource["Attributes"].items():
        if item["Key"].text() == key:
            return item["Value"]
    return Node(None, (*resource["Attributes"].path, key))


def short_name(name: str) -> str:
    """``web`` of a name or of an ARN of a cluster, target group, load balancer, role or task definition."""
    if not name.startswith("arn:"):
        return name
    parts = name.split(":", 5)[-1].split("/")
    if parts[0] == "targetgroup" and len(parts) > 1:
        return parts[1]
    return parts[2] if parts[0] == "loadbalancer" and len(parts) > 2 else parts[-1]
