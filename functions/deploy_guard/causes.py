"""Why a deployment failed: a vote over all its failed tasks, and what else was said about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from deploy_guard.blame import Finding, examine
from deploy_guard.catalogue import BY_ID, CATALOGUE, UNKNOWN, Blame, Cause
from deploy_guard.failures import FailedTask, counts
from deploy_guard.matching import cause_of_text, subject_of

# Where ECS itself says in the deployment's status why it ended it, nothing else is asked.
_DECISIVE = frozenset(
    {"HOOK_BAD_RESPONSE", "HOOK_PERMISSION", "HOOK_FAILED", "BG_NETWORK", "ALARM", "DIGEST"}
)
_RANK = {cause.id: number for number, cause in enumerate(CATALOGUE)}
_SECOND_SHARE = 0.2
_IDENTICAL_TO_TRIP = 2
_DETAIL = 600


class Signals(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a deployment beside its stopped tasks.

    ``placement`` and ``configuration`` are reasons of service actions, ``hooks`` names and texts of
    hook events. ``image_exists`` is the registry's word about the image that could not be pulled.
    """

    status_reason: str = ""
    service_events: tuple[str, ...] = ()
    placement: tuple[str, ...] = ()
    configuration: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    log_lines: tuple[str, ...] = ()
    image_exists: bool | None = None
    memory_near_limit: bool = False


