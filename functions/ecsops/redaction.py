"""Takes secrets out of texts, before anything else sees them: alerts, tables, logs, audit rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from ecsops.alerts import Alert, Diff, Lines, NextStep, Table

MASK = "[redacted]"
# Longer texts are cut: no sink shows more, and it bounds the time that any pattern can take.
MAX_TEXT = 8_000
_CUT = " [cut]"

# A name that smells of a secret, as the end of a longer one (DB_PASSWORD) or alone.
_NAME = (
    r"[\w.\-]{0,64}?(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_\-.]?key|access[_\-.]?key"
    r"|private[_\-.]?key|signing[_\-.]?key|account[_\-.]?key|encryption[_\-.]?key|authorization"
    r"|credential|cookie|webhook[_\-.]?url|dsn|connection[_\-.]?string)s?[\w.\-]{0,64}?"
)
# Where a secret is kept, and the IAM action that reads it, are no secrets: people need them.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
_REFERENCE = (
    r"arn:aws[\w\-]{0,16}:(?:secretsmanager:[\w\-]{0,32}:\d{12}:secret:[\w/+.@\-]{1,512}"
    r"(?::[\w.\-]{0,128}:[\w\-]{0,64}:[\w\-]{0,64})?|ssm:[\w\-]{0,32}:\d{12}:parameter/[\w/.\-]{1,1024})"
    r"|\bsecretsmanager:(?-i:[A-Z][A-Za-z]{1,40})\b"
)
_QUOTE = r"\\{0,4}[\"']"
# A key block, even one that was cut off.
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
    r"[\s\S]{0,8000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_KEY_BLOCK, MASK),
    # JSON Web Tokens: two base64url objects and a signature.
    (re.compile(r"eyJ[\w\-]{5,}\.[\w\-]{5,}(?:\.[\w\-]*){0,3}"), MASK),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    (re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"), MASK),
    # Slack, GitHub, GitLab, Stripe, npm, PyPI, Google, SendGrid, OpenAI-like keys.
    (re.compile(r"xox[a-z]-[\w\-]{8,}|xapp-[\w\-]{8,}"), MASK),
    (re.compile(r"gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w\-]{16,}"), MASK),
    (re.compile(r"(?:sk|rk|pk)[_\-](?:live|test|proj|ant)[_\-][\w\-]{8,}|whsec_\w{8,}"), MASK),
    (re.compile(r"npm_\w{30,}|pypi-[\w\-]{30,}|AIza[\w\-]{35}|SG\.[\w\-]{16,}\.[\w\-]{16,}"), MASK),
    (re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/\-]+"), MASK),
    # scheme://user:password@host; the password may hold anything up to the last @ before a slash.
    (
        re.compile(
            r"(\b[a-z][a-z0-9+.\-]{1,20}://[^\s/:@\"']{0,128}):[^\s/\"']{1,512}@", re.IGNORECASE
        ),
        rf"\1:{MASK}@",
    ),
    # A whole header: its scheme and all that follows.
    (
        re.compile(
            r"(authorization[\"']?\s{0,8}[:=]\s{0,8}[\"']?)(?!\[redacted\])[^\s\"'][^\n\"']{0,4000}",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (
        re.compile(r"\b(bearer\s{1,8})(?!\[redacted\])[^\s\"',;]{6,4000}", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (
        re.compile(
            r"\b(basic\s{1,8})(?:[A-Za-z0-9+/]{4,4000}={1,2}|(?=\S{0,200}[0-9])[A-Za-z0-9+/]{12,4000})",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    # "name": "value", also inside a JSON string, where the quotes are escaped.
    (
        re.compile(
            rf"({_QUOTE}{_NAME}{_QUOTE}\s{{0,8}}[:=]\s{{0,8}})({_QUOTE})(?:(?!\2)[\s\S]){{0,4000}}(?:\2|\Z)",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}\2",
    ),
    # name="value with spaces", name=value, name: value, --name value
    (
        re.compile(
            rf"(?P<reference>{_REFERENCE})|(?<![\w.\-])(?P<name>{_NAME}[\"']?\s{{0,8}}[:=]\s{{0,8}})"
            rf"(?!(?:{_REFERENCE})(?![\w/+=.@:\-]))"
            rf"(?:(\")(?:[^\"\\]|\\.){{0,4000}}\"?|(')[^']{{0,4000}}'?|(?!\[redacted\])[^\s\"',;&|<>]{{1,4000}})",
            re.IGNORECASE,
        ),
        lambda found: found["reference"] or found["name"] + MASK,
    ),
    (
        re.compile(
            rf"(--(?!secret-id\s){_NAME}\s{{1,8}})(?!\[redacted\])(?:\"[^\"]{{0,4000}}\"|'[^']{{0,4000}}'|[^\s\"']{{1,4000}})",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    # 40 characters of base64 alone: an AWS secret access key, unless it is all hexadecimal (a digest).
    (
        re.compile(
            r"(?<![A-Za-z0-9/+=_\-])(?![0-9a-fA-F]{40}(?![A-Za-z0-9/+]))(?=[A-Za-z0-9/+]{0,39}[0-9])"
            r"(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[a-z])(?!/)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_\-])"
        ),
        MASK,
    ),
)
# What a diff says of a name whose value it does not show: that it came, went, or is another.
_NO_VALUE = frozenset({"none", "added", "removed", "changed", "..."})
_REFERENCE_ALONE = re.compile(_REFERENCE, re.IGNORECASE)
_NAME_ALONE = re.compile(rf"(?:.{{0,64}}[^\w.\-])?{_NAME}", re.IGNORECASE)


def redact_text(text: str, extra: Sequence[re.Pattern[str]] = ()) -> str:
    """The text without secrets; ``extra`` are the user's own patterns."""
    if len(text) > MAX_TEXT:
        # Redacted before the cut as well: half a secret must not survive at the edge.
        text = text[: MAX_TEXT + 512]
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    for pattern in extra:
        text = pattern.sub(MASK, text)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + _CUT


