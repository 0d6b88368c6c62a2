"""The generated schemas in docs/ say what the code says."""

import pytest

from build_tools import schemas
from build_tools.schemas import SCHEMAS


@pytest.mark.parametrize(
    ("name", "in_force"),
    [
        ("alert-v1.json", schemas.alert_schema),
        ("job-v1.json", schemas.job_schema),
        ("job-event-v1.json", schemas.job_event_schema),
        ("scaling-v1.json", schemas.scaling_schema),
        ("spot-fallback-v1.json", schemas.spot_fallback_schema),
    ],
)
def test_the_documented_schema_is_the_one_in_force(name, in_force):
    written = (SCHEMAS / name).read_text(encoding="utf-8")
    assert written == in_force(), "run python -m build_tools.schemas"


def test_the_self_test_ships_the_samples_as_they_are_now():
    assert schemas.SAMPLES.read_text(encoding="utf-8") == schemas.samples()
