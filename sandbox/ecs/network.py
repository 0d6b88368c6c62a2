"""Subnets and the addresses in them: the lowest free address is given out first."""

from __future__ import annotations

import heapq
import ipaddress
from dataclasses import dataclass, field

AWS_RESERVED_ADDRESSES = 4  # the first four of a subnet, and the last one


@dataclass(frozen=True, slots=True)
class Address:
    """What a task's network interface gets."""

    subnet_id: str
    ipv4: str
    ipv6: str | None


@dataclass(slots=True)
class Subnet:
    """A subnet; an address that comes back is given out again as soon as it is the lowest."""

    subnet_id: str
    availability_zone: str
    cidr: ipaddress.IPv4Network
    ipv6_cidr: ipaddress.IPv6Network | None = None
    _returned: list[int] = field(default_factory=list)
    _next: int = AWS_RESERVED_ADDRESSES

    def allocate(self) -> Address | None:
        """Give out the lowest free address; None when there is none."""
        if self._returned:
            offset = heapq.heappop(self._returned)
        elif self._next < self.cidr.num_addresses - 1:
            offset, self._next = self._next, self._next + 1
        else:
            return None
        ipv6 = str(self.ipv6_cidr[offset]) if self.ipv6_cidr else None
        return Address(self.subnet_id, str(self.cidr[offset]), ipv6)

    def release(self, address: Address) -> None:
        """Take an address back."""
        offset = int(ipaddress.IPv4Address(address.ipv4)) - int(self.cidr.network_address)
        heapq.heappush(self._returned, offset)


class Network:
    """The subnets of the account; one that nobody described comes into being on first use."""

    def __init__(self) -> None:
        """No subnets yet."""
        self._subnets: dict[str, Subnet] = {}

    def add_subnet(
        self, subnet_id: str, availability_zone: str, cidr: str, ipv6_cidr: str | None = None
    ) -> Subnet:
        """Describe a subnet."""
        ipv6 = ipaddress.IPv6Network(ipv6_cidr) if ipv6_cidr else None
        subnet = Subnet(subnet_id, availability_zone, ipaddress.IPv4Network(cidr), ipv6)
        self._subnets[subnet_id] = subnet
        return subnet

    def subnet(self, subnet_id: str, region: str) -> Subnet:
        """Find a subnet; unknown ones are spread over three Availability Zones."""
        if subnet_id not in self._subnets:
            index = len(self._subnets)
            zone = f"{region}{'abc'[index % 3]}"
            self.add_subnet(subnet_id, zone, f"10.{index // 16}.{index % 16 * 16}.0/20")
        return self._subnets[subnet_id]

    def release(self, address: Address) -> None:
        """Take an address back."""
        self._subnets[address.subnet_id].release(address)
