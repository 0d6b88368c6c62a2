"""IP addresses in the one form in which they can be compared."""

from __future__ import annotations

import socket

IPV4, IPV6 = socket.AF_INET, socket.AF_INET6


def canonical(text: str, family: socket.AddressFamily) -> str | None:
    """The address as RFC 5952 writes it; None if ``text`` is no address of the family."""
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, text))
    except (OSError, ValueError):
        return None
