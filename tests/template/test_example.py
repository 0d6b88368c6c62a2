"""The example workload for a real account is a valid template."""

import subprocess
import sys

from build_tools.sam import ROOT


def test_the_example_template_passes_cfn_lint():
    template = ROOT / "examples" / "workload" / "template.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "cfnlint", str(template)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
