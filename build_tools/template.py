"""The functions as template.yaml declares them, read without the SAM translator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from build_tools import sam

# Lambda's own variables, and anything for what the template refers to.
_OF_LAMBDA = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_SESSION_TOKEN": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}
# A value that every variable accepts whose own is known only after the deployment.
_ANYTHING = "on"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its logical id, its handler, the environment it starts in."""

    logical_id: str
    handler: str
    environment: dict[str, str]

    @property
    def module(self) -> str:
        """``spot_drain.handler``."""
        return self.handler.rpartition(".")[0]

    @property
    def name(self) -> str:
        """``spot_drain`` of ``spot_drain.handler``, ``selftest`` of ``alerts.selftest_handler``."""
        package, module, *_ = self.handler.split(".")
        return package if module == "handler" else module.removesuffix("_handler")


def functions() -> list[Function]:
    """Every function of the template."""
    template = yaml.load((sam.ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    defaults = {name: one.get("Default", "") for name, one in template["Parameters"].items()}
    return [
        _function(logical_id, resource["Properties"], shared, defaults)
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def _function(
    logical_id: str,
    properties: dict[str, Any],
    shared: dict[str, Any],
    defaults: dict[str, Any],
) -> Function:
    variables = shared | properties.get("Environment", {}).get("Variables", {})
    known = {name: _value(value, defaults) for name, value in variables.items()}
    return Function(logical_id, properties["Handler"], known | _OF_LAMBDA)


def _value(value: Any, defaults: dict[str, Any]) -> str:
    """A parameter has its default; what the account would name is anything."""
    if isinstance(value, _Reference):
        return str(defaults.get(value) or _ANYTHING)
    return str(value)


class _Reference(str):
    """What a CloudFormation function refers to."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions."""


def _reference(_loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> _Reference:
    return _Reference(node.value)


_Loader.add_multi_constructor("!", _reference)
