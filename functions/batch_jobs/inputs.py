"""What a plan is made of beside the spec: the task definition, and the lines of an object in S3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batch_jobs.planning import plan_of
from batch_jobs.rows import Plan
from batch_jobs.spec import MAX_SHARDS, Spec
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec
from ecsops.errors import call_failed
from ecsops.tags import from_ecs

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# A thousand jobs of the same minute ask for it once; a new revision is in use half a minute later.
_REMEMBER_S = 30.0
_MOST_BYTES = 12_000_000
_NOT_THERE = frozenset({"ClientException", "InvalidParameterException"})


@dataclass(slots=True)
class Inputs:
    """Reads them. Lives as long as the function's process."""

    ecs: ECSClient
    s3: Callable[[], Any]
    known: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def plan(self, spec: Spec, run: str, items: tuple[str, ...] | None, now: float) -> Plan:
        """The plan of a run of a spec; raises ``InvalidSpec``."""
        definition, tags = self._definition(spec, now)
        return plan_of(spec, run, definition, tags, items)

    def items(self, spec: Spec) -> tuple[str, ...] | None:
        """The shards' items; None where shards are only counted."""
        if spec.fan_out.lines is None:
            return spec.fan_out.items
        return self._lines(spec, spec.fan_out.lines)

    def _definition(self, spec: Spec, now: float) -> tuple[Any, dict[str, str]]:
        name = spec.task_definition
        at, answer = self.known.get(name, (0.0, None))
        if answer is None or now - at > _REMEMBER_S:
            try:
                answer = self.ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])
            except (ClientError, BotoCoreError) as error:
                failed = call_failed("DescribeTaskDefinition", error)
                if failed.code not in _NOT_THERE:
                    raise failed from error
                problem = Problem("$.taskDefinition", f"{name}: {failed}", "register it first")
                raise InvalidSpec((problem,), spec.job) from None
            self.known[name] = (now, answer)
        return answer["taskDefinition"], from_ecs(answer.get("tags"))

    def _lines(self, spec: Spec, uri: str) -> tuple[str, ...]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        s3 = self.s3()
        try:
            answer = s3.get_object(Bucket=bucket, Key=key)
            if answer["ContentLength"] > _MOST_BYTES:
                raise _lines_problem(spec, f"{uri} is larger than {_MOST_BYTES} bytes")
            content: bytes = answer["Body"].read()
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code in ("NoSuchKey", "NoSuchBucket", "AccessDenied"):
                raise _lines_problem(spec, f"{uri}: {code}") from None
            raise call_failed("GetObject", error) from error
        except BotoCoreError as error:
            raise call_failed("GetObject", error) from error
        try:
            # Not splitlines(): a line of JSON may hold what Unicode calls a separator. utf-8-sig: no BOM.
            lines = content.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
            items = tuple(line for line in lines if line.strip())
        except UnicodeError:
            raise _lines_problem(spec, f"{uri} is no UTF-8 text") from None
        if len(items) > MAX_SHARDS:
            raise _lines_problem(spec, f"{uri} has {len(items)} lines of at most {MAX_SHARDS}")
        return items


def _lines_problem(spec: Spec, problem: str) -> InvalidSpec:
    hint = "the stack's parameter BatchInputArns says which objects may be read"
    return InvalidSpec((Problem("$.fanOut.lines", problem, hint),), spec.job)
