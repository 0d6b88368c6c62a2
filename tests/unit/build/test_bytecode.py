"""Bytecode must be valid in Lambda, where every file is dated 1980."""

import os
import py_compile

import pytest

from build_tools import bytecode


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "package" / "module.py"
    path.parent.mkdir()
    path.write_text("ANSWER = 42\n")
    return path


def test_what_was_compiled_is_valid_whatever_its_date(module, tmp_path):
    bytecode.compile_all(tmp_path)
    os.utime(module, (315532800, 315532800))
    assert list(bytecode.invalid(tmp_path)) == []


def test_tracebacks_show_the_path_in_lambda(module, tmp_path):
    bytecode.compile_all(tmp_path)
    (compiled,) = tmp_path.rglob("*.pyc")
    assert b"/var/task/package/module.py" in compiled.read_bytes()


def test_the_same_source_gives_the_same_bytes(module, tmp_path):
    bytecode.compile_all(tmp_path)
    (compiled,) = tmp_path.rglob("*.pyc")
    first = compiled.read_bytes()
    compiled.unlink()
    bytecode.compile_all(tmp_path)
    assert compiled.read_bytes() == first


def test_missing_bytecode_is_found(module, tmp_path):
    assert list(bytecode.invalid(tmp_path)) == ["package/module.py: no bytecode"]


def test_bytecode_that_is_checked_by_time_is_found(module, tmp_path):
    py_compile.compile(str(module), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    assert list(bytecode.invalid(tmp_path)) == [
        "package/module.py: bytecode is not checked by hash"
    ]


def test_bytecode_of_another_source_is_found(module, tmp_path):
    bytecode.compile_all(tmp_path)
    module.write_text("ANSWER = 43\n")
    assert list(bytecode.invalid(tmp_path)) == ["package/module.py: bytecode of another source"]


def test_bytecode_of_another_python_is_found(module, tmp_path):
    bytecode.compile_all(tmp_path)
    (compiled,) = tmp_path.rglob("*.pyc")
    compiled.write_bytes(b"\x00\x00\r\n" + compiled.read_bytes()[4:])
    assert list(bytecode.invalid(tmp_path)) == [
        "package/module.py: bytecode of another Python version"
    ]
