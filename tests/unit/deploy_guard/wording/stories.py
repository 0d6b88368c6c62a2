"""Stories from real diagnoses and decisions: what people are told is tried on these."""

from __future__ import annotations

import msgspec

from deploy_guard.audit import AuditRow
from deploy_guard.causes import Signals, diagnose
from deploy_guard.decision import decide
from deploy_guard.difference import Change
from deploy_guard.evidence.alarm_states import AlarmStates
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.log_lines import LogLines, Place
from deploy_guard.evidence.registry import ImageName, Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.evidence.unavailable import Unavailable
from deploy_guard.gates import Rule
from deploy_guard.last_known_good import NoCandidate, Rejection
from deploy_guard.model import Bake, Follows, Freeze, Judged, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import Hook
from deploy_guard.release_group import Member, Plan
from deploy_guard.story import Story
from deploy_guard.verdict import Verdict
from tests.unit.deploy_guard.builders import (
    ACCOUNT,
    NOT_FOUND,
    REGION,
    SECRET,
    container,
    exited,
    failed,
    never_started,
    unhealthy,
)
from tests.unit.deploy_guard.situations import (
    BEGAN,
    SERVICE,
    breaker,
    case,
    deployment_arn,
    ecs_deployment,
    reality,
    row,
    service_deployment,
    version,
)

NOW = BEGAN + 43_130
LOG = Place(REGION, "/ecs/web", "app/web/0c1d")
MISMATCH = ("10.0.0.7:8080", "unhealthy", "Target.ResponseCodeMismatch")
CODES = "Health checks failed with these codes: [404]"
CROSSED = "Threshold Crossed: 1 datapoint [12.0] was greater than the threshold (1.0)."
OOM = "OutOfMemoryError: container killed due to memory usage"
NOT_READ = f"Fetching secret data: secret {SECRET}: ResourceNotFoundException: can't find"
NO_WAY_BACK = "No rollback candidate was found to run the rollback."
DIGESTS = "0c" * 32, "1d" * 32
BESIDE = (
    ecs_deployment(43, running=0),
    ecs_deployment(42, primary=False, state="COMPLETED", running=2),
)


def image(**fields):
    return Registry(ImageName(ACCOUNT, REGION, "web", "v9", None), **fields)


def of(stage, outcome=Outcome.FAILED, tasks=(), mode="auto", **fields):
    """A story in which the decision follows from the rest, as in the function."""
    signals = fields.pop("signals", Signals())
    diagnosis = diagnose(tasks, signals)
    shown = fields.pop("reality", reality(deployments=BESIDE, running=2))
    mine = fields.pop("row", row())
    verdict = fields.pop("verdict", Verdict(outcome, NOW, mine.target, mine.source, by="guard"))
    settings = fields.pop("settings", OwnerSettings(mode=mode))
    given = {
        "row": mine,
        "verdict": verdict,
        "reality": shown,
        "settings": settings,
        "cause": diagnosis.cause_id,
        "blame": diagnosis.blame,
        **fields.pop("case", {}),
    }
    decision = decide(case(**given), NOW)
    return Story(
        **{
            "stage": stage,
            "at": NOW,
            "row": mine,
            "reality": shown,
            "verdict": verdict,
            "diagnosis": diagnosis,
            "decision": decision,
            **fields,
        }
    )


def audit(state, **fields):
    given = {"calls": ("StopServiceDeployment",), "why": "", "executed": state != "DRY_RUN"}
    target = version(42).task_definition
    return AuditRow(
        SERVICE, deployment_arn(43), NOW, state, task_definition=target, **given | fields
    )


