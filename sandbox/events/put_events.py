"""PutEvents: what AWS refuses, entry by entry.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sandbox.errors import ApiError

ENTRIES = 10
# 1 MB since 2026-01-29 (AWS announcement); 256 KB before.
BYTES = 1_048_576


def check_entries(entries: list[dict[str, Any]]) -> None:
    """Refuse the whole request when it is too long or too large."""
    if not 1 <= len(entries) <= ENTRIES:
        raise ApiError(
            "ValidationException",
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member "
            f"must have length less than or equal to {ENTRIES} and greater than or equal to 1",
        )
    if sum(entry_bytes(entry) for entry in entries) > BYTES:
        raise ApiError(
            "ValidationException", "Total size of the entries in the request is over the limit."
        )


def entry_bytes(entry: dict[str, Any]) -> int:
    """The documented sum (eb-putevent-size): 14 bytes for a time, UTF-8 lengths for the rest."""
    texts = [entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", "")]
    texts += entry.get("Resources", [])
    return (14 if "Time" in entry else 0) + sum(len(text.encode()) for text in texts)


def refusal(entry: dict[str, Any]) -> dict[str, str] | None:
    """The error of one entry; the others of the request still go through."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if entry["Source"].startswith("aws."):
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def event_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The event that an entry becomes; the bus fills in the rest."""
    event: dict[str, Any] = {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "resources": entry.get("Resources", []),
        "detail": json.loads(entry["Detail"]),
    }
    if "Time" in entry:
        event["time"] = entry["Time"].astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return event
