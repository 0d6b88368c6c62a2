"""Why it failed, in one or two sentences with the names and numbers of this case."""

from __future__ import annotations

from collections.abc import Callable

from deploy_guard.causes import Diagnosis
from deploy_guard.evidence.alarm_states import AlarmStates
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.release_group import name_of
from deploy_guard.story import Story
from deploy_guard.wording.names import deployer, failed_version, quoted, sentence, span
from ecsops.arns import target_group_name

_UNKNOWN = Diagnosis("UNKNOWN")
_QUOTE, _SAID = 160, 320


def diagnosis_of(story: Story) -> Diagnosis:
    """The diagnosis with this story, or the one that is remembered."""
    return story.diagnosis or story.row.diagnosis or _UNKNOWN


def follows_another(story: Story) -> bool:
    """Whether it goes back although nothing speaks against the version itself."""
    return story.row.follows is not None and not diagnosis_of(story).total


def leader(story: Story) -> str:
    """The service that failed, of one that goes back with it: ``prod/api``."""
    return name_of(story.row.follows.service) if story.row.follows else "another"


def fate(story: Story) -> str:
    """What has become of the version: it failed, and of what; or it goes back with another."""
    if follows_another(story):
        return f"{failed_version(story)} was released with {leader(story)}"
    return f"{failed_version(story)} failed, {diagnosis_of(story).cause.says}"


def why(story: Story) -> str:
    """The reason with its circumstances, then how many tasks it concerns."""
    diagnosis = diagnosis_of(story)
    if follows_another(story):
        group = story.row.follows.group if story.row.follows else ""
        return f"It was released with {leader(story)} (release group {group}), which failed."
    told = _TELLERS.get(diagnosis.cause_id, _plainly)(story, diagnosis)
    return " ".join(part for part in (sentence(told), _counted(diagnosis)) if part)


def _counted(diagnosis: Diagnosis) -> str:
    if not diagnosis.task_arn or not diagnosis.total:
        return ""
    count, total = diagnosis.count, diagnosis.total
    tasks = f"{count} of {total} failed tasks ended like this" if total > 1 else "1 task failed"
    second = diagnosis.second
    return f"{tasks}; {second[1]} more: {second[0].says}." if second else f"{tasks}."


def _plainly(_: Story, diagnosis: Diagnosis) -> str:
    if not diagnosis.detail:
        return diagnosis.cause.says
    return f"{diagnosis.cause.says}: {_cut(diagnosis.detail)}"


def _unknown(story: Story, diagnosis: Diagnosis) -> str:
    said = diagnosis.detail or story.row.reason or (story.verdict.says if story.verdict else "")
    if not said:
        return "the cause is not known"
    # What it ends with is often a name, and all that is told of the cause.
    return f"the cause is not known; {quoted(_cut(said, _SAID), deployer(story))}"


def _image(story: Story, diagnosis: Diagnosis) -> str:
    found = story.evidence.registry if story.evidence else None
    name = diagnosis.subject or "the image"
    if not isinstance(found, Registry):
        return f"{name} could not be pulled: {diagnosis.cause.says}"
    image = found.image
    if found.exists:
        return f"{name} could not be pulled, although it is in the registry now"
    if found.note:
        return f"{name} cannot be pulled: {found.note}"
    what = f"Image {image.digest}" if image.digest else f"Tag {image.wanted}"
    said = f"{what} is not in repository {image.repository}"
    if found.newest is None:
        return said
    tags = ", ".join(tag for tag, _ in found.newest)
    return said + (f"; the newest tags are {tags}" if tags else "; it has no tagged image")


def _secret(_: Story, diagnosis: Diagnosis) -> str:
    which = f": {diagnosis.subject}" if diagnosis.subject else f" ({_cut(diagnosis.detail)})"
    return f"{diagnosis.cause.says}{which}"


def _out_of_memory(story: Story, diagnosis: Diagnosis) -> str:
    who = f"container {diagnosis.container}" if diagnosis.container else "a container"
    told = f"{who} ran out of memory{_with_code(diagnosis)}{_after(diagnosis)}"
    changed = [
        one for one in story.changes if one.field.endswith((" memory", " memoryReservation"))
    ]
    sizes = ", ".join(f"{one.field} {one.before} -> {one.after}" for one in changed)
    return f"{told}; this version changes {sizes}" if sizes else told


