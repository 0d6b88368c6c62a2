"""The artefact as it ships, built for this machine once and kept until something changes."""

import os
import subprocess
import sys

import pytest

from build_tools import variant
from tests.e2e.shipped import FUNCTIONS


@pytest.fixture(scope="session")
def artefact():
    """The folder with one folder per function, as ``make build`` leaves it."""
    return variant.ensure()


@pytest.fixture
def run_python(artefact):
    """Run code in a fresh process that sees a function's folder, and nothing else."""

    def run(function: str, code: str) -> str:
        # The variables of all functions: every handler can be imported.
        variables = {n: v for one in FUNCTIONS.values() for n, v in one.environment.items()}
        done = subprocess.run(
            [sys.executable, "-S", "-c", code],
            env=variables
            | {"PYTHONPATH": str(artefact / function), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=os.sep,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
