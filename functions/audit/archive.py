"""The bucket: today's report, and the memory of earlier audits."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from audit.memory import Memory
from ecsops.errors import CallFailed
from ecsops.observability import logger

_MEMORY = "memory/findings.json.z"
_TRIES = 5
# Somebody else wrote in between (S3 user guide, "Conditional writes").
_OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class Archive:
    """Keeps documents in S3."""

    def __init__(self, s3: Any, bucket: str) -> None:
        """Write into this bucket."""
        self.s3 = s3
        self._bucket = bucket

    def put(self, key: str, content: str, content_type: str) -> None:
        """Write a report; what was there under that key is replaced."""
        self.s3.put_object(
            Bucket=self._bucket, Key=key, Body=content.encode(), ContentType=content_type
        )

    def memory(self) -> Memory:
        """What earlier audits found."""
        return self._read()[0]

    def remember(self, change: Callable[[Memory], Memory]) -> None:
        """Change the memory; anew if another audit has changed it in between."""
        for _ in range(_TRIES):
            memory, tag = self._read()
            body = zlib.compress(msgspec.json.encode(change(memory)))
            condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
            try:
                self.s3.put_object(Bucket=self._bucket, Key=_MEMORY, Body=body, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _OVERTAKEN:
                    raise
            else:
                return
        raise CallFailed("PutObject", "PreconditionFailed", f"{_MEMORY} changes all the time")

    def _read(self) -> tuple[Memory, str]:
        # Listed first: of what does not exist, S3 tells only those who may list.
        listed = self.s3.list_objects_v2(Bucket=self._bucket, Prefix=_MEMORY, MaxKeys=1)
        if not listed.get("KeyCount"):
            return Memory(), ""
        answer = self.s3.get_object(Bucket=self._bucket, Key=_MEMORY)
        try:
            content = zlib.decompress(answer["Body"].read())
            return msgspec.json.decode(content, type=Memory), answer["ETag"]
        except (zlib.error, msgspec.DecodeError) as error:
            # Everything is told once more then, which is better than nothing ever again.
            logger.warning("the memory of earlier audits is unreadable", reason=str(error))
            return Memory(), answer["ETag"]