def names_a_secret(name: str) -> bool:
    """Whether what goes by this name is a secret: ``DB_PASSWORD``."""
    return _NAME_ALONE.fullmatch(name.strip()[:200]) is not None


def refers_to_a_secret(value: str) -> bool:
    """Whether it only says where a secret is kept: an ARN of Secrets Manager or Parameter Store."""
    return _REFERENCE_ALONE.fullmatch(value) is not None


def redact_document(document: object, extra: Sequence[re.Pattern[str]] = ()) -> object:
    """A JSON document with every text in it redacted."""
    match document:
        case str():
            return redact_text(document, extra)
        case dict():
            return {key: redact_document(value, extra) for key, value in document.items()}
        case list() | tuple():
            return [redact_document(value, extra) for value in document]
    return document


def redact(alert: Alert, extra: Sequence[re.Pattern[str]] = ()) -> Alert:
    """The alert without secrets in any text that a person or a machine is shown.

    ``incident``, ``stage``, cluster, service and ARNs are names that the toolkit gave or AWS did.
    """

    def clean(text: str) -> str:
        return redact_text(text, extra)

    return msgspec.structs.replace(
        alert,
        title=clean(alert.title),
        summary=clean(alert.summary),
        evidence=tuple(_evidence(block, extra) for block in alert.evidence),
        next_steps=tuple(
            NextStep(clean(s.text), s.command and clean(s.command), s.link and clean(s.link))
            for s in alert.next_steps
        ),
    )


def _evidence(
    block: Table | Lines | Diff, extra: Sequence[re.Pattern[str]]
) -> Table | Lines | Diff:
    def clean(text: str) -> str:
        return redact_text(text, extra)

    match block:
        case Table():
            columns = tuple(map(clean, block.columns))
            rows = tuple(_pairwise(row, extra) for row in block.rows)
            return Table(clean(block.title), columns, rows)
        case Lines():
            return Lines(clean(block.title), _lines(block.lines, extra))
        case Diff():
            changes = tuple(
                (clean(name), *_values(name, (before, after), extra, harmless=_NO_VALUE))
                for name, before, after in block.changes
            )
            return Diff(clean(block.title), tuple((n, b, a) for n, b, a in changes))


def _lines(lines: Sequence[str], extra: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    """As one text, because a key block reaches over lines. Of too many the last are kept: they say why."""
    if not lines:
        return ()
    text = _KEY_BLOCK.sub(MASK, "\n".join(lines))
    if len(text) > MAX_TEXT:
        # Masks may be longer than what they hide: room for them.
        whole = text.find("\n", len(text) - MAX_TEXT * 3 // 4)
        text = text if whole < 0 else f"{_CUT.strip()}{text[whole:]}"
    return tuple(redact_text(text, extra).split("\n"))


def _pairwise(row: tuple[str, ...], extra: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    """A row whose first cell is the name of a secret has its value in the other cells."""
    if not row:
        return row
    return (redact_text(row[0], extra), *_values(row[0], row[1:], extra))


def _values(
    name: str,
    values: Sequence[str],
    extra: Sequence[re.Pattern[str]],
    harmless: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    if names_a_secret(name):
        return tuple(
            value if not value or value in harmless or refers_to_a_secret(value) else MASK
            for value in values
        )
    return tuple(redact_text(value, extra) for value in values)
