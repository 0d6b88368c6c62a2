"""One look at many services: what each says of itself, what its queues hold, what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecsops.arns import parse_arn
from ecsops.errors import CallFailed, OpsError
from ecsops.observability import logger
from queue_scaling.assessment import Assessment, Observed, assess, measure_due
from queue_scaling.aws import Aws, Service, fresh
from queue_scaling.configuration import MODE_TAG, ServiceConfig, read_configuration
from queue_scaling.problem import ConfigurationProblem, InvalidTag
from queue_scaling.reading import Reading
from queue_scaling.reference import QUEUE_TAG, Reference
from queue_scaling.sources import Source, source_of
from queue_scaling.sources.base import MetricQuery, Series, Unread
from queue_scaling.sources.sqs import completed, oldest
from queue_scaling.state import ServiceState

_MINUTE_S = 60

Metrics = Mapping[MetricQuery, Series | CallFailed]


@dataclass(slots=True)
class Look:
    """What was found, service by service: none shares another's fate."""

    assessments: dict[str, Assessment] = field(default_factory=dict)
    problems: dict[str, tuple[ConfigurationProblem, ...]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    ages: dict[str, float] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()  # of those with problems: AWS says so, not the tags


def look(
    services: Mapping[str, Service],
    configs: Mapping[str, ServiceConfig],
    states: Mapping[str, ServiceState],
    aws: Aws,
    now: float,
) -> Look:
    """Read all queues of all services side by side, each once, and assess each service."""
    sources = _sources(configs.values())
    queries = [query for source in sources.values() for query in source.queries()]
    due = _due(configs.values(), states, now)
    queries += [completed(reference) for reference in due]
    queries += [oldest(reference) for reference in _aged(configs.values())]
    answers, metrics = aws.read(list(sources.values()), queries, now)
    read = {
        reference: _reading(source, answer, metrics, now)
        for (reference, source), answer in zip(sources.items(), answers, strict=True)
    }
    counted = {reference: _by_minute(_series(metrics, completed(reference))) for reference in due}
    found = Look()
    for arn, config in configs.items():
        _one(found, config, services[arn], read, counted, states.get(arn))
        ages = [_age(queue.reference, metrics, now) for queue in config.queues]
        found.ages[arn] = max(ages, default=0.0)
    return found


def configured(
    services: Mapping[str, Service],
) -> tuple[dict[str, ServiceConfig], dict[str, tuple[ConfigurationProblem, ...]]]:
    """Configurations of the services that are on, and what is wrong with the others' tags."""
    configs: dict[str, ServiceConfig] = {}
    problems: dict[str, tuple[ConfigurationProblem, ...]] = {}
    for arn, service in services.items():
        if QUEUE_TAG not in service.tags:
            continue  # the tag went a moment ago: the tagging API is asked every few minutes only
        read = read_configuration(arn, service.tags)
        if isinstance(read, tuple):
            problems[arn] = read
        elif read.mode == "off":
            continue
        elif service.problem and read.mode in ("managed", "direct"):
            problems[arn] = (ConfigurationProblem(MODE_TAG, read.mode, service.problem),)
        else:
            configs[arn] = read
    return configs, problems


def _sources(configs: Iterable[ServiceConfig]) -> dict[Reference, Source]:
    found: dict[Reference, Source] = {}
    for config in configs:
        service = parse_arn(config.arn)
        for queue in config.queues:
            if queue.reference not in found:
                found[queue.reference] = source_of(queue.reference, service.account, service.region)
    return found


def _due(
    configs: Iterable[ServiceConfig], states: Mapping[str, ServiceState], now: float
) -> list[Reference]:
    return [
        queue.reference
        for config in configs
        for queue in config.queues
        if measure_due(queue, states.get(config.arn), now)
    ]


def _aged(configs: Iterable[ServiceConfig]) -> list[Reference]:
    return [
        queue.reference
        for config in configs
        if config.all_metrics
        for queue in config.queues
        if queue.reference.kind == "sqs"
    ]


def _reading(source: Source, answer: Any, metrics: Metrics, now: float) -> Reading | Exception:
    if isinstance(answer, Exception):
        return answer
    for query in source.queries():
        failed = metrics.get(query)
        if isinstance(failed, CallFailed):
            # Not asked is not empty: a stream without datapoints is idle, this one is unknown.
            return Unread(f"{source.reference.text}: {failed}")
    try:
        needed = {query: fresh(_series(metrics, query), now) for query in source.queries()}
        return source.reading(answer, needed, now)
    except (InvalidTag, Unread) as error:
        return error


def _one(
    found: Look,
    config: ServiceConfig,
    service: Service,
    read: Mapping[Reference, Reading | Exception],
    counted: Mapping[Reference, Mapping[int, float]],
    state: ServiceState | None,
) -> None:
    answers = {queue.reference: read[queue.reference] for queue in config.queues}
    wrong = sorted(each.found for each in answers.values() if isinstance(each, InvalidTag))
    if wrong:
        found.problems[config.arn] = tuple(wrong)
        return
    failures = [each for each in answers.values() if isinstance(each, Exception)]
    if failures:
        # Half of a service's work is no signal: nothing is published, and nobody scales.
        found.unread[config.arn] = "; ".join(map(str, failures))
        _log_unknown(failures)
        return
    readings = {key.text: each for key, each in answers.items() if isinstance(each, Reading)}
    measured = {key.text: counts for key, counts in counted.items() if key in answers}
    try:
        found.assessments[config.arn] = assess(
            config, Observed(service.tasks, readings, measured), state
        )
    except (ArithmeticError, ValueError) as error:
        found.unread[config.arn] = f"{type(error).__name__}: {error}"
        logger.exception("service not assessed", service=config.arn)


def _log_unknown(failures: Sequence[Exception]) -> None:
    """Whatever is no failed AWS call is a fault of ours: it stays with its service, but is seen."""
    for failure in failures:
        if not isinstance(failure, (Unread, CallFailed, OpsError)):
            logger.error("queue not read", exc_info=failure)


def _by_minute(series: Series) -> dict[int, float]:
    return {int(at // _MINUTE_S): value for at, value in series}


def _series(metrics: Metrics, query: MetricQuery) -> Series:
    """Its datapoints; none where they could not be asked for, and nothing depends on them."""
    found = metrics.get(query, ())
    return () if isinstance(found, CallFailed) else found


def _age(reference: Reference, metrics: Metrics, now: float) -> float:
    series = fresh(_series(metrics, oldest(reference)), now) if reference.kind == "sqs" else ()
    return series[0][1] if series else 0.0