def _exit(story: Story, diagnosis: Diagnosis) -> str:
    who = f"container {diagnosis.container}" if diagnosis.container else "the container"
    told = f"{who} exits with code {diagnosis.exit_code}{_after(diagnosis)}"
    if diagnosis.exit_code is None:
        told = f"{who}: {diagnosis.cause.says}"
    line = _telling_line(story)
    return f'{told}; its log says "{line}"' if line else told


def _load_balancer(story: Story, diagnosis: Diagnosis) -> str:
    group = target_group_name(diagnosis.subject) if diagnosis.subject else "the target group"
    health = story.evidence.target_health if story.evidence else None
    reason = health.short if isinstance(health, TargetHealth) else None
    told = f"target group {group} calls the tasks unhealthy" + (f": {reason}" if reason else "")
    if diagnosis.ran_for_s is None:
        return told
    grace = story.reality.description.get("healthCheckGracePeriodSeconds") or 0
    period = f"the grace period is {span(grace)}" if grace else "there is no grace period"
    return f"{told}. ECS stopped them {span(diagnosis.ran_for_s)} after their start; {period}"


def _container_check(_: Story, diagnosis: Diagnosis) -> str:
    who = f"of container {diagnosis.container}" if diagnosis.container else "of a container"
    stopped = f", ECS stopped it{_after(diagnosis)}" if diagnosis.ran_for_s is not None else ""
    return f"the health check {who} fails{stopped}"


def _no_room(_: Story, diagnosis: Diagnosis) -> str:
    what = f" ({diagnosis.subject})" if diagnosis.subject else ""
    times = f", {diagnosis.count} times" if diagnosis.count > 1 and not diagnosis.task_arn else ""
    return f"{diagnosis.cause.says}{what}{times}. The version is not to blame"


def _alarm(story: Story, diagnosis: Diagnosis) -> str:
    names = diagnosis.subject or ", ".join(story.row.bake.fired if story.row.bake else ()) or "?"
    bake = story.row.bake
    when = ""
    if bake is not None and bake.fired_at > bake.began:
        when = f", {span(bake.fired_at - bake.began)} after it was deployed"
    states = story.evidence.alarms if story.evidence else None
    reason = states.reason if isinstance(states, AlarmStates) else None
    return f"alarm {names} went off{when}" + (f": {_cut(reason)}" if reason else "")


def _with_code(diagnosis: Diagnosis) -> str:
    return "" if diagnosis.exit_code is None else f" (exit code {diagnosis.exit_code})"


def _after(diagnosis: Diagnosis) -> str:
    return "" if diagnosis.ran_for_s is None else f" after {span(diagnosis.ran_for_s)}"


def _telling_line(story: Story) -> str | None:
    logs = story.evidence.logs if story.evidence else None
    line = logs.telling if isinstance(logs, LogLines) else None
    return _cut(line) if line else None


def _cut(text: str, most: int = _QUOTE) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


_TELLERS: dict[str, Callable[[Story, Diagnosis], str]] = {
    "UNKNOWN": _unknown,
    "ALARM": _alarm,
    "OOM": _out_of_memory,
    "ELB_HEALTH": _load_balancer,
    "CONTAINER_HEALTH": _container_check,
    **dict.fromkeys(("IMAGE_NOT_FOUND", "IMAGE_STABILITY", "IMAGE_PULL"), _image),
    **dict.fromkeys(("SECRET_MISSING", "SECRET_DENIED"), _secret),
    **dict.fromkeys(("PLACEMENT", "CAPACITY_FARGATE", "ENI_IP"), _no_room),
    **dict.fromkeys(
        ("APP_EXIT", "CLEAN_EXIT", "KILLED", "SEGFAULT", "ENTRYPOINT_NOT_FOUND"), _exit
    ),
    "ENTRYPOINT_NOT_EXEC": _exit,
}
