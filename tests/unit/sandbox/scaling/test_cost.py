"""The bill, and what makes it larger."""

import json

import pytest

from ecsops.errors import InvalidSetting
from ecsops.prices import price
from sandbox.cli import main
from sandbox.scaling.cost import SERVICES, bill, service_month

GOAL_AT_50 = 0.60


def test_fifty_services_cost_less_than_the_goal():
    assert service_month(50) <= GOAL_AT_50


@pytest.mark.parametrize("interval", [60, 20])
def test_the_more_share_the_function_the_less_each_pays(interval):
    costs = [service_month(number, interval) for number in SERVICES]
    assert costs == sorted(costs, reverse=True)


def test_each_managed_service_pays_for_its_metric_and_two_alarms():
    fixed = price("cloudwatch.metric_month") + 2 * price("cloudwatch.alarm_month")
    assert service_month(1000) > fixed
    assert service_month(1000, 20) < fixed


def test_ticks_three_times_as_often_cost_three_times_as_many_requests():
    minute, faster = ({item.what: item.dollars for item in bill(50, each)} for each in (60, 20))
    assert faster["reading queues"] == pytest.approx(3 * minute["reading queues"])


def test_the_command_prints_what_is_asked_for(capsys):
    assert main(["scaling", "cost", "7", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    table = document["dollars_per_service_month"]
    assert table == {
        "7": {"60s": round(service_month(7), 4), "20s": round(service_month(7, 20), 4)}
    }


def test_a_price_that_is_not_there_is_named():
    with pytest.raises(InvalidSetting, match=r"lambda\.minute"):
        price("lambda.minute")
