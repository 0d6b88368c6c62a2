"""What to do next, with the exact command."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_guard.decision import Decision
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.model import Outcome
from deploy_guard.story import Story
from deploy_guard.wording.commands import aws, command_of, console, log_stream, region_of
from deploy_guard.wording.look import look, service_events
from deploy_guard.wording.names import failed_version, other_version, place
from deploy_guard.wording.why import diagnosis_of, follows_another, leader
from ecsops.alerts import NextStep

HOOK = "hook-"
_BAD_NEWS = frozenset(
    {"failed", "stalled", "rolling-back", "rolled-back", "rollback-failed", "bake-alarm"}
    | {"late-alarm", "acted", "evidence"}
)
_DECIDED_ASIDE = frozenset({"known-bad", "follows", "left-behind"})
_BY_ITSELF = frozenset({"act", "wait"})
# Nothing is decided any more: whoever wants another version deploys it.
_BY_HAND_ALONE = frozenset({"rollback-failed", "late-alarm"})
_OVER = frozenset({Outcome.SUPERSEDED, Outcome.SUCCEEDED})


def fix(story: Story) -> str:
    """The first thing to do about the cause."""
    if follows_another(story):
        return f"Correct {leader(story)}, then release the group again."
    registry = story.evidence.registry if story.evidence else None
    if isinstance(registry, Registry) and registry.exists:
        return "It is in the registry now: deploy again if ECS has given up."
    health = story.evidence.target_health if story.evidence else None
    advice = health.advice if isinstance(health, TargetHealth) else None
    return advice or diagnosis_of(story).cause.fix


def next_steps(story: Story) -> tuple[NextStep, ...]:
    """The fix, where to look, how to roll back by hand, and the console."""
    if story.stage.startswith(HOOK):
        return (*_answers(story), NextStep("See the deployments:", link=console(story)))
    see = NextStep("See the deployments:", link=console(story))
    if story.stage == "blind":
        return (NextStep("Look at the service:", command=service_events(story)), see)
    if story.stage == "alarm-over":
        forgive = f"ecs-ops guard forgive {'/'.join(place(story))} {failed_version(story)}"
        return (NextStep("If the version is not to blame:", command=forgive), see)
    if story.stage not in _BAD_NEWS:
        return (*_by_hand(story), see) if story.stage in _DECIDED_ASIDE else (see,)
    return (NextStep(fix(story), command=look(story)), *_logs(story), *_by_hand(story), see)


def _logs(story: Story) -> Iterator[NextStep]:
    logs = story.evidence.logs if story.evidence else None
    if isinstance(logs, LogLines):
        command = aws(
            "logs",
            "tail",
            **{"log-stream-names": logs.place.stream},
            since="1h",
            region=logs.place.region,
        ).replace("aws logs tail", f"aws logs tail {logs.place.group}")
        yield NextStep("Read the whole log:", command=command, link=log_stream(story, logs.place))


def _answers(story: Story) -> Iterator[NextStep]:
    for text, action in (("Go on:", "CONTINUE"), ("Roll back:", "ROLLBACK")):
        command = aws(
            "ecs",
            "continue-service-deployment",
            service_deployment_arn=story.row.id,
            hook_id=story.stage.removeprefix(HOOK),
            # It would default to CONTINUE.
            action=action,
            region=region_of(story),
        )
        yield NextStep(text, command=command)


def _again(story: Story) -> Iterator[NextStep]:
    """The service's last version by hand, where nothing has been decided about it."""
    old = other_version(story)
    if old is None or story.row.controller != "ECS":
        return
    cluster, service = place(story)
    command = aws(
        "ecs",
        "update-service",
        cluster=cluster,
        service=service,
        task_definition=old.name,
        region=region_of(story),
    )
    yield NextStep(f"If {old.name} is to serve again:", command=command)


def _by_hand(story: Story) -> Iterator[NextStep]:
    if story.stage in _BY_HAND_ALONE:
        yield from _again(story)
    elif by_hand(story) and story.decision is not None:
        yield from _as_decided(story, story.decision)


def by_hand(story: Story) -> bool:
    """Whether a person may roll back, because nobody else does and it would help."""
    decision = story.decision
    if decision is None or decision.action is None:
        return False
    if diagnosis_of(story).blame in ("capacity", "infra"):
        return False
    if story.outcome in (Outcome.ROLLING_BACK, Outcome.ROLLED_BACK, *_OVER):
        asked = story.stage in ("bake-alarm", "follows", "left-behind")
        return asked and decision.kind not in _BY_ITSELF
    refused = story.audit is not None and story.audit.state in ("FAILED", "UNCONFIRMED")
    return refused or (story.audit is None and decision.kind not in _BY_ITSELF)


def _as_decided(story: Story, decision: Decision) -> Iterator[NextStep]:
    calls = decision.action.calls if decision.action else ()
    commands = [command_of(call, region_of(story)) for call in calls]
    if all(commands):
        for command in commands:
            yield NextStep("Roll back by hand:", command=command)
    else:
        steps = "; ".join(str(call) for call in calls)
        yield NextStep(f"To roll back by hand takes these calls: {steps}")
    if decision.kind == "would-act":
        tag = aws("ecs", "tag-resource", resource_arn=story.reality.service)
        yield NextStep(
            "Have the toolkit do it from now on:",
            command=f"{tag} --tags key=ecs-ops:rollback,value=auto --region {region_of(story)}",
        )
