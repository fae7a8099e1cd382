"""Whoever asks for content without a core that keeps it is told so, in one line."""

import pytest

from capture import core
from exercise_config import Config
from run.decoding import content_lines, limits, shared


def test_without_the_core_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "CORE", None)
    monkeypatch.delenv("HTTP_MONITOR_DECODER", raising=False)
    line = "content is inspected with the Rust core only: make fast, or pip install ./core"
    assert content_lines(["waf"]) == (line,)
    assert content_lines([]) == ()
    monkeypatch.setenv("HTTP_MONITOR_DECODER", "python")
    assert content_lines(["waf"]) == ("content is inspected with the Rust core only: unset HTTP_MONITOR_DECODER",)


def test_a_core_is_new_enough_if_it_undoes_content_codings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "CORE", object())
    line = "this core is too old to inspect content: make fast, or pip install ./core"
    assert content_lines(["waf"]) == (line,)
    monkeypatch.setattr(core, "CORE", type("Core", (), {"decode_content": None}))
    assert content_lines(["waf"]) == ()


def test_the_settings_are_the_limits_of_the_decoder() -> None:
    bounds = limits(Config(max_inspected_body=7, max_queued_content=2**20))
    assert (bounds.inspected_body, bounds.waiting_content) == (7, 2**20)
    assert (shared(bounds, 4).inspected_body, shared(bounds, 4).waiting_content) == (7, 2**18)
