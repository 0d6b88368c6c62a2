"""AWS::IAM::*."""

from __future__ import annotations

import json
from typing import Any

from sandbox.stack.api import call
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates
from sandbox.stack.roles import Role


@creates(
    "AWS::IAM::Role",
    "RoleName AssumeRolePolicyDocument Policies ManagedPolicyArns Description Path MaxSessionDuration "
    "Tags PermissionsBoundary",
)
def role(resource: Resource) -> Created:
    """Create a role; its documents are in force for whoever runs as it."""
    properties = resource.properties
    if "PermissionsBoundary" in properties:
        raise resource.unsupported("PermissionsBoundary")
    name = resource.name("RoleName")
    path = properties.get("Path", "/")
    arn = f"arn:aws:iam::{resource.into.account}:role{path}{name}"
    unknown = resource.into.roles.unknown_managed(properties.get("ManagedPolicyArns", []))
    if unknown:
        raise resource.unsupported(f"ManagedPolicyArns: the content of {unknown[0]} is not known")
    made = Role(name, arn, properties["AssumeRolePolicyDocument"])
    made.managed = list(properties.get("ManagedPolicyArns", []))
    for policy in properties.get("Policies", []):
        made.inline[policy["PolicyName"]] = policy["PolicyDocument"]
    resource.into.roles.add(made)
    answer = call(
        resource,
        "iam",
        "CreateRole",
        resource.only("Description", "Path", "MaxSessionDuration")
        | {
            "RoleName": name,
            "AssumeRolePolicyDocument": json.dumps(made.trusted),
            "Tags": resource.tags(),
        },
    )
    return Created(name, {"Arn": arn, "RoleId": answer["Role"]["RoleId"]})


@creates("AWS::IAM::Policy", "PolicyName PolicyDocument Roles")
def policy(resource: Resource) -> Created:
    """Add an inline policy to roles of the stack."""
    name = resource.properties["PolicyName"]
    for role_name in resource.properties.get("Roles", []):
        _role(resource, role_name).inline[name] = resource.properties["PolicyDocument"]
    return Created(name)


@creates("AWS::IAM::ManagedPolicy", "ManagedPolicyName PolicyDocument Roles Description Path")
def managed_policy(resource: Resource) -> Created:
    """Create a managed policy and attach it."""
    name = resource.name("ManagedPolicyName", 128)
    arn = f"arn:aws:iam::{resource.into.account}:policy{resource.properties.get('Path', '/')}{name}"
    document: dict[str, Any] = resource.properties["PolicyDocument"]
    resource.into.roles.managed[arn] = document
    for role_name in resource.properties.get("Roles", []):
        _role(resource, role_name).managed.append(arn)
    return Created(arn, {"PolicyArn": arn})


def _role(resource: Resource, name: str) -> Role:
    found = resource.into.roles.named(name)
    if found is None:
        raise resource.unsupported(f"Roles: {name} is not a role of this stack")
    return found
