"""Loads from generators and from files."""

import random
import statistics
from pathlib import Path

import pytest

from sandbox.errors import InvalidTrace
from sandbox.queue_load import arrivals
from sandbox.queue_load.load import constant, exponential, load_of, lognormal
from sandbox.queue_load.trace_file import read_trace

HOUR = 3600.0


def rng():
    return random.Random(1)


@pytest.mark.parametrize(
    "generate",
    [
        lambda r: arrivals.poisson(3.0, HOUR, r),
        lambda r: arrivals.varying(arrivals.diurnal(5.0, random.Random(2)), 24 * HOUR, r),
        lambda r: arrivals.varying(arrivals.square(0.0, 5.0, 600.0), HOUR, r),
        lambda r: arrivals.varying(arrivals.ramp(0.0, 5.0, HOUR), HOUR, r),
        lambda r: arrivals.bursts(5.0, HOUR, r, burst_s=10.0, quiet_s=20.0, spread=1.0),
        lambda r: arrivals.batches(50, 600.0, HOUR, r),
        lambda _r: arrivals.sparse(600.0, HOUR),
    ],
)
def test_generators_are_the_same_for_the_same_seed(generate):
    first = list(generate(rng()))
    assert first
    assert first == list(generate(rng()))


def test_a_poisson_load_has_its_rate():
    assert len(list(arrivals.poisson(10.0, HOUR, rng()))) == pytest.approx(36_000, rel=0.02)


def test_a_square_load_is_silent_and_loud_by_turns():
    times = list(arrivals.varying(arrivals.square(0.0, 5.0, 600.0), 1800.0, rng()))
    assert all(600 <= at < 1200 for at in times)


def test_a_ramp_goes_up_and_down():
    rate = arrivals.ramp(1.0, 9.0, 100.0)
    assert [rate(at) for at in (0.0, 25.0, 50.0, 75.0, 100.0)] == [1.0, 5.0, 9.0, 5.0, 1.0]


def test_a_day_has_a_peak_well_above_its_mean():
    rate = arrivals.diurnal(30.0, rng())
    values = [rate(60.0 * minute) for minute in range(1440)]
    assert max(values) == pytest.approx(30.0, rel=0.15)
    assert 3.0 < max(values) / statistics.mean(values) < 4.5
    assert 0.6 < statistics.pstdev(values) / statistics.mean(values) < 0.9


@pytest.mark.parametrize("service_time", [constant(2.0), exponential(2.0), lognormal(2.0, 2.0)])
def test_service_times_have_their_mean(service_time):
    times = [service_time(random.Random(seed)) for seed in range(20_000)]
    assert statistics.mean(times) == pytest.approx(2.0, rel=0.05)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    return path


def test_counts_are_spread_over_their_rows_and_scaled_to_a_peak(tmp_path):
    rows = "\n".join(
        f"2024-01-01 00:{minute:02}:00,{count}" for minute, count in enumerate([600, 1200, 300])
    )
    trace = read_trace(written(tmp_path, f"period,count\n{rows}\n"))
    load = trace.load(constant(2.0), rng(), peak=10.0)
    assert load.duration_s == 180.0
    by_minute = [sum(60 * m <= at < 60 * m + 60 for at in load.arrivals) for m in range(3)]
    assert by_minute == [300, 600, 150]
    assert load.work_s == 2 * 1050


def test_rows_without_counts_are_messages_and_may_say_what_they_ask_for(tmp_path):
    text = "TIMESTAMP,Tokens\n2023-11-16 18:17:03.9799600,10\n2023-11-16 18:17:05.9799600,30\n"
    load = read_trace(written(tmp_path, text), "Tokens").load(constant(2.0), rng())
    assert list(load.arrivals) == pytest.approx([0.0, 2.0])
    assert list(load.work) == pytest.approx([1.0, 3.0])


def test_epoch_seconds_are_times_too(tmp_path):
    load = read_trace(written(tmp_path, "t,count\n100,1\n160,1\n")).load(constant(1.0), rng())
    assert load.duration_s == 120.0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: expected a header"),
        ("100,1\n160,1\n", "line 1: expected a header"),
        ("t,count\n100,1\n", "at least two rows"),
        ("t,count\n100,1\nsoon,2\n", "line 3: 'soon' is no time: write epoch seconds or"),
        ("t,count\n100,1\n160,many\n", "line 3: a count is a number of 0 or more, not 'many'"),
        ("t,count\n100,1\n\n160,many\n", "line 4: a count"),
        ("t,count\n100,0\n160,0\n", "every count is 0"),
        ("t,count\n100,1\n160,-3\n", "line 3: a count is a number of 0 or more"),
        ("t,count\n100,1\n160,nan\n", "line 3: a count is a number of 0 or more"),
        ("t,count\n100,1\n160\n", "line 3: has 1 cells, expected 2"),
        ("t,count\n100,1e9\n160,1e9\n", "scale it with --peak"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(tmp_path, text, complaint):
    with pytest.raises(InvalidTrace, match=complaint):
        read_trace(written(tmp_path, text)).load(constant(1.0), rng())


def test_a_missing_file_or_column_is_named(tmp_path):
    with pytest.raises(InvalidTrace, match="cannot be read"):
        read_trace(tmp_path / "none.csv")
    with pytest.raises(InvalidTrace, match="there is no column 'Tokens'"):
        read_trace(written(tmp_path, "t,count\n100,1\n160,1\n"), "Tokens")


def test_a_load_knows_its_work():
    load = load_of("t", [3.0, 1.0], constant(2.0), 10.0, rng())
    assert list(load.arrivals) == [1.0, 3.0]
    assert (load.work_s, load.mean_work_s) == (4.0, 2.0)
