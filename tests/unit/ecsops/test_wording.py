"""One task is, two tasks are."""

from __future__ import annotations

import pytest

from ecsops.wording import agreeing, counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks")])
def test_a_thing_is_counted_as_people_say_it(number, text):
    assert counted(number, "task") == text


def test_what_has_a_plural_of_its_own_has_it():
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


@pytest.mark.parametrize(("number", "word"), [(0, "are"), (1, "is"), (2, "are")])
def test_a_verb_goes_with_its_number(number, word):
    assert agreeing(number, "is", "are") == word
