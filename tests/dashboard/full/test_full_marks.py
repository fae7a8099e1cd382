"""Marking exchanges as good or bad: keys, the list, the page of an exchange, and the file."""

import json
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from full_desk import START, Ledger
from full_driver import Driven, drive
from records import ended, request

from dashboard.full.marks import MOST, Marks
from outputs.errors import UnavailableError
from outputs.label_file import LabelFile
from traffic.records import Exchange
from view.exchange_line import Discretion

FEATURES = "0a" * 4


def visit(number: int = 0, features: str = FEATURES) -> Exchange:
    asked = request(START + number, host="shop.example.com", target=f"/page/{number}?q=secret", client="10.0.0.7")
    return ended(asked, 200, 0.01, features=features)


def ledger(features: str = FEATURES) -> Ledger:
    found = Ledger()
    for number in range(3):
        visited = visit(number, features)
        found.count([visited.request, visited], START + number + 1)
    return found


def marking(scenario: Callable[[Driven], Awaitable[None]], file: LabelFile | None, features: str = FEATURES) -> None:
    drive(scenario, ledger(features), marks=None if file is None else Marks(file.write))


def rows(user: Driven) -> list[str]:
    return [line.rstrip() for line in user.lines() if "/page/" in line]


def test_keys_mark_the_selected_exchange_and_take_the_mark_back(tmp_path: Path) -> None:
    path = tmp_path / "marks.json"
    file = LabelFile(str(path))

    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "minus")
        assert "marked as bad" in user.text()
        assert rows(user)[0].endswith("bad")
        await user.press("j", "plus")
        assert rows(user)[1].endswith("good")
        await user.press("minus")
        assert rows(user)[1].endswith("bad")
        await user.press("minus")
        assert "mark taken back" in user.text()
        assert not rows(user)[1].endswith(("bad", "good"))

    marking(scenario, file)
    file.close()
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["url.path"], line["label"]) for line in lines] == [
        ("/page/0", "bad"), ("/page/1", "good"), ("/page/1", "bad"), ("/page/1", "none"),
    ]  # fmt: skip
    assert lines[0]["http_monitor.features"] == FEATURES
    assert "secret" not in path.read_text(), "queries are hidden, as in the log"


def test_the_page_of_an_exchange_has_the_key_and_shows_the_mark(tmp_path: Path) -> None:
    file = LabelFile(str(tmp_path / "marks.json"))

    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "enter", "plus")
        assert any(line.split() == ["Label", "good"] for line in user.lines()), user.text()
        await user.press("q")
        assert rows(user)[0].endswith("good")

    marking(scenario, file)
    file.close()


def test_marking_leaves_a_paused_display_paused(tmp_path: Path) -> None:
    file = LabelFile(str(tmp_path / "marks.json"))

    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "space", "minus")
        assert user.app.state.frozen
        assert rows(user)[0].endswith("bad")

    marking(scenario, file)
    file.close()


def test_without_the_setting_the_key_names_the_option() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "minus")
        assert "restart with --labels FILE" in user.text()
        assert not any("label" in line for line in user.lines()[:-2])

    marking(scenario, None)


def test_an_exchange_without_features_is_not_marked(tmp_path: Path) -> None:
    file = LabelFile(str(tmp_path / "marks.json"))

    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "minus")
        assert "no features to learn from" in user.text()

    marking(scenario, file, features="")
    file.close()
    assert (tmp_path / "marks.json").read_text() == ""


def test_only_the_owner_reads_a_new_file_and_an_old_one_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "marks.json"
    for line in ("one", "two"):
        file = LabelFile(str(path))
        assert file.write(line) == ""
        file.close()
    assert path.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_file_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"cannot write labels to .*; use another file with --labels"):
        LabelFile(str(tmp_path / "missing" / "marks.json"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_mark_that_cannot_be_written_is_none() -> None:
    file = LabelFile("/dev/full")
    marks = Marks(file.write)
    told = marks.set("one", visit(), "bad", Discretion())
    assert told.startswith("not marked: writing to /dev/full failed")
    assert marks.of("one") == ""
    file.close()


def test_the_earliest_marks_are_forgotten_on_the_screen() -> None:
    written: list[str] = []

    def write(line: str) -> str:
        written.append(line)
        return ""

    marks = Marks(write)
    for number in range(MOST + 1):
        marks.set(str(number), visit(), "bad", Discretion())
    assert len(written) == MOST + 1
    assert (marks.of("0"), marks.of("1"), marks.of(str(MOST))) == ("", "bad", "bad")
