"""``ecs-ops gameday queue``: loads by name and from files, and what is refused with its fix."""

import json
import random

import pytest

from sandbox.cli import main
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.gameday_options import LOADS as OFFERED
from sandbox.queue_load.generated import LOADS


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace.csv"
    rows = "".join(f"{60 * minute},{120 if 5 <= minute < 15 else 12}\n" for minute in range(30))
    path.write_text(f"timestamp,count\n{rows}")
    return path


def gameday(tmp_path, *arguments):
    return main(["gameday", "queue", "--html", str(tmp_path / "page.html"), *map(str, arguments)])


def test_a_trace_becomes_one_page_and_a_line_for_each_mode(tmp_path, trace, capsys):
    assert gameday(tmp_path, "--trace", trace, "--slo", "2m") == ExitCode.DONE
    out = capsys.readouterr().out
    assert "trace: 1,440 messages in 0.5 h, SLO 120 s" in out
    assert "managed_60s" in out
    assert "direct_20s" in out
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 5
    assert "SLO 120 s" in page


def test_one_mode_as_json(tmp_path, trace, capsys):
    assert gameday(tmp_path, "--trace", trace, "--mode", "direct", "--json") == ExitCode.DONE
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == ["direct_20s"]
    assert 0 <= scores["direct_20s"]["within_slo_pct"] <= 100


def test_the_same_seed_gives_the_same_page(tmp_path, trace):
    pages = set()
    for _ in range(2):
        gameday(tmp_path, "--trace", trace, "--seed", 3)
        pages.add((tmp_path / "page.html").read_text())
    assert len(pages) == 1


def test_a_peak_scales_the_trace(tmp_path, trace, capsys):
    gameday(tmp_path, "--trace", trace, "--peak", "1", "--mode", "direct")
    assert "720 messages" in capsys.readouterr().out


def test_a_generator_by_name(tmp_path, capsys):
    assert gameday(tmp_path, "--load", "sparse", "--slo", "2m") == ExitCode.DONE
    assert "sparse: 17 messages in 6 h" in capsys.readouterr().out


def test_every_generator_is_offered_and_makes_a_load():
    assert set(OFFERED) == set(LOADS)
    for name, generate in LOADS.items():
        load = generate(random.Random(1))
        assert load.name == name
        assert len(load.arrivals) > 10
        assert all(0 <= at <= load.duration_s for at in (load.arrivals[0], load.arrivals[-1]))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("timestamp,count\n0,5\nsoon,5\n", "line 3: 'soon' is no time: write epoch seconds or"),
        ("timestamp,count\n0,5\n60,lots\n", "line 3: a count is a number of 0 or more, not 'lots'"),
        ("0,5\n60,5\n", "line 1: expected a header: add the line timestamp,count"),
        ("timestamp,count\n0,5\n", "line 2: a trace needs at least two rows"),
    ],
)
def test_what_is_no_trace_is_refused_with_line_and_fix(tmp_path, capsys, text, complaint):
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    assert gameday(tmp_path, "--trace", path) == ExitCode.BAD_FILE
    error = capsys.readouterr().err
    assert f"ecs-ops gameday: {path}: {complaint}" in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--slo", "soon"], "--slo: 'soon': expected a duration like 250ms, 30s, 5m or 2h"),
        (["--startup", "2h"], "--startup: '2h': expected between 1s and 1h"),
        (["--peak", "3"], "--peak: belongs to --trace FILE"),
        (["--processing-time", "3s"], "--processing-time: belongs to --trace FILE"),
        (["--concurrency", "0"], "--concurrency: 0: expected 1 to 1000"),
        (["--min-tasks", "5", "--max-tasks", "2"], "--min-tasks: 5 is more than --max-tasks"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path, capsys, arguments, complaint):
    assert gameday(tmp_path, *arguments) == ExitCode.USAGE
    assert complaint in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_said(tmp_path, trace, capsys):
    arguments = ["gameday", "queue", "--trace", str(trace), "--html", str(tmp_path / "no" / "x")]
    assert main(arguments) == ExitCode.USAGE
    assert "--html" in capsys.readouterr().err
