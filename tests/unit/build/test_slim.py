"""What goes from the artefact, and what must stay."""

import shutil
from pathlib import Path

import botocore
import pytest

from build_tools import slim

BOTOCORE_DATA = Path(botocore.__file__).parent / "data"


@pytest.fixture
def artefact(tmp_path):
    folder = tmp_path / "function"
    data = folder / "botocore" / "data"
    shutil.copytree(BOTOCORE_DATA / "sqs", data / "sqs")
    for path in BOTOCORE_DATA.glob("*.json"):
        shutil.copy(path, data)
    for name in (
        "toolkit/__init__.py",
        "toolkit/py.typed",
        "toolkit/__init__.pyi",
        "toolkit-1.dist-info/METADATA",
        "toolkit-1.dist-info/RECORD",
        "toolkit-1.dist-info/licenses/LICENSE",
        "toolkit-1.data/scripts/tool",
        "requirements.txt",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_licences_and_metadata_stay_and_bookkeeping_goes(artefact):
    slim.slim(artefact, {"sqs"})
    left = {path.relative_to(artefact).as_posix() for path in artefact.rglob("*") if path.is_file()}
    assert {name for name in left if not name.startswith("botocore/")} == {
        "toolkit/__init__.py",
        "toolkit/__pycache__/__init__.cpython-313.pyc",
        "toolkit-1.dist-info/METADATA",
        "toolkit-1.dist-info/licenses/LICENSE",
    }


def test_what_cannot_be_compiled_stops_the_build(artefact):
    (artefact / "toolkit" / "broken.py").write_text("def\n")
    with pytest.raises(Exception, match="returned non-zero exit status"):
        slim.slim(artefact, {"sqs"})


def test_the_same_input_gives_the_same_artefact(artefact, tmp_path):
    other = tmp_path / "elsewhere" / "function"
    shutil.copytree(artefact, other)
    slim.slim(artefact, {"sqs"})
    slim.slim(other, {"sqs"})
    assert slim.digest(artefact) == slim.digest(other)


def test_a_digest_tells_names_and_contents_apart(tmp_path):
    (tmp_path / "a").write_text("1")
    first = slim.digest(tmp_path)
    (tmp_path / "a").write_text("2")
    second = slim.digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, slim.digest(tmp_path)}) == 3
