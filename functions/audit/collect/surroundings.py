"""What services lean on: networks, log groups, event rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from audit.collect.reads import Document, Found, Reads, Unread, each, found
from audit.model.node import Unresolved
from audit.model.surroundings import Endpoint, EventRule, LogGroup, SecurityGroup, Subnet
from ecsops.parallel import chunks

# EC2 user guide, "Filter the results": a filter takes 200 values. A filter, because an id that does not
# exist would fail the whole call.
_VALUES = 200
# More names than this, and all log groups come in fewer calls.
_FEW = 20


class SurroundingsReader:
    """Reads EC2, CloudWatch Logs and EventBridge."""

    def __init__(self, ec2: Any, logs: Any, events: Any, reads: Reads) -> None:
        """Ask these clients."""
        self.ec2 = ec2
        self.logs = logs
        self.events = events
        self._reads = reads

    def security_groups(self, ids: Sequence[str]) -> Found:
        """The security groups of these ids."""
        paginator = self.ec2.get_paginator("describe_security_groups")
        calls = [
            partial(
                self._ec2,
                "DescribeSecurityGroups",
                paginator.paginate(Filters=[{"Name": "group-id", "Values": list(part)}]),
                "SecurityGroups",
            )
            for part in chunks(ids, _VALUES)
        ]
        return each(SecurityGroup, calls)

    def subnets(self, ids: Sequence[str]) -> Found:
        """The subnets of these ids, each with the routes in force."""
        return each(Subnet, [partial(self._subnets, part) for part in chunks(ids, _VALUES)])

    def _subnets(self, ids: Sequence[str]) -> Iterable[Document]:
        pages = self.ec2.get_paginator("describe_subnets").paginate(
            Filters=[{"Name": "subnet-id", "Values": list(ids)}]
        )
        subnets = self._ec2("DescribeSubnets", pages, "Subnets")
        vpcs = sorted({one["VpcId"] for one in subnets})
        if not vpcs:
            return []
        try:
            pages = self.ec2.get_paginator("describe_route_tables").paginate(
                Filters=[{"Name": "vpc-id", "Values": vpcs}]
            )
            tables = self._ec2("DescribeRouteTables", pages, "RouteTables")
        except Unread as unread:
            unknown = Unresolved(f"its routes were not read ({unread})")
            return [{**one, "Routes": unknown} for one in subnets]
        return [{**one, "Routes": _routes(one, tables)} for one in subnets]

    def endpoints(self, vpcs: Sequence[str]) -> Found:
        """The endpoints of these VPCs."""
        paginator = self.ec2.get_paginator("describe_vpc_endpoints")
        calls = [
            partial(
                self._ec2,
                "DescribeVpcEndpoints",
                paginator.paginate(Filters=[{"Name": "vpc-id", "Values": list(part)}]),
                "VpcEndpoints",
            )
            for part in chunks(vpcs, _VALUES)
        ]
        return each(Endpoint, calls)

    def log_groups(self, names: Sequence[str]) -> Found:
        """The log groups of these names, or all if they are many."""
        if len(names) <= _FEW:
            return each(LogGroup, [partial(self._log_groups, name) for name in names])
        return each(LogGroup, [partial(self._log_groups, "")])

    def _log_groups(self, prefix: str) -> Iterable[Document]:
        wanted = {"logGroupNamePrefix": prefix} if prefix else {}
        pages = self.logs.get_paginator("describe_log_groups").paginate(**wanted)
        return self._reads.pages("logs:DescribeLogGroups", pages, "logGroups")

    def rules(self) -> Found:
        """The rules of the default bus."""
        pages = self.events.get_paginator("list_rules").paginate()
        return found(EventRule, lambda: self._reads.pages("events:ListRules", pages, "Rules"))

    def _ec2(self, operation: str, pages: Iterable[Any], key: str) -> list[Document]:
        return self._reads.pages(f"ec2:{operation}", pages, key)


def _routes(subnet: Document, tables: Sequence[Document]) -> list[Any]:
    """Of the subnet's own table, else of the main one of its VPC (VPC user guide, "Route tables")."""
    main: list[Any] = []
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet["SubnetId"]:
                return list(table.get("Routes", ()))
            if association.get("Main") and table.get("VpcId") == subnet["VpcId"]:
                main = list(table.get("Routes", ()))
    return main
