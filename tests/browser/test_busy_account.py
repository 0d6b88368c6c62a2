"""The preview over a busy account, from the shipped function to the browser."""

import os
from pathlib import Path

import pytest

from sandbox.cli.dashboard import let_spot_take_tasks, widget
from sandbox.cli.preview_page import SIZES, preview
from sandbox.cli.stage import Stage
from sandbox.ecs import App
from tests.browser.measured_page import measured_page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WORLD = Path(__file__).with_name("busy-world.yaml")
SERVICES = 18


@pytest.fixture(scope="module")
def stage():
    """One service cannot start its new version, one is in the middle of a deployment."""
    with Stage(WORLD, 3) as stage:
        let_spot_take_tasks(stage)
        stage.account.ecs.behave("api", App(start_failure="CannotPullContainerError: not found"))
        ecs = stage.account.client("ecs")
        ecs.update_service(cluster="prod", service="api", forceNewDeployment=True)
        stage.account.run_for(120)
        ecs.update_service(cluster="prod", service="web", forceNewDeployment=True)
        stage.account.run_for(20)
        yield stage


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_whole_account_fits_into_every_size(stage, browser, tmp_path, theme):
    shown = [(size, widget(stage, size, theme)) for size in SIZES]
    found = browser.measure(measured_page([(size.width, html) for size, html in shown], theme))
    for seen in found["widgets"]:
        assert seen["beyond"] == []
        assert seen["needed"] <= seen["width"]
        assert len(seen["row"]) == SERVICES
        assert seen["text"].index("api prod") < seen["text"].index("web prod")
        assert seen["text"].index("web prod") < seen["text"].index("checkout prod")
    widest = found["widgets"][0]["text"]
    cause = "api:1 failed: the image does not exist"
    for said in ("1 of 18 services needs a look", cause, "drain dry-run", "by toolkit"):
        assert said in widest
    picture = Path(os.environ.get("SCREENSHOTS") or tmp_path) / f"busy-account-{theme}.png"
    browser.screenshot(preview(shown, theme, live=False), picture, (1900, 1750))
    assert picture.stat().st_size > 20_000
