"""The generated schemas in docs/ say what the code says."""

from build_tools import schemas
from build_tools.schemas import SCHEMAS, alert_schema, scaling_schema


def test_the_documented_alert_schema_is_the_one_in_force():
    assert (SCHEMAS / "alert-v1.json").read_text(encoding="utf-8") == alert_schema(), (
        "run python -m build_tools.schemas"
    )


def test_the_documented_scaling_schema_is_the_one_in_force():
    written = (SCHEMAS / "scaling-v1.json").read_text(encoding="utf-8")
    assert written == scaling_schema(), "run python -m build_tools.schemas"


def test_the_self_test_ships_the_samples_as_they_are_now():
    assert schemas.SAMPLES.read_text(encoding="utf-8") == schemas.samples()
