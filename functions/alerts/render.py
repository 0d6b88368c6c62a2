"""An alert as plain text that reads well on a phone: the first lines say it all."""

from __future__ import annotations

import re

from ecsops.alerts import Alert, Diff, Lines, Table

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: printable ASCII, below 100 characters.
_SUBJECT_LENGTH = 99
_BODY_BYTES = 250_000
_CUT = "\n[cut: the rest is in the alert's event]"
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]+")
_MARKS = {"critical": "[CRITICAL]", "warning": "[warning]", "info": "[info]"}


def subject(alert: Alert) -> str:
    """The e-mail's subject: severity and title, in the alphabet that SNS allows."""
    text = _NOT_PRINTABLE_ASCII.sub("?", f"{_MARKS[alert.severity]} {alert.title}")
    return text if len(text) <= _SUBJECT_LENGTH else text[: _SUBJECT_LENGTH - 3] + "..."


def body(alert: Alert) -> str:
    """The e-mail's text: what happened, what to do, then the evidence."""
    parts = [alert.title, "", alert.summary]
    for step in alert.next_steps:
        parts += ["", f"-> {step.text}"]
        parts += [f"   {line}" for line in (step.command, step.link) if line]
    for block in alert.evidence:
        parts += ["", block.title, *_evidence(block)]
    parts += ["", f"{alert.capability} | {alert.incident} | {alert.stage}"]
    text = "\n".join(parts).encode()
    return (
        text.decode()
        if len(text) <= _BODY_BYTES
        else text[:_BODY_BYTES].decode(errors="ignore") + _CUT
    )


def _evidence(block: Table | Lines | Diff) -> list[str]:
    match block:
        case Table():
            return ["  " + ": ".join(row) for row in block.rows]
        case Lines():
            return [f"  {line}" for line in block.lines]
        case Diff():
            return [f"  {name}: {before} -> {after}" for name, before, after in block.changes]
