"""From a text to a spec, or to what is wrong with it: where, what, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from batch_jobs.spec import AlertPolicy, Spec
from batch_jobs.spec_checks import problems_of
from batch_jobs.spec_problem import Problem
from ecsops.errors import OpsError

_MAX_BYTES = 250_000


class _Told(msgspec.Struct, frozen=True):
    alerts: AlertPolicy = AlertPolicy()


@dataclass(eq=False)
class InvalidSpec(OpsError):
    """A spec that nobody can act on. ``job`` is its name, if that much could be read."""

    problems: tuple[Problem, ...]
    job: str | None = None
    alerts: AlertPolicy | None = None

    def __str__(self) -> str:
        """Every problem on a line."""
        return "\n".join(map(str, self.problems))


def parse_spec(text: str | bytes) -> Spec:
    """Read and check a spec; raises ``InvalidSpec`` with every problem that can be told at once."""
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > _MAX_BYTES:
        problem = Problem(
            "$", f"{len(raw)} bytes of at most {_MAX_BYTES}", "move the list into S3: fanOut.lines"
        )
        raise InvalidSpec((problem,))
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        hint = "write the spec as one JSON object; ecs-ops jobs validate FILE shows the place"
        raise InvalidSpec((Problem("$", f"not JSON: {error}", hint),)) from None
    return spec_of(document)


def spec_of(document: object) -> Spec:
    """A spec from decoded JSON or YAML. ``$schema`` is for editors."""
    if isinstance(document, dict) and isinstance(document.get("$schema"), str):
        document = {name: value for name, value in document.items() if name != "$schema"}
    name = document.get("job") if isinstance(document, dict) else None
    job = name if isinstance(name, str) else None
    try:
        spec = msgspec.convert(document, Spec)
    except msgspec.ValidationError:
        from batch_jobs.shape_problems import problems_in

        raise InvalidSpec(problems_in(document, Spec), job, _policy(document)) from None
    problems = problems_of(spec)
    if problems:
        raise InvalidSpec(problems, job, spec.alerts)
    return spec


def _policy(document: object) -> AlertPolicy | None:
    """Whom to tell of a spec that cannot be understood: that much of it may be."""
    try:
        return msgspec.convert(document, _Told).alerts
    except msgspec.ValidationError:
        return None
