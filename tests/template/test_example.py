"""The example workload for a real account is a valid template."""

import subprocess
import sys
from pathlib import Path

import pytest

from build_tools.sam import ROOT


@pytest.mark.parametrize("example", ["workload", "nightly-batch"])
def test_the_example_template_passes_cfn_lint(example):
    template = ROOT / "examples" / example / "template.yaml"
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), str(template)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
