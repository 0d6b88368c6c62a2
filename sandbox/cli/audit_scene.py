"""The demo's scene of the audit: what everything on the stage looks like to the rules, told once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from audit.rule import Severity
from sandbox.cli.timeline import Timeline

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.cli.stage import Stage

# The schedule's own event; the day is not waited for.
_DUE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
_WATCH_S = 120
_SHOWN = 4


def everything_is_audited(console: Console, stage: Stage) -> bool:
    """Scene: the daily audit. Whether it left a report with something in it."""
    account = stage.account
    console.print()
    console.print(
        Text("Scene: once a day, every service is held against ECS practice", style="bold")
    )
    account.trace.clear()
    began = account.clock.now()
    url = stage.stack.queue_url("AuditQueue")
    account.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(_DUE))
    account.run_for(_WATCH_S)
    timeline = Timeline(console, began, stage.logical_id)
    report = _report(account.client("s3"), stage.stack.ref("AuditBucket"))
    failed = [each for each in report["checks"] if each["outcome"] == "FAIL"]
    worst = sorted(failed, key=lambda each: -Severity[each["severity"]])[:_SHOWN]
    for check in worst:
        said = f"{check['severity']} {check['rule']} {check['resource']}: {check['message']}"
        timeline.line(account.clock.now(), "FINDING", said)
    counts = ", ".join(f"{count} {name}" for name, count in report["failures"].items() if count)
    timeline.line(account.clock.now(), "RESULT", f"in the report: {counts}; nothing was changed")
    timeline.end()
    return bool(worst)


def _report(s3: Any, bucket: str) -> Any:
    kept = s3.list_objects_v2(Bucket=bucket, Prefix="reports/").get("Contents", [])
    newest = max(each["Key"] for each in kept if each["Key"].endswith(".json"))
    return json.loads(s3.get_object(Bucket=bucket, Key=newest)["Body"].read())
