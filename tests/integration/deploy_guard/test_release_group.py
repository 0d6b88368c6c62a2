"""Services that were released together: they go back together, in turn, or are told together."""

from __future__ import annotations

import pytest

from deploy_guard.audit import Audit
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.model import Freeze, Outcome
from sandbox.cli.freeze_rows import freeze
from sandbox.ecs import App
from tests.integration.conftest import web as service
from tests.integration.deploy_guard.observed import SECRET

AUTO = {
    "ecs-ops:rollback": "auto",
    "ecs-ops:release-group": "shop",
    "ecs-ops:group-rollback": "auto",
}
ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/"
CHANGES = ("StopServiceDeployment", "UpdateService", "ContinueServiceDeployment")
SERVICES = ("api", "worker", "web")
BROKEN = App.without_secret(SECRET)


class Shop:
    """Three services of one group; the api's next version does not start."""

    def __init__(self, operate, *, breaker=None, **tags):
        given = {
            "api": AUTO,
            "web": AUTO | {"ecs-ops:release-order": "2"},
            "worker": AUTO | {"ecs-ops:release-order": "1"},
        }
        for name, own in tags.items():
            given[name] = given[name] | {f"ecs-ops:{key}": value for key, value in own.items()}
        extra = {"breaker": breaker} if breaker is not None else {}
        services = [service(name, tags=own, **extra) for name, own in given.items()]
        self.world = operate(services)
        self.account = self.world.account
        self.ecs = self.account.client("ecs")
        self.table = self.world.stack.ref("DeployGuardTable")

    def release(self, *names, seconds=0):
        for name in names:
            before = self.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
            given = {
                key: before[key]
                for key in ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
                if key in before
            }
            changed = before["containerDefinitions"][0] | {"image": "app:2"}
            new = self.ecs.register_task_definition(containerDefinitions=[changed], **given)
            arn = new["taskDefinition"]["taskDefinitionArn"]
            if name == "api":
                self.account.ecs.behave(f"api:{new['taskDefinition']['revision']}", BROKEN)
            self.ecs.update_service(cluster="prod", service=name, taskDefinition=arn)
        self.account.run_for(seconds)

    def release_all(self, seconds=900):
        self.release("web", "worker", seconds=200)
        self.release("api", seconds=seconds)

    @property
    def rollbacks(self):
        """(service, operation) of every change that the guard made, in order."""
        return [
            (_service_of(call["parameters"]), call["operation"])
            for call in self.world.calls(outcome="ok")
            if call["operation"] in CHANGES
        ]

    def serving(self, name):
        (found,) = self.ecs.describe_services(cluster="prod", services=[name])["services"]
        return found["taskDefinition"].rpartition("/")[2]

    def audit(self, name):
        rows = Audit(self.account.client("dynamodb"), self.table).rows(ARN + name)
        return [row.state for row in reversed(rows)]

    def called_at(self, name):
        """When its rollback was asked for."""
        return next(
            call["started"]
            for call in self.world.calls(outcome="ok")
            if call["operation"] in CHANGES and _service_of(call["parameters"]) == name
        )

    def ledger(self, name):
        store = LedgerStore(self.account.client("dynamodb"), self.table)
        return store.read([ARN + name])[ARN + name].ledger

    def row(self, name):
        """Of its second version."""
        rows = self.ledger(name).deployments
        return next(one for one in rows if one.target.name == f"{name}:2")

    def alerts(self):
        told = {}
        for entry in self.world.trace.select("event"):
            event = entry["event"]
            if event["source"] == "ecs-ops" and event["detail"].get("capability") == "deploy_guard":
                told.setdefault((event["detail"]["incident"], event["detail"]["stage"]), event)
        return [event["detail"] for event in told.values()]

    def told_of(self, name):
        return [one for one in self.alerts() if one["service"] == name]


def _service_of(parameters):
    if "service" in parameters:
        return parameters["service"]
    return parameters["serviceDeploymentArn"].split("/")[-2]


