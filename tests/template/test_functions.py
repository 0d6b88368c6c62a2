"""What holds for every function, and for the form that a person fills in."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.shipped import (
    FUNCTIONS,
    PARAMETERS,
    TEMPLATE,
    interface,
    of_type,
    target,
)

# Lambda would make one by itself, which never expires.
LOG_GROUPS = of_type("AWS::Logs::LogGroup")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_log_group_of_its_own_with_retention(function):
    group = target(FUNCTIONS[function]["LoggingConfig"]["LogGroup"])
    assert LOG_GROUPS[group]["RetentionInDays"]
    sharing = [f for f in FUNCTIONS if target(FUNCTIONS[f]["LoggingConfig"]["LogGroup"]) == group]
    assert sharing == [function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_logs_json_and_is_traced_by_lambda_itself(function):
    assert FUNCTIONS[function]["LoggingConfig"]["LogFormat"] == "JSON"
    assert FUNCTIONS[function]["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_handler_exists(function):
    module, _, name = FUNCTIONS[function]["Handler"].rpartition(".")
    source = TEMPLATE.parent / "functions" / Path(*module.split(".")).with_suffix(".py")
    assert f"def {name}(" in source.read_text()


def test_all_functions_share_one_artefact():
    assert TEMPLATE.read_text().count("CodeUri: ") == 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_runtime_is_the_python_that_compiles_the_artefact(function):
    assert FUNCTIONS[function]["Runtime"] == f"python3.{sys.version_info.minor}"


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_has_a_default_a_label_and_a_description(name):
    assert "Default" in PARAMETERS[name]
    assert PARAMETERS[name]["Description"]
    assert interface()["ParameterLabels"][name]["default"]


def test_every_parameter_is_in_one_group():
    grouped = [name for group in interface()["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)
    assert set(interface()["ParameterLabels"]) == set(PARAMETERS)


def test_cfn_lint_finds_nothing():
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([lint, TEMPLATE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