TASKS = {
    "missing": (never_started(NOT_FOUND), never_started(NOT_FOUND)),
    "memory": tuple(
        exited(1, OOM, started_at=1_000.0, stopping_at=1_020.0, stopped_at=1_022.0)
        for _ in range(3)
    ),
    "unhealthy": (msgspec.structs.replace(unhealthy(), started_at=1_000.0, stopping_at=1_097.0),),
    "secret": (never_started(NOT_READ), never_started(NOT_READ)),
    "crash": tuple(
        exited(1, started_at=1_000.0, stopping_at=1_003.0, stopped_at=1_004.0) for _ in range(3)
    ),
}
MISSING = Evidence(
    registry=image(exists=False, newest=(("v8", NOW - 9e4), ("v7", NOW - 2e5), ("v6", NOW - 3e5)))
)
CRASH_LOG = LogLines(LOG, "web", ("starting", "Traceback", "KeyError: 'DATABASE_URL'"))
FIRST = {
    "row": row(source=None),
    "reality": reality(
        service_deployment(43), deployments=(ecs_deployment(43, running=0),), running=0
    ),
    "case": {"candidate": NoCandidate()},
}
ROLLED_BACK = Verdict(Outcome.ROLLED_BACK, NOW, version(43), version(42))


def _tagged(first, second):
    """One task definition, two images."""
    same = version(43).task_definition
    return (
        msgspec.structs.replace(version(43, digest=first), task_definition=same),
        msgspec.structs.replace(version(42, digest=second), task_definition=same),
    )


_BAD, _GOOD = _tagged(*DIGESTS)
MUTABLE = msgspec.structs.replace(row(target=_BAD), source=_GOOD)
TURN = Rule("release group", True, "prod/api of release group shop is going back")
FOLLOWING = {
    "row": row(
        follows=Follows(
            SERVICE.replace("web", "api"), deployment_arn(7), "shop", "deploy_guard:api:7", NOW
        )
    ),
    "case": {"turn": TURN},
}
GROUP = Plan(
    "shop",
    (
        Member(SERVICE.replace("web", "worker"), row(12), 1),
        Member(
            SERVICE.replace("web", "mail"), row(13), 2, "ecs-ops:group-rollback=alert: only told"
        ),
    ),
)

