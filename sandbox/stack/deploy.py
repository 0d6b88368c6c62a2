"""Creates the resources of a template, each after the ones that it refers to."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError

from sandbox.errors import SandboxError, UnsupportedOperation, UnsupportedResource
from sandbox.stack.intrinsics import Created, Scope, references
from sandbox.stack.parameters import resolve_parameters
from sandbox.stack.resource import CREATORS, Deployment, Resource
from sandbox.stack.translate import InvalidTemplate, Template

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES = ("dynamodb", "events", "iam", "observability", "serverless", "sns", "sqs", "storage")
# What a resource may say beside its type and properties; policies concern updates and deletion.
RESOURCE_MEMBERS = frozenset(
    {
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "Metadata",
        "DeletionPolicy",
        "UpdateReplacePolicy",
    }
)
TEMPLATE_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
    }
)


class CreationFailed(SandboxError):
    """AWS, or what stands for it here, refused to create a resource."""

    def __init__(self, logical_id: str, reason: str) -> None:
        """Name the resource: the reader looks it up in the template."""
        super().__init__(f"{logical_id} could not be created: {reason}")
        self.logical_id = logical_id


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment has made."""

    resources: Mapping[str, Created]
    types: Mapping[str, str]
    outputs: Mapping[str, str]


def deploy(template: Template, given: Mapping[str, str], into: Deployment) -> Deployed:
    """Create everything; the first resource that cannot be created stops the deployment."""
    for family in FAMILIES:
        importlib.import_module(f"sandbox.stack.resources.{family}")
    unknown = sorted(set(template) - TEMPLATE_SECTIONS)
    if unknown:
        raise InvalidTemplate(f"the sandbox does not know the template section {unknown[0]}")
    scope = _scope(template, given, into)
    wanted = {
        logical_id: declaration
        for logical_id, declaration in template["Resources"].items()
        if "Condition" not in declaration or scope.holds(declaration["Condition"])
    }
    for logical_id in _in_order(wanted, scope):
        scope.created[logical_id] = _create(logical_id, wanted[logical_id], scope, into)
    for check in into.checks:
        check()
    types = {logical_id: declaration["Type"] for logical_id, declaration in wanted.items()}
    return Deployed(scope.created, types, _outputs(template, scope))


def _scope(template: Template, given: Mapping[str, str], into: Deployment) -> Scope:
    stack_id = f"arn:aws:cloudformation:{into.region}:{into.account}:stack/{into.stack}/sandbox"
    return Scope(
        pseudo={
            "AWS::AccountId": into.account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": into.region,
            "AWS::StackId": stack_id,
            "AWS::StackName": into.stack,
            "AWS::URLSuffix": "amazonaws.com",
        },
        parameters=resolve_parameters(template.get("Parameters", {}), given),
        mappings=template.get("Mappings", {}),
        conditions=template.get("Conditions", {}),
    )


def _in_order(wanted: Mapping[str, Any], scope: Scope) -> list[str]:
    """Dependencies first, otherwise the template's own order."""
    order: list[str] = []
    visiting: list[str] = []

    def visit(logical_id: str) -> None:
        if logical_id in order:
            return
        if logical_id in visiting:
            circle = [*visiting[visiting.index(logical_id) :], logical_id]
            raise InvalidTemplate(f"Circular dependency between resources: {' -> '.join(circle)}")
        visiting.append(logical_id)
        for needed in _needed(wanted[logical_id], scope):
            if needed in wanted:
                visit(needed)
        visiting.pop()
        order.append(logical_id)

    for logical_id in wanted:
        visit(logical_id)
    return order


def _needed(declaration: Mapping[str, Any], scope: Scope) -> list[str]:
    explicit = declaration.get("DependsOn", [])
    named = [explicit] if isinstance(explicit, str) else list(explicit)
    return [*named, *references(_without_other_branches(declaration.get("Properties", {}), scope))]


def _without_other_branches(value: Any, scope: Scope) -> Any:
    """Leave out what an Fn::If does not choose: it may name a resource that is not created."""
    if isinstance(value, list):
        return [_without_other_branches(each, scope) for each in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["Fn::If"]:
        condition, then, otherwise = value["Fn::If"]
        return _without_other_branches(then if scope.holds(condition) else otherwise, scope)
    return {name: _without_other_branches(member, scope) for name, member in value.items()}


def _create(
    logical_id: str, declaration: Mapping[str, Any], scope: Scope, into: Deployment
) -> Created:
    kind = declaration["Type"]
    if kind not in CREATORS:
        raise UnsupportedResource(logical_id, kind)
    unknown = sorted(set(declaration) - RESOURCE_MEMBERS)
    if unknown:
        raise UnsupportedResource(logical_id, kind, f"member {unknown[0]}")
    properties = scope.resolve(declaration.get("Properties", {}))
    unknown = sorted(set(properties) - CREATORS[kind].properties)
    if unknown:
        raise UnsupportedResource(logical_id, kind, f"property {unknown[0]}")
    try:
        return CREATORS[kind].create(Resource(logical_id, kind, properties, into))
    except KeyError as error:
        raise CreationFailed(logical_id, f"the property {error} is required") from error
    except (ClientError, ParamValidationError) as error:
        raise CreationFailed(logical_id, str(error)) from error
    except UnsupportedOperation as error:
        raise UnsupportedResource(logical_id, kind, str(error)) from error


def _outputs(template: Template, scope: Scope) -> dict[str, str]:
    return {
        name: scope.resolve(output["Value"])
        for name, output in template.get("Outputs", {}).items()
        if "Condition" not in output or scope.holds(output["Condition"])
    }
