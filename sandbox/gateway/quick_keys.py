"""One private key for all symmetric keys of moto's KMS, which makes each anew and never uses it.

The first encrypted table of an account brings the key that AWS manages for DynamoDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from moto.kms import models
from moto.kms.utils import KeySpec, generate_private_key


@contextmanager
def quick_keys() -> Iterator[None]:
    """Make keys that sign anew, as ever."""
    with patch.object(models, "generate_private_key", _private_key):
        yield


def _private_key(spec: str) -> Any:
    return _unused() if spec == KeySpec.SYMMETRIC_DEFAULT else generate_private_key(spec)


@cache
def _unused() -> Any:
    return generate_private_key(KeySpec.SYMMETRIC_DEFAULT)
