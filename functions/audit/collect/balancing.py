"""Target groups and load balancers: all described in a few pages, attributes only of those in use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from audit.collect.reads import Document, Found, Reads, Unread, each
from audit.model.load_balancing import Listener, LoadBalancer, TargetGroup
from audit.model.node import Unresolved

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

_PAGE = 400  # API reference: the most of DescribeTargetGroups and DescribeLoadBalancers


class BalancingReader:
    """Reads Elastic Load Balancing."""

    def __init__(self, elbv2: ElasticLoadBalancingv2Client, reads: Reads) -> None:
        """Ask this client."""
        self.elbv2 = elbv2
        self._reads = reads

    def target_groups(self, arns: Collection[str]) -> Found:
        """The target groups with their attributes."""
        if not arns:
            return Found(TargetGroup)
        pages = self.elbv2.get_paginator("describe_target_groups").paginate(
            PaginationConfig={"PageSize": _PAGE}
        )
        try:
            described = self._pages("DescribeTargetGroups", pages, "TargetGroups")
        except Unread as unread:
            return Found(TargetGroup, (), unread)
        used = [one for one in described if one["TargetGroupArn"] in arns]
        return each(TargetGroup, [partial(self._with_attributes, one, self._group) for one in used])

    def _group(self, group: Document) -> Any:
        return self._reads.one(
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            lambda: self.elbv2.describe_target_group_attributes(
                TargetGroupArn=group["TargetGroupArn"]
            ),
        )["Attributes"]

    def load_balancers(self, arns: Collection[str]) -> tuple[Found, Found]:
        """The load balancers with their attributes, and their listeners."""
        if not arns:
            return Found(LoadBalancer), Found(Listener)
        pages = self.elbv2.get_paginator("describe_load_balancers").paginate(
            PaginationConfig={"PageSize": _PAGE}
        )
        try:
            described = self._pages("DescribeLoadBalancers", pages, "LoadBalancers")
        except Unread as unread:
            return Found(LoadBalancer, (), unread), Found(Listener, (), unread)
        used = [one for one in described if one["LoadBalancerArn"] in arns]
        balancers = [partial(self._with_attributes, one, self._balancer) for one in used]
        listeners = [partial(self._listeners, one["LoadBalancerArn"]) for one in used]
        return each(LoadBalancer, balancers), each(Listener, listeners)

    def _balancer(self, balancer: Document) -> Any:
        return self._reads.one(
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            lambda: self.elbv2.describe_load_balancer_attributes(
                LoadBalancerArn=balancer["LoadBalancerArn"]
            ),
        )["Attributes"]

    def _listeners(self, arn: str) -> Iterable[Document]:
        pages = self.elbv2.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
        return self._pages("DescribeListeners", pages, "Listeners")

    def _with_attributes(
        self, one: Document, read: Callable[[Document], Any]
    ) -> Iterable[Document]:
        try:
            attributes = read(one)
        except Unread as unread:
            # What else is known of it still counts.
            attributes = Unresolved(f"its attributes were not read ({unread})")
        return [{**one, "Attributes": attributes}]

    def _pages(self, operation: str, pages: Iterable[Any], key: str) -> list[Document]:
        return self._reads.pages(f"elasticloadbalancing:{operation}", pages, key)
