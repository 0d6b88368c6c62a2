"""Asks the policies of a role whether it may make a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sandbox.caller import Caller
from sandbox.errors import ApiError
from sandbox.gateway.iam import ecs_needs
from sandbox.gateway.iam.conditions import Context
from sandbox.gateway.iam.dynamodb_needs import PartitionKeyOf, dynamodb_needs
from sandbox.gateway.iam.needs import Need, Parameters, Scope, request_tags
from sandbox.gateway.iam.policy import PolicyDocument, evaluate
from sandbox.gateway.iam.service_needs import NEED_NOTHING, service_needs

TagsOf = Callable[[str], Mapping[str, str] | None]
RolesOf = Callable[[str], Sequence[str]]

# Services whose code for a refusal is not that of their protocol.
_REFUSED_AS = {
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
    "cloudwatch": ("AccessDenied", 403),
}


class Called(Protocol):
    """What the authorizer has to know of a call."""

    @property
    def service(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def protocol(self) -> str: ...


def _no_tags(arn: str) -> None:
    del arn


def _no_roles(task_definition: str) -> Sequence[str]:
    del task_definition
    return ()


def _no_tables(arn: str) -> None:
    del arn


class Authorizer:
    """Decides about calls with what the account knows of its resources.

    ``tags_of`` gives the tags of a resource by ARN, None when there is no such resource; ``roles_of``
    gives the task and the execution role of a task definition, which RunTask passes on;
    ``partition_key_of`` gives the name of a table's partition key.
    """

    def __init__(
        self,
        tags_of: TagsOf = _no_tags,
        roles_of: RolesOf = _no_roles,
        partition_key_of: PartitionKeyOf = _no_tables,
    ) -> None:
        """Look tags, roles and tables up with the given functions."""
        self._tags_of = tags_of
        self._roles_of = roles_of
        self._partition_key_of = partition_key_of

    def needs(self, call: Called, scope: Scope, parameters: Parameters) -> list[Need]:
        """The actions on resources that a call is authorised as."""
        if (call.service, call.operation) in NEED_NOTHING:
            return []
        if call.service == "ecs":
            return ecs_needs.needs(call.operation, scope, parameters, self._roles_of)
        if call.service == "dynamodb":
            return dynamodb_needs(call.operation, scope, parameters, self._partition_key_of)
        return service_needs(call.service, call.operation, scope, parameters)

    def refusal(
        self,
        caller: Caller,
        policies: Sequence[PolicyDocument],
        call: Called,
        parameters: Mapping[str, Any],
    ) -> ApiError | None:
        """Return the error with which AWS refuses the call, or None when every need is allowed."""
        scope = Scope(caller.account, caller.region)
        for need in self.needs(call, scope, parameters):
            context = self._context(caller, need, parameters)
            decision = evaluate(policies, need.action, need.resource, context)
            if not decision.allowed:
                message = (
                    f"User: {caller.principal} is not authorized to perform: {need.action} "
                    f"on resource: {need.resource} {decision.reason(need.action)}"
                )
                return _refused(call, message)
        return None

    def _context(self, caller: Caller, need: Need, parameters: Parameters) -> Context:
        context: dict[str, str | Sequence[str]] = {
            "aws:principalarn": _role_of(caller.principal),
            "aws:principalaccount": caller.account,
            "aws:requestedregion": caller.region,
            "aws:securetransport": "true",
        }
        context |= request_tags(parameters)
        service = need.action.split(":", 1)[0]
        for name, value in (self._tags_of(need.resource) or {}).items():
            context[f"aws:resourcetag/{name}".lower()] = value
            context[f"{service}:resourcetag/{name}".lower()] = value
        return context | dict(need.context)


def _role_of(principal: str) -> str:
    """A session of a role is known to conditions by the role."""
    session = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.+", principal)
    return f"arn:aws:iam::{session[1]}:role/{session[2]}" if session else principal


def _refused(call: Called, message: str) -> ApiError:
    usual = {
        "query": ("AccessDenied", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "rest-xml": ("AccessDenied", 403),
        "rest-json": ("AccessDeniedException", 403),
    }.get(call.protocol, ("AccessDeniedException", 400))
    code, status = _REFUSED_AS.get(call.service, usual)
    return ApiError(code, message, status)