class Diagnosis(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cause that ``count`` of ``total`` failures have; ``second`` where it is more than a fifth.

    ``identical`` is the largest number of failures that are the same in every respect. ``confirmed``
    tells whether a second source says so too (None: nobody was asked).
    """

    cause_id: str
    count: int = 0
    total: int = 0
    identical: int = 0
    container: str | None = None
    exit_code: int | None = None
    subject: str | None = None
    detail: str = ""
    task_arn: str | None = None
    ran_for_s: float | None = None
    confirmed: bool | None = None
    second_id: str | None = None
    second_count: int = 0
    alarms: tuple[str, ...] = ()

    @property
    def alarm_names(self) -> tuple[str, ...]:
        """The alarms that went off; a name may have commas, so the subject alone does not always tell."""
        return self.alarms or tuple((self.subject or "").split(", "))

    @property
    def cause(self) -> Cause:
        """The row of the catalogue; UNKNOWN for an id that this version does not know."""
        return BY_ID.get(self.cause_id, UNKNOWN)

    @property
    def second(self) -> tuple[Cause, int] | None:
        """The second cause and how many failures have it."""
        return (BY_ID.get(self.second_id, UNKNOWN), self.second_count) if self.second_id else None

    @property
    def blame(self) -> Blame:
        """Who or what is to blame."""
        return self.cause.blame

    @property
    def deterministic(self) -> bool:
        """Whether trying the same again cannot help."""
        return self.cause.deterministic and self.confirmed is not False


NO_SIGNALS = Signals()


def trips(diagnosis: Diagnosis) -> bool:
    """Whether to call it failed now: one failure with a second witness, or two that are identical."""
    if not diagnosis.deterministic:
        return False
    return diagnosis.identical >= (1 if diagnosis.confirmed else _IDENTICAL_TO_TRIP)


def diagnose(tasks: Iterable[FailedTask], signals: Signals = NO_SIGNALS) -> Diagnosis:
    """Why the deployment failed, whatever order the tasks come in and however often each."""
    unique = {task.task_arn: task for task in tasks if counts(task)}
    findings = [
        examine(task, memory_near_limit=signals.memory_near_limit)
        for task in sorted(unique.values(), key=lambda one: (one.stopped_at, one.task_arn))
    ]
    from_tasks = _second_look(_vote(findings), signals) if findings else None
    from_status = _from_status(signals)
    if from_status is not None and (from_tasks is None or from_status.cause_id in _DECISIVE):
        return _with_second(from_status, from_tasks)
    if from_tasks is not None and from_tasks.blame != "symptom":
        return from_tasks
    return _from_service(signals) or from_tasks or from_status or Diagnosis("UNKNOWN")


def _vote(findings: Sequence[Finding]) -> Diagnosis:
    votes = Counter(finding.cause.id for finding in findings)
    ranking = sorted(votes, key=lambda one: _strength(one, votes[one]))
    winner = ranking[0]
    mine = [finding for finding in findings if finding.cause.id == winner]
    same = Counter(_identity(finding) for finding in mine)
    first = next(one for one in mine if same[_identity(one)] == max(same.values()))
    diagnosis = Diagnosis(
        cause_id=winner,
        count=votes[winner],
        total=len(findings),
        identical=max(same.values()),
        container=first.container.name if first.container else None,
        exit_code=first.container.exit_code if first.container else None,
        subject=first.subject,
        detail=_cut(first.detail),
        task_arn=first.task.task_arn,
        ran_for_s=first.task.ran_for_s,
    )
    if len(ranking) > 1 and votes[ranking[1]] > _SECOND_SHARE * len(findings):
        return _second(diagnosis, ranking[1], votes[ranking[1]])
    return diagnosis


def _strength(cause_id: str, votes: int) -> tuple[bool, int, int]:
    # What follows from something else never outvotes it.
    return BY_ID[cause_id].blame == "symptom", -votes, _RANK[cause_id]


def _identity(finding: Finding) -> tuple[str | None, str | None, int | None]:
    if finding.container is None:
        return None, finding.subject, None
    return finding.container.name, finding.subject, finding.container.exit_code


def _second_look(diagnosis: Diagnosis, signals: Signals) -> Diagnosis:
    """The same, after the container's log and the registry were heard."""
    if diagnosis.cause_id == "APP_EXIT":
        for line in signals.log_lines:
            cause = cause_of_text(line, "logs")
            if cause is not None:
                return msgspec.structs.replace(
                    diagnosis, cause_id=cause.id, detail=_cut(line), confirmed=True
                )
    exists = signals.image_exists
    if exists is None or diagnosis.cause_id not in ("IMAGE_NOT_FOUND", "IMAGE_PULL"):
        return diagnosis
    if exists:
        # Pushed after all: the next task may well start.
        return msgspec.structs.replace(diagnosis, confirmed=False)
    return msgspec.structs.replace(diagnosis, cause_id="IMAGE_NOT_FOUND", confirmed=True)


def _from_status(signals: Signals) -> Diagnosis | None:
    return _read((signals.status_reason,), alarms=signals.alarms)


def _from_service(signals: Signals) -> Diagnosis | None:
    """What the service tells when no task tells anything."""
    if signals.alarms:
        names = ", ".join(signals.alarms)
        return Diagnosis(
            "ALARM", 1, 1, 1, subject=names, detail=f"alarm {names}", alarms=signals.alarms
        )
    for texts in (
        signals.hooks,
        signals.configuration,
        signals.placement,
        signals.service_events,
    ):
        found = _read(texts)
        if found is not None:
            return found
    return None


def _read(texts: Sequence[str], alarms: Sequence[str] = ()) -> Diagnosis | None:
    found = [(cause, text) for text in texts if (cause := cause_of_text(text, "service"))]
    if not found:
        return None
    votes = Counter(cause.id for cause, _ in found)
    winner = min(votes, key=lambda one: _strength(one, votes[one]))
    cause, text = next((cause, text) for cause, text in found if cause.id == winner)
    went_off = tuple(alarms) if winner == "ALARM" else ()
    subject = ", ".join(went_off) or subject_of(cause, (text,))
    count = votes[winner]
    return Diagnosis(
        winner, count, len(found), count, subject=subject, detail=_cut(text), alarms=went_off
    )


def _with_second(diagnosis: Diagnosis, other: Diagnosis | None) -> Diagnosis:
    if other is None or other.cause_id == diagnosis.cause_id or other.blame == "symptom":
        return diagnosis
    return _second(diagnosis, other.cause_id, other.count)


def _second(diagnosis: Diagnosis, cause_id: str, count: int) -> Diagnosis:
    return msgspec.structs.replace(diagnosis, second_id=cause_id, second_count=count)


def _cut(text: str) -> str:
    from ecsops.redaction import redact_text

    return redact_text(text)[:_DETAIL]
