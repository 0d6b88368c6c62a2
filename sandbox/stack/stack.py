"""A stack: a template that has been deployed into an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.caller import Caller
from sandbox.errors import SandboxError
from sandbox.stack.deploy import Deployed, deploy
from sandbox.stack.parameters import as_texts
from sandbox.stack.translate import Template, parameters_of, translate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.gateway.gateway import Gateway
    from sandbox.lambda_host.function import DeployedFunction
    from sandbox.lambda_host.service import Functions
    from sandbox.stack.resource import Deployment


@dataclass(frozen=True, slots=True)
class Stack:
    """What the account's owner asks of a stack; resources go by their logical ids."""

    name: str
    template: Template
    deployed: Deployed
    functions: Functions

    @property
    def outputs(self) -> Mapping[str, str]:
        """The resolved outputs."""
        return self.deployed.outputs

    def ref(self, logical_id: str) -> str:
        """What Ref gives: a queue's URL, a topic's ARN, a table's or a rule's name."""
        if logical_id not in self.deployed.resources:
            raise SandboxError(f"stack {self.name} has no resource {logical_id}")
        return self.deployed.resources[logical_id].ref

    def attribute(self, logical_id: str, name: str) -> str:
        """What Fn::GetAtt gives."""
        self.ref(logical_id)
        return str(self.deployed.resources[logical_id].attributes[name])

    def queue_url(self, logical_id: str) -> str:
        """The URL of a queue."""
        return self.ref(logical_id)

    def function(self, logical_id: str) -> DeployedFunction:
        """A function of the stack."""
        return self.functions.get(self.ref(logical_id))

    def rules(self) -> list[str]:
        """The names of the rules."""
        return [self.ref(logical_id) for logical_id in self.of_type("AWS::Events::Rule")]

    def of_type(self, resource_type: str) -> list[str]:
        """The logical ids of a type's resources."""
        return [name for name, kind in self.deployed.types.items() if kind == resource_type]


def deploy_template(
    template: Path, parameters: Mapping[str, str], into: Deployment, gateway: Gateway
) -> Stack:
    """Translate a template, create its resources, and let its functions in through the door."""
    texts = as_texts(parameters_of(template), parameters)
    translated = translate(template, texts, into.region)
    deployed = deploy(translated, texts, into)
    stack = Stack(into.stack, translated, deployed, into.functions)
    for logical_id in stack.of_type("AWS::Lambda::Function"):
        _register(stack.function(logical_id), into, gateway)
    return stack


def _register(function: DeployedFunction, into: Deployment, gateway: Gateway) -> None:
    role = into.roles.get(function.role_arn)
    session = f"{role.name if role else 'unknown'}/{function.name}"
    gateway.register_principal(
        function.credentials.access_key,
        Caller(f"arn:aws:sts::{into.account}:assumed-role/{session}", into.account, into.region),
        into.roles.policies(function.role_arn),
        function.name,
    )
