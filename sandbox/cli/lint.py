"""``ecs-ops lint``: the audit of files, before anything is registered."""

from __future__ import annotations

import sys
from argparse import Namespace

from audit.catalogue import all_rules
from audit.report.report import Report
from audit.rule import Rule, Severity
from sandbox.cli.exit_code import ExitCode
from sandbox.errors import SandboxError
from sandbox.lint.audit_files import Audited, audit_files


class BadOption(SandboxError):
    """An option has a value that nobody can act on."""


def run(arguments: Namespace) -> ExitCode:
    """Audit the files, write the report, and say with the exit code what came of it."""
    # A lone surrogate in a file must not end the report half-way.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    rules = chosen(arguments.profile)
    audited = audit_files(
        arguments.files,
        rules,
        _parameters(arguments.parameter),
        other_files=arguments.other_files,
    )
    written = _form(arguments.format, audited.report, verbose=arguments.verbose)
    if arguments.output:
        arguments.output.write_text(written, encoding="utf-8", errors="backslashreplace")
    else:
        sys.stdout.write(written)
    return _exit_code(audited, Severity[arguments.fail_on], arguments.max_unknown)


def chosen(profiles: list[str] | None) -> tuple[Rule, ...]:
    """The rules of the profiles."""
    if not profiles or "all" in profiles:
        return all_rules()
    return tuple(rule for rule in all_rules() if rule.profile in profiles)


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise BadOption(f"--parameter {name}: write it as NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _form(name: str, report: Report, *, verbose: bool) -> str:
    match name:
        case "json":
            from audit.report.json_form import json_form

            return json_form(report)
        case _:
            from audit.report.text import text

            return text(report, verbose=verbose)


def _exit_code(audited: Audited, threshold: Severity, max_unknown: int | None) -> ExitCode:
    if not audited.complete:
        return ExitCode.BAD_FILE
    if audited.report.at_least(threshold):
        return ExitCode.FAILED
    if max_unknown is not None and len(audited.report.unknown) > max_unknown:
        return ExitCode.INCOMPLETE
    return ExitCode.DONE
