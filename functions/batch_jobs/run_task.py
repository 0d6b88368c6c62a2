"""RunTask, and what its answer or its error means. In a file of its own: only the launcher may call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from batch_jobs.launch_outcome import Again, Outcome, Refused, of_answer, of_error
from batch_jobs.verdict import Kind, Lasting, Verdict

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient


def run_task(ecs: ECSClient, request: dict[str, Any]) -> Outcome:
    """Start a task, or come to know that it was started before."""
    try:
        return of_answer(ecs.run_task(**request))
    except ClientError as error:
        found = error.response["Error"]
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        ids: Any = error.response.get("resourceIds") or ()
        return of_error(found.get("Code", ""), found.get("Message", ""), status, ids)
    except ParamValidationError as error:
        # Never sent, and never will be.
        return Refused(Verdict(Kind.NOT_STARTED, "refused", str(error), lasting=Lasting.YES))
    except BotoCoreError as error:
        # Timed out, or never got there: the token makes the same call safe.
        return Again(f"{type(error).__name__}: {error}")
