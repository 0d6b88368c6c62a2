"""AWS Batch's evaluateOnExit, exactly.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html

Entries in order, the first of which all given conditions match decides; when none matches, RETRY. A text
matches exactly, or as a prefix where the condition ends in ``*``; exit codes by their decimal text.
"""

from __future__ import annotations

from batch_jobs.spec import Condition, RetryStrategy
from batch_jobs.verdict import Kind, Verdict


def says_retry(strategy: RetryStrategy, verdict: Verdict, failed_attempts: int) -> bool:
    """Whether a failed attempt is followed by another; ``failed_attempts`` counts it in."""
    if failed_attempts >= strategy.attempts:
        return False
    for condition in strategy.listed:
        if _matches(condition, verdict):
            return condition.action.upper() == "RETRY"
    return True


def _matches(condition: Condition, verdict: Verdict) -> bool:
    exit_code = "" if verdict.exit_code is None else str(verdict.exit_code)
    reasons = [verdict.container_reason]
    if verdict.kind is Kind.NOT_STARTED:
        # No container has one to give then: the documentation's example has "Task failed to start",
        # which it calls a status reason, under onReason (API_RetryStrategy).
        reasons.append(verdict.reason)
    given = (
        (condition.on_exit_code, [exit_code]),
        (condition.on_reason, reasons),
        (condition.on_status_reason, [verdict.reason]),
    )
    return all(
        any(glob_matches(glob, text) for text in texts) for glob, texts in given if glob is not None
    )


def glob_matches(glob: str, text: str) -> bool:
    """Exact, or a prefix when the last character is ``*``."""
    return text.startswith(glob[:-1]) if glob.endswith("*") else text == glob
