from __future__ import annotations

import pytest

from ecsops.errors import InvalidSetting
from ecsops.settings import choice, required


@pytest.mark.parametrize("environment", [{}, {"TABLE_NAME": ""}])
def test_a_missing_variable_is_named(environment):
    with pytest.raises(InvalidSetting, match="TABLE_NAME is missing"):
        required("TABLE_NAME", environment)


def test_a_variable_is_read():
    assert required("TABLE_NAME", {"TABLE_NAME": "ops"}) == "ops"


def test_the_process_environment_is_the_default(monkeypatch):
    monkeypatch.setenv("TABLE_NAME", "ops")
    assert required("TABLE_NAME") == "ops"


def test_a_choice_outside_the_allowed_ones_is_named_with_them():
    with pytest.raises(InvalidSetting, match="MODE='of': must be one of on, off"):
        choice("MODE", ("on", "off"), {"MODE": "of"})


def test_an_allowed_choice_is_read():
    assert choice("MODE", ("on", "off"), {"MODE": "off"}) == "off"
