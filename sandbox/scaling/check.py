"""What is wrong with services' tags, found with the code that will read them, before it matters."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ecsops.arns import parse_arn
from ecsops.errors import CallFailed
from queue_scaling.actuator import Actuator
from queue_scaling.assessment import Assessment
from queue_scaling.aws import Aws, Service
from queue_scaling.configuration import MODE_TAG, TAGS, ServiceConfig
from queue_scaling.looking import Look, configured, look
from queue_scaling.reading import Tasks
from queue_scaling.reference import QUEUE_TAG
from sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Verdict:
    """``problems`` keep the service from being scaled; ``advice`` does not."""

    arn: str
    summary: str = ""
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Cluster and service."""
        parsed = parse_arn(self.arn)
        return f"{parsed.cluster}/{parsed.name}"


def not_yet_there(arn: str, tags: Mapping[str, str]) -> Service:
    """A service of which there is no more than a plan."""
    return Service(arn, tags, Tasks(running=0, desired=0))


def check(services: Iterable[Service], aws: Aws, actuator: Actuator, now: float) -> list[Verdict]:
    """Look as the function looks: read the tags, then the queues, then others' policies."""
    by_arn = {service.arn: service for service in services}
    configs, _ = configured(by_arn)
    found = look(by_arn, configs, {}, aws, now)
    verdicts = {each.arn: each for each in check_tags(by_arn.values())}
    for arn, config in configs.items():
        verdicts[arn] = _looked(verdicts[arn], config, found, actuator)
    return list(verdicts.values())


def check_tags(services: Iterable[Service]) -> list[Verdict]:
    """What the tags alone tell: for those who are offline."""
    verdicts = []
    for service in services:
        configs, problems = configured({service.arn: service})
        wrong = tuple(map(str, problems.get(service.arn, ())))
        if QUEUE_TAG not in service.tags:
            wrong = (f"tag {QUEUE_TAG} is missing: without it queue scaling does nothing",)
        config = configs.get(service.arn)
        summary = _summary(config) if config else f"{MODE_TAG}=off"
        verdicts.append(Verdict(service.arn, summary, wrong, tuple(_misspelt(service.tags))))
    return verdicts


def in_flight(service: Service, aws: Aws, now: float) -> float | None:
    """Messages that the service's workers have taken and not deleted, over all its queues.

    None if one of its sources cannot tell: streams and metrics.
    """
    service = replace(service, tags={**service.tags, MODE_TAG: "metric"})  # read, whoever scales it
    configs, problems = configured({service.arn: service})
    found = look({service.arn: service}, configs, {}, aws, now)
    assessment = found.assessments.get(service.arn)
    if assessment is None:
        why = [*map(str, problems.get(service.arn, ())), found.unread.get(service.arn, "")]
        raise SandboxError(f"its queues could not be read: {'; '.join(filter(None, why))}")
    counts = [each.in_flight for each in assessment.observed.readings.values()]
    return None if None in counts else math.fsum(filter(None, counts))


def _looked(verdict: Verdict, config: ServiceConfig, found: Look, actuator: Actuator) -> Verdict:
    wrong = [str(each) for each in found.problems.get(config.arn, ())]
    if config.arn in found.unread:
        wrong.append(f"could not be read now: {found.unread[config.arn]}")
    if config.mode in ("managed", "direct"):
        wrong += _fights(config, actuator)
    assessment = found.assessments.get(config.arn)
    advice = tuple(_advice(config, assessment)) if assessment else ()
    return replace(verdict, problems=(*verdict.problems, *wrong), advice=(*verdict.advice, *advice))


def _fights(config: ServiceConfig, actuator: Actuator) -> Iterator[str]:
    tag = f"tag {MODE_TAG}={config.mode!r}: "
    try:
        names = actuator.foreign_policies(config.resource_id)
    except CallFailed as error:
        yield f"{tag}whether others scale the service could not be seen: {error}"
        return
    if names:
        yield (
            f"{tag}the service has scaling policies of its own ({', '.join(names)}): remove them, "
            "or use metric"
        )


def _misspelt(tags: Iterable[str]) -> Iterator[str]:
    for tag in tags:
        near = difflib.get_close_matches(tag, TAGS, n=1, cutoff=0.9)
        if near and tag not in TAGS:
            yield f"tag {tag} is not known, and does nothing: do you mean {near[0]}?"


def _advice(config: ServiceConfig, assessment: Assessment) -> Iterable[str]:
    for queue in config.queues:
        name = queue.reference.text
        visibility_s = assessment.observed.readings[name].visibility_s
        if queue.prior_s and visibility_s and visibility_s < queue.prior_s:
            yield (
                f"{name}: the visibility timeout of {visibility_s:g} s is shorter than a message "
                f"takes ({queue.prior_s:g} s): others will work on it too"
            )
        if queue.prior_s and queue.prior_s > queue.slo_s:
            yield (
                f"{name}: one message takes {queue.prior_s:g} s, the SLO is {queue.slo_s:g} s: "
                "without idle tasks no message can be in time behind another"
            )
    if config.minimum == 0 and config.startup_s > min(q.slo_s for q in config.queues):
        yield (
            f"a task needs {config.startup_s:g} s to start, longer than the SLO: a message that "
            "finds no task is late; ecs-ops:min-tasks=1 avoids that"
        )


def _summary(config: ServiceConfig) -> str:
    queues = ", ".join(f"{q.reference.text} within {q.slo_s:g} s" for q in config.queues)
    most = "any number of" if config.maximum is None else f"{config.maximum}"
    return f"{queues}; mode {config.mode}, every {config.interval_s} s, {config.minimum} to {most} tasks"
