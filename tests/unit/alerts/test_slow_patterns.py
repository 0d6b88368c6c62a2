"""Regular expressions that would stop every alert are found; those that people write are not."""

import pytest

from alerts.slow_patterns import is_slow


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+b", "(a|a)+$", "(a|aa)+$", "a*a*a*a*b", "(x|y|xy)*z", ".*.*x", "(\\w+ ?)*$"),
        *("(foo|fo+)*z", "(aaa?[ab])+c", "(ba*a*(a|b))+c", "(a*(a|ab)b+)+c", "(a?aaa?)*c"),
    ],
)
def test_a_pattern_that_takes_for_ever_on_some_text_is_found(pattern):
    assert is_slow(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "customer-\\d+",
        ".*secret.*",
        "[\\w.+-]+@[\\w-]+\\.[\\w.]+",
        "order=\\w+&id=\\d+",
        "(?:foo|bar)-\\d{1,3}(?:\\.\\d{1,3}){3}",
    ],
)
def test_a_pattern_as_people_write_it_is_not(pattern):
    assert not is_slow(pattern)
