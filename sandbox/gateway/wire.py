"""What travels between a client and the door: HTTP requests and responses, nothing of their meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

_SIGNATURE = re.compile(r"Credential=([^/\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """What a SigV4 signature says of its maker: the signature itself is not verified."""

    access_key: str
    region: str
    signing_name: str


@dataclass(frozen=True, slots=True)
class WireRequest:
    """An HTTP request to an AWS endpoint. Header names are lower case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path of the URL, ``/`` when it has none."""
        return urlsplit(self.url).path or "/"

    def scope(self) -> CredentialScope | None:
        """Read the credential scope, from the header or from a presigned URL; None when unsigned."""
        signature = self.headers.get("authorization", "")
        if not signature:
            query = dict(parse_qsl(urlsplit(self.url).query))
            credential = query.get("X-Amz-Credential", "")
            signature = f"Credential={credential}"
        match = _SIGNATURE.search(signature)
        return CredentialScope(*match.groups()) if match else None


@dataclass(frozen=True, slots=True)
class WireResponse:
    """An HTTP response of an AWS endpoint."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