STORIES = {
    "missing image, the toolkit rolls back": of("failed", tasks=TASKS["missing"], evidence=MISSING),
    "missing image, mode notify": of(
        "failed", tasks=TASKS["missing"], evidence=MISSING, mode="notify"
    ),
    "missing image, dry run": of(
        "failed", tasks=TASKS["missing"], evidence=MISSING, mode="dry-run"
    ),
    "out of memory with exit code 1": of(
        "failed",
        tasks=TASKS["memory"],
        mode="notify",
        changes=(Change("task memory", "1024", "512"),),
    ),
    "load balancer health checks with exit code 143": of(
        "failed",
        tasks=TASKS["unhealthy"],
        reality=reality(
            deployments=BESIDE, description={"healthCheckGracePeriodSeconds": 60}, running=3
        ),
        evidence=Evidence(
            target_health=TargetHealth("web", MISMATCH[2], "[404]", ((*MISMATCH, CODES),)),
            logs=LogLines(LOG, "web", ("GET /health 404",)),
        ),
        mode="notify",
    ),
    "missing secret": of("failed", tasks=TASKS["secret"], mode="notify"),
    "crash at start": of(
        "failed", tasks=TASKS["crash"], mode="notify", evidence=Evidence(logs=CRASH_LOG)
    ),
    "crash at start, the log came late": of(
        "evidence", tasks=TASKS["crash"], mode="notify", evidence=Evidence(logs=CRASH_LOG)
    ),
    "first deployment": of("failed", tasks=TASKS["missing"], evidence=MISSING, **FIRST),
    "first deployment, ECS found nothing to go back to": of(
        "rollback-failed",
        tasks=TASKS["secret"],
        signals=Signals(status_reason=NO_WAY_BACK),
        verdict=Verdict(Outcome.ROLLBACK_FAILED, NOW, version(43), says=NO_WAY_BACK),
        **FIRST,
    ),
    "capacity": of("stalled", Outcome.STALLED, signals=Signals(placement=("RESOURCE:MEMORY",) * 5)),
    "nothing moves": of(
        "stalled",
        Outcome.STALLED,
        verdict=Verdict(
            Outcome.STALLED,
            NOW,
            version(43),
            version(42),
            by="guard",
            rules=("nothing has moved for 15 minutes",),
        ),
    ),
    "native breaker, the toolkit waits": of(
        "failed",
        tasks=TASKS["crash"],
        reality=reality(
            service_deployment(43, source=42, breaker=breaker(failures=2, threshold=5)),
            deployments=BESIDE,
        ),
    ),
    "native breaker rolls back": of(
        "rolling-back",
        Outcome.ROLLING_BACK,
        tasks=TASKS["crash"],
        verdict=Verdict(Outcome.ROLLING_BACK, NOW, version(43), version(42)),
        reality=reality(
            service_deployment(
                43,
                "ROLLBACK_IN_PROGRESS",
                source=42,
                breaker=breaker("TRIGGERED", failures=5, threshold=5),
            )
        ),
    ),
    "rolled back": of(
        "rolled-back",
        tasks=TASKS["missing"],
        evidence=MISSING,
        row=row(told=("failed", "acted-REQUESTED", "acted")),
        verdict=ROLLED_BACK,
        reality=reality(service_deployment(43, "ROLLBACK_SUCCESSFUL", source=42)),
    ),
    "rollback failed": of(
        "rollback-failed",
        tasks=TASKS["crash"],
        verdict=Verdict(
            Outcome.ROLLBACK_FAILED, NOW, version(43), version(42), "tasks failed to start."
        ),
        reality=reality(service_deployment(43, "ROLLBACK_FAILED", source=42), running=0),
    ),
    "rollback got nowhere": of(
        "rollback-failed",
        tasks=TASKS["crash"],
        verdict=Verdict(
            Outcome.ROLLBACK_FAILED,
            NOW,
            version(43),
            version(42),
            "Service deployment rolled back because a rollback was requested.",
            by="guard",
        ),
        reality=reality(service_deployment(43, "ROLLBACK_IN_PROGRESS", source=42), running=0),
    ),
    "mutable tag without opt-in": of(
        "failed",
        tasks=TASKS["crash"],
        row=MUTABLE,
        verdict=Verdict(Outcome.FAILED, NOW, _BAD, _GOOD, by="guard"),
        reality=reality(service_deployment(43, "STOPPED"), running=2),
        case={
            "candidate": NoCandidate(
                (Rejection(_GOOD, "mutable tag (ecs-ops:pin-digests=on allows a pinned copy)"),)
            )
        },
    ),
    "frozen": of(
        "failed",
        tasks=TASKS["missing"],
        settings=OwnerSettings(
            mode="auto", freeze=Freeze(SERVICE, "ops@example.com", "migration", NOW + 3600)
        ),
    ),
    "alarm after the deployment": of(
        "bake-alarm",
        Outcome.SUCCEEDED,
        signals=Signals(alarms=("web-5xx",)),
        row=row(
            bake=Bake(
                began=NOW - 360,
                ends_at=NOW + 540,
                fired=("web-5xx",),
                firing=("web-5xx",),
                fired_at=NOW,
            )
        ),
        evidence=Evidence(alarms=AlarmStates((("web-5xx", "ALARM", CROSSED),))),
        verdict=Verdict(Outcome.SUCCEEDED, NOW - 360, version(43), version(43)),
        reality=reality(service_deployment(43, "SUCCESSFUL", source=42)),
        mode="notify",
    ),
    "alarm of the watch that is over": of(
        "alarm-over",
        Outcome.SUCCEEDED,
        row=row(bake=Bake(began=NOW - 900, ends_at=NOW, fired=("web-5xx",), over=True)),
        verdict=Verdict(Outcome.SUCCEEDED, NOW - 900, version(43), version(43)),
        reality=reality(service_deployment(43, "SUCCESSFUL", source=42)),
    ),
    "alarm of the watch that does not exist": of(
        "unwatched",
        Outcome.SUCCEEDED,
        row=row(bake=Bake(began=NOW - 900, ends_at=NOW, missing=("web-5x",), over=True)),
        verdict=Verdict(Outcome.SUCCEEDED, NOW - 900, version(43), version(43)),
        reality=reality(service_deployment(43, "SUCCESSFUL", source=42)),
    ),
    "alarm after the watch": of(
        "late-alarm",
        Outcome.SUCCEEDED,
        signals=Signals(alarms=("web-5xx",)),
        row=row(bake=Bake(began=NOW - 960, ends_at=NOW - 60, late=("web-5xx",), over=True)),
        verdict=Verdict(Outcome.SUCCEEDED, NOW - 960, version(43), version(43)),
        reality=reality(service_deployment(43, "SUCCESSFUL", source=42)),
    ),
    "superseded": of(
        "superseded",
        tasks=TASKS["crash"],
        verdict=Verdict(
            Outcome.SUPERSEDED, NOW, version(43), rules=("a newer one replaced it: web:44",)
        ),
    ),
    "recovered": of(
        "recovered",
        Outcome.SUCCEEDED,
        tasks=TASKS["unhealthy"],
        verdict=Verdict(Outcome.SUCCEEDED, NOW, version(43), version(43)),
    ),
    "blind": of(
        "blind",
        verdict=Verdict(Outcome.UNKNOWN, NOW, rules=("blind: AccessDenied on DescribeServices",)),
    ),
    "known to be bad": of(
        "known-bad",
        Outcome.IN_PROGRESS,
        bad=Judged(version(43), False, NOW - 86_400, deployment_arn(40), "out of memory (OOM)"),
    ),
    "known to be bad and refused": of(
        "failed",
        tasks=TASKS["memory"],
        bad=Judged(version(43), False, NOW - 86_400, deployment_arn(40), "out of memory (OOM)"),
    ),
    "hook waits": of(
        "hook-0f3a",
        Outcome.IN_PROGRESS,
        reality=reality(
            service_deployment(
                43,
                source=42,
                stage="POST_TEST_TRAFFIC_SHIFT",
                hooks=(Hook("0f3a", "AWAITING_ACTION", "PAUSE", NOW + 1800, "ROLLBACK"),),
            )
        ),
    ),
    "the toolkit asked for it": of(
        "acted", tasks=TASKS["missing"], audit=audit("REQUESTED"), evidence=MISSING
    ),
    "AWS refused it": of(
        "acted", tasks=TASKS["missing"], audit=audit("FAILED", note="AccessDeniedException")
    ),
    "somebody was faster": of(
        "acted", tasks=TASKS["missing"], audit=audit("SUPERSEDED", note="ecs-svc/44 is PRIMARY")
    ),
    "dry run noted": of("acted", tasks=TASKS["missing"], audit=audit("DRY_RUN")),
    "unknown event": of("unknown-SERVICE_DEPLOYMENT_PONDERING", Outcome.IN_PROGRESS),
    "started": of("started", Outcome.IN_PROGRESS),
    "succeeded": of(
        "succeeded",
        verdict=Verdict(Outcome.SUCCEEDED, NOW, version(43), version(43)),
    ),
    "no source of evidence answers": of(
        "failed",
        tasks=TASKS["unhealthy"],
        evidence=Evidence(
            logs=Unavailable("log lines", "AccessDeniedException on logs:GetLogEvents"),
            target_health=Unavailable("target health", "Throttling on elasticloadbalancing:X"),
        ),
    ),
    "two causes": of(
        "failed",
        tasks=(*TASKS["crash"], failed(container("web", 139)), failed(container("web", 139))),
    ),
    "a release group goes back": of(
        "rolling-back", Outcome.ROLLING_BACK, tasks=TASKS["missing"], together=GROUP
    ),
    "one that follows": of("follows", Outcome.SUCCEEDED, **FOLLOWING),
    "one that follows, mode notify": of("follows", Outcome.SUCCEEDED, mode="notify", **FOLLOWING),
    "one that is frozen does not follow": of(
        "follows",
        Outcome.SUCCEEDED,
        row=FOLLOWING["row"],
        case={"turn": TURN, "freezes": (Freeze(SERVICE, "Ada", "inventory"),)},
    ),
    "one that is left behind": of(
        "left-behind",
        Outcome.SUCCEEDED,
        row=FOLLOWING["row"],
        case={"turn": Rule("release group", False, "prod/worker goes back first, and is not back")},
    ),
    "one that has followed": of("rolled-back", verdict=ROLLED_BACK, row=FOLLOWING["row"]),
    "nobody knows why": of("failed", tasks=(never_started("NewError: the moon is in the way"),)),
}
