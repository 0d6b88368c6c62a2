"""What is new, what is repaired, and what is remembered."""

from audit.catalogue import all_rules
from audit.digest import Sweep, digest
from audit.evaluation import Finding
from audit.memory import Day, Memory, after_change, after_sweep, new, repaired
from audit.model.graph import Graph
from audit.model.resource import Source
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry
from audit.report.report import Report
from audit.rule import Outcome, Severity


def finding(rule="X-01", severity=Severity.HIGH, resource="web"):
    arn = f"arn:aws:ecs:eu-west-1:123456789012:service/prod/{resource}"
    service = Service({"serviceArn": arn}, Graph(()), Source())
    about = next(each for each in all_rules() if each.id == rule)
    message = f"{rule} of {resource}"
    return Entry(Finding(about, Outcome.FAIL, severity, service, service, (), message))


def report(*entries):
    return Report(entries, {"service": 1})


def test_a_change_is_told_only_what_it_brought():
    memory = after_change(Memory(), report(finding("X-01")))

    found = new(report(finding("X-01"), finding("X-04")), memory)

    assert [each.rule for each in found] == ["X-04"]


def test_the_same_finding_of_another_service_is_new():
    memory = after_change(Memory(), report(finding("X-01")))

    assert new(report(finding("X-01", resource="api")), memory)


def test_what_somebody_accepted_is_not_new():
    assert new(report(finding()._replace(suppressed="we know")), Memory()) == []


def test_a_change_forgets_nothing():
    memory = after_change(Memory(), report(finding("X-01")))

    memory = after_change(memory, report(finding("X-04")))

    assert new(report(finding("X-01"), finding("X-04")), memory) == []


def test_a_sweep_forgets_what_is_repaired_so_that_it_is_told_if_it_comes_back():
    memory = after_change(Memory(), report(finding("X-01"), finding("X-04")))
    assert repaired(report(finding("X-04")), memory) == 1

    memory = after_sweep(memory, report(finding("X-04")), {}, "2026-01-05", whole=True)

    assert [each.rule for each in new(report(finding("X-01")), memory)] == ["X-01"]


def test_what_could_not_be_read_is_not_repaired_by_that():
    memory = after_change(Memory(), report(finding("X-01")))

    memory = after_sweep(memory, report(), {}, "2026-01-05", whole=False)

    assert new(report(finding("X-01")), memory) == []


def unknown(rule="X-01", resource="web"):
    return entry_of(finding(rule, resource=resource), Outcome.UNKNOWN)


def clean(rule="X-01", resource="web"):
    return entry_of(finding(rule, resource=resource), Outcome.PASS)


def entry_of(entry, outcome):
    return Entry(entry.finding._replace(outcome=outcome))


def test_a_rule_that_could_not_decide_says_nothing_of_what_it_found_before():
    memory = after_change(Memory(), report(finding("X-01"), finding("X-04")))
    swept = report(unknown("X-01"), clean("X-04"))

    assert repaired(swept, memory) == 1
    memory = after_sweep(memory, swept, {}, "2026-01-05", whole=False)

    assert new(report(finding("X-01")), memory) == []
    assert [each.rule for each in new(report(finding("X-04")), memory)] == ["X-04"]


def test_what_no_sweep_looks_at_is_neither_repaired_nor_forgotten():
    task = TaskDefinition({"family": "nightly"}, Graph(()), Source())
    job = Entry(finding("VAL-07").finding._replace(resource=task, place=task))
    memory = after_change(Memory(), report(job))

    assert repaired(report(clean()), memory) == 0
    memory = after_sweep(memory, report(clean()), {}, "2026-01-05", whole=True)

    assert new(report(job), memory) == []


def test_a_service_that_is_gone_is_forgotten_without_being_repaired():
    memory = after_change(Memory(), report(finding("X-01")))

    assert repaired(report(clean(resource="api")), memory) == 0
    assert after_sweep(memory, report(clean(resource="api")), {}, "d", whole=True).known == {}
    assert after_sweep(memory, report(clean(resource="api")), {}, "d", whole=False) == memory


def test_a_service_that_was_not_read_once_keeps_its_trend():
    memory = after_sweep(Memory(), report(clean()), {"arn:web": [clean()]}, "day-1", whole=True)

    partly = after_sweep(memory, report(), {"arn:api": [clean()]}, "day-2", whole=False)
    assert partly.days.keys() == {"arn:web", "arn:api"}
    wholly = after_sweep(memory, report(), {"arn:api": [clean()]}, "day-2", whole=True)
    assert wholly.days.keys() == {"arn:api"}


def test_the_trend_has_one_entry_a_day_and_ends_somewhere():
    memory, web = Memory(), "arn:web"
    for day in range(100):
        entries = [finding(severity=Severity.MEDIUM)] if day < 99 else []
        for _ in range(2):  # the schedule may come twice
            memory = after_sweep(
                memory, report(*entries), {web: entries}, f"day-{day:03}", whole=True
            )

    assert len(memory.days[web]) == 90
    assert memory.days[web][-2:] == (
        Day("day-098", 0, 0, 0, 1, 0),
        Day("day-099", None, 0, 0, 0, 0),
    )


SWEEP = Sweep("2026-01-05", 2, "s3://reports/audit.html")


def test_one_message_however_much_was_found():
    many = [finding(resource=f"web{number}") for number in range(500)]

    alert = digest(many, Severity.HIGH, "eu-west-1", 1.0, SWEEP)

    assert alert.title == "Audit: 500 new findings (500 HIGH)"
    assert len(alert.evidence[0].rows) == 20
    assert alert.evidence[0].title == "New findings (the worst 20 of 500)"
    assert "2 earlier findings repaired" in alert.summary
    assert alert.next_steps[0].command == "aws s3 cp s3://reports/audit.html audit.html"


def test_nobody_is_disturbed_below_the_threshold():
    low = [finding(severity=Severity.MEDIUM)]
    assert digest(low, Severity.HIGH, "eu-west-1", 1.0, SWEEP) is None
    assert digest(low, Severity.MEDIUM, "eu-west-1", 1.0, SWEEP).severity == "info"
    assert digest([], Severity.INFO, "eu-west-1", 1.0, SWEEP) is None


def test_the_same_findings_make_the_same_message_so_that_a_retry_is_no_second_one():
    both = [digest([finding()], Severity.HIGH, "eu-west-1", at, None) for at in (1.0, 900.0)]
    assert both[0].incident == both[1].incident
    assert both[0].stage == both[1].stage
