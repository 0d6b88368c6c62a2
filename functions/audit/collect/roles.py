"""Roles of tasks and what their policies say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from audit.collect.reads import Document, Found, Reads, Unread, each, found
from audit.model.resource import short_name
from audit.model.surroundings import Role

# More roles than this, and the whole account's come in fewer calls than those of each.
_FEW = 20
_PAGE = {"PageSize": 1000}


class RoleReader:
    """Reads IAM."""

    def __init__(self, iam: Any, reads: Reads) -> None:
        """Ask this client."""
        self.iam = iam
        self._reads = reads

    def roles(self, arns: Sequence[str]) -> Found:
        """The roles with their inline policies, and the names of those attached."""
        if len(arns) <= _FEW:
            return each(Role, [partial(self._one, arn) for arn in arns])
        return found(Role, lambda: self._all(frozenset(arns)))

    def _one(self, arn: str) -> Iterable[Document]:
        name = short_name(arn)
        try:
            attached = self.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
            inline = self.iam.get_paginator("list_role_policies").paginate(RoleName=name)
            policies = self._reads.pages(
                "iam:ListAttachedRolePolicies", attached, "AttachedPolicies"
            )
            names = self._reads.pages("iam:ListRolePolicies", inline, "PolicyNames")
            documents = [self._document(name, policy) for policy in names]
        except Unread as unread:
            if unread.code == "NoSuchEntity":
                return []
            raise
        return [_role(arn, name, policies, documents)]

    def _document(self, role: str, policy: str) -> Any:
        return self._reads.one(
            "iam:GetRolePolicy",
            lambda: self.iam.get_role_policy(RoleName=role, PolicyName=policy),
        )["PolicyDocument"]

    def _all(self, arns: frozenset[str]) -> list[Document]:
        pages = self.iam.get_paginator("get_account_authorization_details").paginate(
            Filter=["Role"], PaginationConfig=_PAGE
        )
        described = self._reads.pages("iam:GetAccountAuthorizationDetails", pages, "RoleDetailList")
        return [
            _role(
                one["Arn"],
                one["RoleName"],
                one.get("AttachedManagedPolicies", []),
                [policy["PolicyDocument"] for policy in one.get("RolePolicyList", ())],
            )
            for one in described
            if one["Arn"] in arns
        ]


def _role(arn: str, name: str, attached: list[Any], documents: list[Any]) -> Document:
    return {
        "Arn": arn,
        "RoleName": name,
        "AttachedPolicies": attached,
        "Policies": documents,
    }
