"""Compiling the decoder: what is compiled, when it is made anew, and that the program knows what it runs."""

import os
import sys
import sysconfig
import time
from pathlib import Path

import pytest

import compile_decoder
from command import build


def test_the_whole_decoder_is_compiled() -> None:
    root = Path(compile_decoder.__file__).parent
    assert set((root / "traffic").glob("*.py")) <= set(compile_decoder.sources())


def test_what_is_named_to_be_compiled_is_there() -> None:
    root = Path(compile_decoder.__file__).parent
    assert all(list(root.glob(pattern)) for pattern in build.COMPILED)


def test_another_source_is_compiled_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "decoder.py"
    source.write_text("A = 1\n")
    monkeypatch.setattr(compile_decoder, "sources", lambda: [source])
    before = compile_decoder.fingerprint()
    assert before == compile_decoder.fingerprint()
    source.write_text("A = 2\n")
    assert before != compile_decoder.fingerprint()


def test_what_needs_no_compiling_is_not_older_than_its_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "traffic").mkdir()
    source, stamp = tmp_path / "traffic" / "decoder.py", tmp_path / "compiled-from"
    compiled = tmp_path / "traffic" / f"decoder{sysconfig.get_config_var('EXT_SUFFIX')}"
    source.touch()
    compiled.touch()
    os.utime(compiled, (time.time() - 60,) * 2)
    monkeypatch.setattr(compile_decoder, "sources", lambda: [source])
    monkeypatch.setattr(compile_decoder, "ROOT", tmp_path)
    monkeypatch.setattr(compile_decoder, "STAMP", stamp)
    monkeypatch.setattr(build, "_origin", lambda: compiled)
    monkeypatch.setattr(sys, "argv", ["compile_decoder.py"])
    stamp.write_text(compile_decoder.fingerprint())
    assert build.warning()
    assert compile_decoder.main() == 0
    assert build.warning() == ""


def test_it_is_said_what_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "C compiler" in compile_decoder.what_lacks()


def test_a_compiled_decoder_that_is_older_than_its_source_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "traffic").mkdir()
    compiled, source = tmp_path / "traffic" / "decoder.so", tmp_path / "traffic" / "decoder.py"
    compiled.touch()
    source.touch()
    monkeypatch.setattr(build, "_origin", lambda: compiled)
    os.utime(source, (time.time() - 60,) * 2)
    assert build.build() == "compiled"
    assert build.warning() == ""
    os.utime(source, (time.time() + 60,) * 2)
    assert "make fast" in build.warning()
