"""Which messages of a batch count as processed. Pure.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def failed_ids(result: object, ids: Collection[str]) -> set[str]:
    """Read a ReportBatchItemFailures response; everything has failed when Lambda cannot read it.

    A success is an empty or null response, or an empty or null ``batchItemFailures``. An identifier
    that is empty, null, or under another key fails the whole batch. So does one that is not in the
    batch (assumed: the page does not say).
    """
    if result is None:
        return set()
    if not isinstance(result, dict):
        return set(ids)
    failures = result.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return set(ids)
    failed: set[str] = set()
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(identifier, str) or identifier not in ids:
            return set(ids)
        failed.add(identifier)
    return failed
