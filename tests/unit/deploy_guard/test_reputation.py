"""What is known of versions, by whichever deployment."""

from hypothesis import given
from hypothesis import strategies as st

from deploy_guard.model import Judged, Ledger
from deploy_guard.reputation import forgiven, with_judgement
from tests.unit.deploy_guard.situations import SERVICE, version

BAD = Judged(version(43), False, 10, "d", "oom")


@given(st.permutations(range(4)))
def test_of_two_judgements_the_one_of_the_later_deployment_holds(order):
    judged = [
        Judged(version(42), True, 1, "d1", "survived"),
        Judged(version(42), False, 2, "d2", "oom"),
        Judged(version(42), True, 3, "d3", "survived"),
        Judged(version(43), False, 3, "d4", "oom"),
    ]
    ledger = Ledger(SERVICE)
    for number in order:
        ledger = with_judgement(ledger, judged[number])
    assert [one.deployment for one in ledger.good()] == ["d3"]
    assert ledger.bad(version(42)) is None
    assert ledger.bad(version(43)).deployment == "d4"


def test_what_a_person_has_forgiven_is_not_found_bad_again():
    ledger = forgiven(with_judgement(Ledger(SERVICE), BAD), BAD)
    assert ledger.bad(version(43)) is None
    assert with_judgement(ledger, BAD).bad(version(43)) is None
    older = Judged(version(43), False, 9, "before", "oom")
    assert with_judgement(ledger, older).bad(version(43)) is None


def test_another_deployment_of_it_that_fails_is_another_matter():
    ledger = forgiven(with_judgement(Ledger(SERVICE), BAD), BAD)
    again = Judged(version(43), False, 11, "later", "oom")
    assert with_judgement(ledger, again).bad(version(43)) == again


def test_only_that_version_is_forgiven_and_what_is_good_stays_so():
    good, other = Judged(version(43), True, 3, "g", ""), Judged(version(42), False, 4, "o", "oom")
    ledger = forgiven(with_judgement(with_judgement(Ledger(SERVICE), other), good), BAD)
    assert ledger.bad(version(42)) == other
    assert ledger.good() == (good,)


def test_the_list_of_what_was_forgiven_does_not_grow_without_end():
    ledger = Ledger(SERVICE)
    for number in range(100):
        ledger = forgiven(ledger, Judged(version(number), False, number, f"d{number}", "oom"))
    assert len(ledger.forgiven) == 20
    assert ledger.forgiven[-1].deployment == "d99"
