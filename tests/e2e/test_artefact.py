"""What ``make build`` leaves: complete, compiled, the same for every function."""

import json

import pytest

from build_tools import bytecode
from build_tools.slim import digest, size
from tests.e2e.shipped import FUNCTIONS

# Packages that our dependencies use when they are there; we bundle none of them.
OPTIONAL = {
    *(
        "OpenSSL",
        "avro",
        "boto3",
        "docutils",
        "fastjsonschema",
        "google",
        "h2",
        "js",
        "jsonpath_ng",
    ),
    *("jwt", "pydantic", "redis", "socks", "aiohttp", "sqlalchemy", "websocket", "websockets"),
}
# For Windows, and for the AWS common runtime, which is another such package.
NOT_FOR_LAMBDA = {"dateutil.tz.win", "dateutil.tzwin", "botocore.crt.auth"}
IMPORT_ALL = """
import importlib, json, pathlib, sys
root = pathlib.Path(sys.path[1])
failed = {}
for path in sorted(root.rglob("*.py")):
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = [type(error).__name__, getattr(error, "name", None) or str(error)]
print("\\n" + json.dumps(failed))
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_module_has_valid_bytecode_for_the_runtime(artefact, function):
    assert list(bytecode.invalid(artefact / function)) == []


def test_every_function_of_the_template_has_its_folder(artefact):
    assert {path.name for path in artefact.iterdir() if path.is_dir()} == set(FUNCTIONS)


def test_all_functions_share_one_artefact(artefact):
    assert len({digest(artefact / function) for function in FUNCTIONS}) == 1


def test_every_module_can_be_imported_unless_it_belongs_to_an_absent_optional_package(run_python):
    failed = json.loads(run_python(next(iter(FUNCTIONS)), IMPORT_ALL).splitlines()[-1])
    broken = {
        name: problem
        for name, (kind, problem) in failed.items()
        if name not in NOT_FOR_LAMBDA
        and (kind != "ModuleNotFoundError" or problem.partition(".")[0] not in OPTIONAL)
    }
    assert broken == {}


def test_licences_of_all_bundled_packages_are_in_the_artefact(artefact):
    folder = artefact / next(iter(FUNCTIONS))
    for info in folder.glob("*.dist-info"):
        assert (info / "METADATA").exists()
        assert [path for path in info.rglob("*") if "LICEN" in path.name.upper()], info.name


def test_the_artefact_is_far_below_the_limit_of_lambda(artefact):
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 250 MB unzipped
    assert size(artefact / next(iter(FUNCTIONS))) < 30e6
