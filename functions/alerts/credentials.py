"""URLs and tokens of the sinks: one secret, a JSON object by name, read with a cache, never logged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from alerts.sinks.channel import SinkBusy, SinkRefused

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_FRESH_S = 300


@dataclass(frozen=True, slots=True)
class Credential:
    """What stands under a name in the secret. Its representation shows nothing of it."""

    name: str
    value: Any = field(repr=False)

    def text(self) -> str:
        """A single URL or token."""
        if not isinstance(self.value, str) or not self.value:
            raise SinkRefused(f"the secret's entry {self.name!r} must be a text")
        return self.value

    def texts(self) -> list[str]:
        """One or several URLs."""
        values = self.value if isinstance(self.value, list) else [self.value]
        if not values or not all(isinstance(value, str) and value for value in values):
            raise SinkRefused(f"the secret's entry {self.name!r} must be a URL or a list of URLs")
        return values

    def url_and_key(self) -> tuple[str, str | None]:
        """A webhook: its URL, and the key that signs."""
        if isinstance(self.value, str) and self.value:
            return self.value, None
        match self.value:
            case {"url": str(url), "key": str(key)} if url and key:
                return url, key
            case {"url": str(url)} if url:
                return url, None
        raise SinkRefused(
            f"the secret's entry {self.name!r} must be a URL, or have 'url' and 'key'"
        )


@dataclass(slots=True)
class Credentials:
    """The secret. ``connect`` makes its client on first use: not every stack has such a sink."""

    connect: Callable[[], SecretsManagerClient]
    secret_arn: str
    _entries: dict[str, Any] = field(default_factory=dict, repr=False)
    _read_at: float = float("-inf")

    def get(self, name: str, now: float) -> Credential:
        """The entry with this name; the secret is read again when it may have changed."""
        if now - self._read_at >= _FRESH_S or name not in self._entries:
            self._read(now)
        if name not in self._entries:
            raise SinkRefused(f"the secret has no entry {name!r}")
        return Credential(name, self._entries[name])

    def _read(self, now: float) -> None:
        try:
            secretsmanager = self.connect()
            answer = secretsmanager.get_secret_value(SecretId=self.secret_arn)
        except (ClientError, BotoCoreError) as error:
            raise SinkBusy(f"the secret cannot be read: {type(error).__name__}") from error
        try:
            entries = msgspec.json.decode(answer.get("SecretString", ""), type=dict[str, Any])
        except msgspec.DecodeError:
            raise SinkRefused("the secret must be a JSON object: name -> URL or token") from None
        self._entries, self._read_at = entries, now
