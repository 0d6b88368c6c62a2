"""The documented cost is that of the shipped template."""

import re
from pathlib import Path

import yaml

from build_tools.template import _Loader
from tests.template.shipped import ALARMS, QUEUE_OF, TEMPLATE, of_type

ROOT = Path(TEMPLATE).parent
ALARM, SECRET, DASHBOARD = 0.10, 0.40, 3.00
# Five long polls of 20 s side by side, all month (docs/cost.md).
POLLED_QUEUE = 5 * 3 * 60 * 24 * 30.4 * 0.0000004


def test_the_readme_says_what_the_idle_stack_costs():
    secrets = of_type("AWS::SecretsManager::Secret")
    idle = len(ALARMS) * ALARM + len(QUEUE_OF) * POLLED_QUEUE + len(secrets) * SECRET + DASHBOARD
    readme = " ".join((ROOT / "README.md").read_text().split())
    told = float(re.search(r"Idle, the stack costs about \$([\d.]+) a month", readme)[1])
    assert abs(told - idle) <= 0.05, f"README.md: about ${idle:.2f} a month"
    assert f"{len(ALARMS)} alarms" in readme
    assert f"{len(QUEUE_OF)} polled queues" in readme


def test_the_graph_reckons_with_the_documented_prices():
    template = yaml.load(Path(TEMPLATE).read_text(), _Loader)
    prices = template["Mappings"]["Prices"]["all"]
    documented = re.findall(
        r"^\| (0\.\d+) \|", (ROOT / "docs" / "cost.md").read_text(), re.MULTILINE
    )
    assert {value for name, value in prices.items() if name != "asOf"} <= set(documented)
