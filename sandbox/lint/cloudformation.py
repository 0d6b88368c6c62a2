"""CloudFormation, SAM and CDK output: its resources in the shape in which their APIs describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.model.graph import Item
from audit.model.node import Unresolved
from audit.model.resource import Source
from sandbox.lint import identities
from sandbox.lint.intrinsics import Scope
from sandbox.lint.template_resources import SHAPES, complete


class Template:
    """A template, and what it says of itself."""

    def __init__(self, document: dict[str, Any], parameters: Mapping[str, str]) -> None:
        """``parameters`` override the template's defaults."""
        self._resources = {
            name: body
            for name, body in _object(document, "Resources").items()
            if isinstance(body, dict) and isinstance(body.get("Type"), str)
        }
        values = {
            name: _parameter(name, body) for name, body in _object(document, "Parameters").items()
        }
        given = {
            name: _listed(_object(document, "Parameters").get(name), text)
            for name, text in parameters.items()
        }
        self._scope = Scope(
            parameters=values | given,
            mappings=_object(document, "Mappings"),
            conditions=_object(document, "Conditions"),
            references={},
            attributes=self._attribute,
        )
        self._scope.references = _References(self)

    def items(self, file: str) -> Iterator[Item]:
        """Every resource that the audit looks at."""
        found = {
            name: self._scope.resolve(body.get("Properties", {}))
            for name, body in self._resources.items()
            if self._scope.holds(body.get("Condition")) is not False
        }
        for name, properties in complete(self._typed(found)).items():
            kind, shape = SHAPES[self._type(name)]
            data = shape(properties) if isinstance(properties, dict) else properties
            if isinstance(data, dict):
                data = identities.identify(self._type(name), name, data)
            yield Item(kind, data, Source(file, ("Resources", name, "Properties"), name))

    def _typed(self, found: dict[str, Any]) -> dict[str, tuple[str, Any]]:
        return {name: (self._type(name), properties) for name, properties in found.items()}

    def _type(self, name: str) -> str:
        return str(self._resources[name]["Type"])

    def reference(self, name: str) -> Any:
        """What Ref of a resource gives."""
        return identities.reference(self._type(name), name, self._named(name))

    def has(self, name: str) -> bool:
        """Is it a resource of this template?"""
        return name in self._resources

    def _attribute(self, name: str, attribute: str) -> Any:
        if name not in self._resources:
            return Unresolved(f"{name} is not in the template")
        return identities.attribute(self._type(name), name, attribute, self._named(name))

    def _named(self, name: str) -> str:
        # A name that the template gives; one that refers to something else is as good as none.
        properties = self._resources[name].get("Properties")
        field = identities.NAME_FIELDS.get(self._type(name))
        value = properties.get(field) if isinstance(properties, dict) and field else None
        return value if isinstance(value, str) else name


class _References(Mapping[str, Any]):
    """Ref of every resource, worked out when somebody asks."""

    def __init__(self, template: Template) -> None:
        self._template = template

    def __getitem__(self, name: str) -> Any:
        return self._template.reference(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._template.has(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def is_template(document: Any) -> bool:
    """Does it look like a template?"""
    resources = document.get("Resources") if isinstance(document, dict) else None
    return isinstance(resources, dict) and any(
        isinstance(body, dict) and "Type" in body for body in resources.values()
    )


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _parameter(name: str, body: Any) -> Any:
    default = body.get("Default") if isinstance(body, dict) else None
    kind = str(body.get("Type", "")) if isinstance(body, dict) else ""
    if default is None or kind.startswith("AWS::SSM::"):
        return Unresolved(f"parameter {name} has no default")
    return _listed(body, default)


def _listed(body: Any, value: Any) -> Any:
    kind = str(body.get("Type", "")) if isinstance(body, dict) else ""
    if isinstance(value, str) and (kind == "CommaDelimitedList" or "List<" in kind):
        return [each.strip() for each in value.split(",")]
    return value


def parameter_names(document: Any) -> frozenset[str]:
    """What ``--parameter`` may name."""
    return frozenset(_object(document, "Parameters")) if is_template(document) else frozenset()


def not_expanded(document: Any) -> list[str]:
    """The loops, whose resources nobody sees before CloudFormation makes them."""
    if not is_template(document):
        return []
    return [name for name in document["Resources"] if str(name).startswith("Fn::")]
