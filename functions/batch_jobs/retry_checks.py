"""What is wrong with a spec's rules, and with AWS Batch's retry strategy in it."""

from __future__ import annotations

from collections.abc import Iterator

from batch_jobs.spec import MAX_BATCH_ATTEMPTS, Rule, Spec
from batch_jobs.spec_problem import Problem, problem_at


def retry_problems(spec: Spec) -> Iterator[Problem]:
    """Of rules, and of AWS Batch's strategy beside them."""
    yield from _strategy(spec)
    for number, rule in enumerate(spec.rules):
        yield from _rule(f"$.rules[{number}]", rule)


def _strategy(spec: Spec) -> Iterator[Problem]:
    given = spec.evaluate_on_exit
    if spec.strategy is None:
        return
    name = "retryStrategy" if given is None else "evaluateOnExit"
    if given is not None and spec.retry_strategy is not None:
        yield problem_at("$.retryStrategy", "stands beside evaluateOnExit", "keep one of them")
    if spec.rules:
        yield problem_at(
            "$.rules",
            f"stands beside {name}",
            f"keep one of them: a rule can say all that {name} can",
        )
    application = spec.retries.application
    if isinstance(given, tuple):
        if not 0 < application < MAX_BATCH_ATTEMPTS:
            yield problem_at(
                "$.evaluateOnExit",
                f"a list alone, and retries.application {application} for its further attempts",
                f"retries.application from 1 to {MAX_BATCH_ATTEMPTS - 1}, or "
                '{"attempts": 3, "evaluateOnExit": [...]}',
            )
        return
    if application:
        yield problem_at(
            "$.retries.application",
            f"stands beside {name}.attempts",
            "leave it out: attempts counts",
        )
    if spec.strategy.evaluate_on_exit and spec.strategy.conditions:
        yield problem_at(f"$.{name}.conditions", "stands beside evaluateOnExit", "keep one of them")


def _rule(path: str, rule: Rule) -> Iterator[Problem]:
    if all(
        one is None for one in (rule.exit_codes, rule.not_exit_codes, rule.reason, rule.stop_code)
    ):
        yield problem_at(
            path,
            "has no condition: it would decide about everything",
            "give exitCodes, notExitCodes, reason or stopCode",
        )
    if rule.exit_codes is not None and rule.not_exit_codes is not None:
        yield problem_at(f"{path}.notExitCodes", "stands beside exitCodes", "keep one of them")
    for name, codes in (("exitCodes", rule.exit_codes), ("notExitCodes", rule.not_exit_codes)):
        if codes == ():
            yield problem_at(f"{path}.{name}", "is empty")
        for at, code in enumerate(codes or ()):
            if not 0 <= code <= 255:
                yield problem_at(f"{path}.{name}[{at}]", f"{code} is no exit code")
    if 0 in (rule.exit_codes or ()):
        yield problem_at(
            f"{path}.exitCodes",
            "0 is no failure: rules decide about failed attempts",
            "leave 0 out",
        )
    for name, glob in (("reason", rule.reason), ("stopCode", rule.stop_code)):
        if glob and "*" in glob[:-1]:
            yield problem_at(f"{path}.{name}", f"{glob}: * is only understood at the end")
