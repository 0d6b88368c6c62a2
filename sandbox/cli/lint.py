"""``ecs-ops lint``: the audit of files, before anything is registered."""

from __future__ import annotations

import io
import json
import sys
from argparse import Namespace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from audit.baseline import InvalidBaseline, baseline, fingerprints, mark_known
from audit.catalogue import all_rules
from audit.model.graph import Graph
from audit.report.report import Report
from audit.rule import Outcome, Rule, Severity
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.lint_options import FORMATS, SUPPRESSIONS
from sandbox.errors import InvalidOption
from sandbox.lint.audit_files import Audited, audit_files

# What each form lists one by one; of all else it says a number, if anything.
_EVERY = frozenset(Outcome)
_FAILURES = frozenset({Outcome.FAIL})
_LISTS = {"text": _FAILURES | {Outcome.UNKNOWN}, "markdown": _FAILURES, "sarif": _FAILURES}


class BadOption(InvalidOption):
    """An option has a value that nobody can act on."""


def run(arguments: Namespace) -> ExitCode:
    """Audit the files, write the report, and say with the exit code what came of it."""
    # A lone surrogate in a file must not end the report half-way.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    audited = audit_files(
        arguments.files,
        chosen(arguments.profile, arguments.rule),
        _parameters(arguments.parameter),
        other_files=arguments.other_files,
        shown=_shown(arguments),
    )
    _check_parameters(arguments.parameter, audited)
    report = accepted(audited.report, audited.graph, arguments.suppressions, arguments.baseline)
    if arguments.write_baseline:
        write_baseline(report, arguments.write_baseline)
        return ExitCode.DONE if audited.complete else ExitCode.BAD_FILE
    _show(report, audited, arguments)
    if not audited.complete:
        return ExitCode.BAD_FILE
    return exit_code(report, arguments)


def _shown(arguments: Namespace) -> frozenset[Outcome]:
    if arguments.format == "text" and not arguments.verbose and not arguments.report:
        return _FAILURES
    names = (arguments.format, *(name for name, _ in _reports(arguments.report)))
    return _FAILURES.union(*(_LISTS.get(name, _EVERY) for name in names))


def _check_parameters(given: list[str], audited: Audited) -> None:
    from sandbox.lint.cloudformation import parameter_names

    known = {name for text in audited.texts.values() for name in parameter_names(text.value)}
    for name in _parameters(given):
        if name not in known:
            there = ", ".join(sorted(known)) or "no parameter at all"
            raise BadOption(f"--parameter {name}: the templates have {there}")


def _show(report: Report, audited: Audited, arguments: Namespace) -> None:
    if arguments.fix:
        from sandbox.lint.fixing import diffs

        diff, changes = diffs(report.failures, audited.texts)
        sys.stdout.write(diff)
        print(f"{len(report.failures)} findings, {changes} mechanical changes", file=sys.stderr)
    else:
        sys.stdout.write(form(arguments.format, report, audited.graph, verbose=arguments.verbose))
    write_reports(arguments.report, report, audited.graph)


def write_reports(given: list[str], report: Report, graph: Graph) -> None:
    """Write the report in every ``FORMAT=FILE``."""
    for name, file in _reports(given):
        _write(form(name, report, graph, verbose=True), file)


def write_baseline(report: Report, file: Path) -> None:
    """Write what ``--baseline`` reads."""
    _write(json.dumps(baseline(report), indent=2) + "\n", file)


def chosen(profiles: list[str] | None, globs: list[str] | None) -> tuple[Rule, ...]:
    """The rules of the profiles with such ids."""
    every = not profiles or "all" in profiles
    rules = tuple(
        rule
        for rule in all_rules()
        if (every or rule.profile in (profiles or ()))
        and any(fnmatchcase(rule.id, glob) for glob in globs or ["*"])
    )
    if not rules:
        raise BadOption("no rule is left: --profile and --rule choose none together")
    return rules


def accepted(report: Report, graph: Graph, suppressions: Path | None, known: Path | None) -> Report:
    """The report, with what somebody decided to live with marked."""
    from audit.suppression import from_graph, suppress

    found, problems = from_graph(graph)
    file = suppressions or Path(SUPPRESSIONS)
    if suppressions or file.exists():
        from sandbox.lint.suppressions_file import read_suppressions

        found += read_suppressions(str(file), frozenset(rule.id for rule in all_rules()))
    entries, ended = suppress(report.entries, found, datetime.now(UTC).date())
    if known:
        entries = mark_known(entries, _known(known))
    return report.told(entries, (*problems, *ended))


def _known(file: Path) -> frozenset[str]:
    try:
        return fingerprints(json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError, InvalidBaseline) as error:
        raise BadOption(f"--baseline {file}: {error}") from None


def _reports(given: list[str]) -> list[tuple[str, Path]]:
    pairs = [each.partition("=") for each in given]
    for name, _, file in pairs:
        if name not in FORMATS or not file:
            raise BadOption(f"--report {name}: write it as FORMAT=FILE, with {', '.join(FORMATS)}")
    return [(name, Path(file)) for name, _, file in pairs]


def _write(text: str, file: Path) -> None:
    try:
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise BadOption(f"{file} cannot be written: {error.strerror}") from None


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise BadOption(f"--parameter {name}: write it as NAME=VALUE")
    return {name: value for name, _, value in pairs}


def form(name: str, report: Report, graph: Graph, *, verbose: bool) -> str:
    """The report in a format of ``FORMATS``."""
    match name:
        case "json":
            from audit.report.json_form import json_form

            return json_form(report)
        case "sarif":
            from audit.report.sarif import sarif as written
        case "junit":
            from audit.report.junit import junit as written
        case "markdown":
            from audit.report.markdown import markdown as written
        case "html":
            from audit.report.html import html

            return html(report, graph)
        case _:
            from audit.report.text import text

            return text(report, verbose=verbose)
    return written(report)


def exit_code(report: Report, arguments: Namespace) -> ExitCode:
    """What ``--fail-on`` and ``--max-unknown`` make of a report."""
    if report.at_least(Severity[arguments.fail_on]):
        return ExitCode.FAILED
    if arguments.max_unknown is not None and (
        report.by_outcome[Outcome.UNKNOWN] > arguments.max_unknown
    ):
        return ExitCode.INCOMPLETE
    return ExitCode.DONE
