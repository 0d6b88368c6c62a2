"""The documented cost is that of the shipped template."""

import re
from datetime import date
from pathlib import Path

import yaml

from build_tools.template import _Loader
from ecsops import prices
from sandbox.cli import main
from tests.template.shipped import ALARMS, POLLED, TEMPLATE, of_type

ROOT = Path(TEMPLATE).parent
ALARM = prices.price("cloudwatch.alarm_month")
SECRET = prices.price("secretsmanager.secret_month")
DASHBOARD = prices.price("cloudwatch.dashboard_month")
# Five long polls of 20 s side by side, all month (docs/cost.md).
POLLED_QUEUE = 5 * 3 * 60 * 24 * 30.4 * prices.price("sqs.request")
IN_THE_TEMPLATE = {
    "lambdaRequest": "lambda.request",
    "sqsRequest": "sqs.request",
    "dynamoDbRead": "dynamodb.read_unit",
    "dynamoDbWrite": "dynamodb.write_unit",
    "lambdaGbSecondArm": "lambda.gb_second.arm64",
    "lambdaGbSecondX86": "lambda.gb_second.x86_64",
}


def test_the_readme_says_what_the_idle_stack_costs():
    secrets = of_type("AWS::SecretsManager::Secret")
    idle = len(ALARMS) * ALARM + len(POLLED) * POLLED_QUEUE + len(secrets) * SECRET + DASHBOARD
    readme = " ".join((ROOT / "README.md").read_text().split())
    told = float(re.search(r"Idle, the stack costs about \$([\d.]+) a month", readme)[1])
    assert abs(told - idle) <= 0.05, f"README.md: about ${idle:.2f} a month"
    assert f"{len(ALARMS)} alarms" in readme
    assert f"{len(POLLED)} polled queues" in readme


def test_every_price_is_documented_with_its_source():
    page = (ROOT / "docs" / "cost.md").read_text()
    for row in prices.rows().values():
        assert f"| {row['usd']} | {row['for']} | {row['page']} | {row['compared']} |" in page


def test_the_documented_table_is_the_commands(capsys):
    assert main(["scaling", "cost"]) == 0
    page = (ROOT / "docs" / "cost.md").read_text()
    for line in capsys.readouterr().out.splitlines():
        assert f"    {line}\n" in page, "docs/cost.md: put in what ecs-ops scaling cost prints"


def test_the_graph_reckons_with_the_documented_prices():
    template = yaml.load(Path(TEMPLATE).read_text(), _Loader)
    mapping = template["Mappings"]["Prices"]["all"]
    assert mapping.pop("asOf") == date.fromisoformat(f"{prices.AS_OF}-01").strftime("%B %Y")
    assert mapping == {name: prices.rows()[row]["usd"] for name, row in IN_THE_TEMPLATE.items()}
