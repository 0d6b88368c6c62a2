"""``AWS API Call via CloudTrail``: who called what, and what the answer was.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/logging-using-cloudtrail.html

A RunTask that found no capacity is a *successful* call with ``failures`` in its answer.
"""

from __future__ import annotations

from typing import Any

from ecsops.events.envelope import Detail

DETAIL_TYPE = "AWS API Call via CloudTrail"


class Identity(Detail, frozen=True):
    """The caller."""

    arn: str | None = None
    type: str | None = None
    invoked_by: str | None = None


class ApiCall(Detail, frozen=True):
    """One API call; parameters and answer in CloudTrail's own shape."""

    event_name: str
    event_source: str = ""
    error_code: str | None = None
    error_message: str | None = None
    user_identity: Identity | None = None
    request_parameters: dict[str, Any] | None = None
    response_elements: dict[str, Any] | None = None

    @property
    def failures(self) -> tuple[dict[str, Any], ...]:
        """``failures`` of the answer, e.g. of a RunTask without capacity."""
        failures = (self.response_elements or {}).get("failures")
        return (
            tuple(item for item in failures if isinstance(item, dict))
            if isinstance(failures, list)
            else ()
        )