def test_all_go_back_in_turn_and_are_told_in_one_thread(operate):
    shop = Shop(operate)
    shop.release_all()
    assert [name for name, _ in shop.rollbacks] == ["api", "worker", "web"]
    assert [shop.serving(name) for name in SERVICES] == [
        "api:1",
        "worker:1",
        "web:1",
    ]
    assert shop.audit("web") == shop.audit("worker") == ["ATTEMPT", "REQUESTED"]
    assert len({one["incident"] for one in shop.alerts()}) == 1
    first = shop.told_of("api")[0]
    assert "Released with it: prod/worker, prod/web; all will go back with it." in first["summary"]
    web = shop.told_of("web")
    assert web[0]["title"] == "prod/web: web:2 goes back with prod/api"
    assert web[0]["summary"].splitlines()[0] == (
        "It was released with prod/api (release group shop), which failed."
    )
    assert web[-1]["title"].startswith("prod/web: rolled back, serving web:1")
    assert all(one["state"] == "update" for one in web)
    assert shop.row("web").outcome is Outcome.ROLLED_BACK
    assert shop.row("api").outcome_at <= shop.row("worker").outcome_at <= shop.called_at("web")
    bad = {name: shop.ledger(name).bad(shop.row(name).target) is not None for name in SERVICES}
    assert bad == {"api": True, "worker": False, "web": False}


def test_ecs_itself_can_be_the_first_to_roll_back(operate):
    shop = Shop(operate, breaker={}, api={"rollback": "notify"})
    shop.release_all(seconds=1200)
    assert [name for name, _ in shop.rollbacks] == ["worker", "web"]
    assert [shop.serving(name) for name in SERVICES] == [
        "api:1",
        "worker:1",
        "web:1",
    ]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"api": {"group-rollback": "alert"}}, "none of them goes back"),
        ({"web": {"group-rollback": "off"}}, "1 of 2 will go back"),
        ({"web": {"release-order": "first"}}, "1 of 2 will go back"),
    ],
)
def test_who_has_not_opted_in_is_told_and_stays(operate, tags, told):
    shop = Shop(operate, **tags)
    shop.release_all()
    assert shop.serving("web") == "web:2"
    assert shop.told_of("web") == []
    assert told in shop.told_of("api")[0]["summary"]
    (table,) = [
        block
        for block in shop.told_of("api")[0]["evidence"]
        if block["title"] == "Released with it (group shop)"
    ]
    assert [row[0] for row in table["rows"]] in (
        ["prod/web", "prod/worker"],
        ["prod/worker", "prod/web"],
    )


def test_it_is_off_unless_somebody_switches_it_on(operate):
    shop = Shop(operate, api={"group-rollback": "off"})
    shop.release_all()
    assert [name for name, _ in shop.rollbacks] == ["api"]
    assert "Released with it" not in shop.told_of("api")[0]["summary"]
    assert shop.world.calls("GetResources") == []


def test_what_was_released_long_before_is_not_part_of_it(operate):
    shop = Shop(operate, api={"release-window": "5m"})
    shop.release("web", seconds=400)
    shop.release("worker", seconds=100)
    shop.release("api", seconds=900)
    assert [name for name, _ in shop.rollbacks] == ["api", "worker"]


def test_the_brakes_of_each_service_hold_and_who_comes_after_it_is_left_to_people(operate):
    shop = Shop(operate)
    shop.release("web", "worker", seconds=200)
    now = shop.account.clock.now()
    freeze(
        shop.account.client("dynamodb"),
        shop.table,
        Freeze(f"{ARN}worker", "Ada", "inventory", now + 7200),
        now,
    )
    shop.release("api", seconds=1500)
    assert [name for name, _ in shop.rollbacks] == ["api"]
    worker, web = shop.told_of("worker"), shop.told_of("web")
    assert "frozen by Ada (inventory)" in worker[0]["summary"]
    assert "stays" in worker[0]["title"]
    assert "prod/worker goes back first" in web[0]["summary"]
    assert "was not rolled back" in web[-1]["title"]
    assert web[-1]["severity"] == "critical"
    assert shop.audit("worker") == ["FROZEN", "REFUSED"]


def test_somebody_who_deploys_meanwhile_is_left_alone(operate):
    shop = Shop(operate)
    shop.release("web", "worker", seconds=200)
    shop.release("api", seconds=40)
    shop.release("web", seconds=1500)
    assert "web" not in [name for name, _ in shop.rollbacks]
    assert shop.serving("web") == "web:3"


def test_of_a_service_in_notify_mode_the_call_is_told(operate):
    shop = Shop(operate, web={"rollback": "notify"})
    shop.release_all()
    assert [name for name, _ in shop.rollbacks] == ["api", "worker"]
    (told,) = shop.told_of("web")
    assert "The toolkit would run UpdateService to go back to web:1" in told["summary"]
    assert any("update-service" in (step.get("command") or "") for step in told["next_steps"])
