"""What is on the screen goes to a file or to the clipboard."""

import json
import os
import stat
from pathlib import Path

import pytest
from full_driver import Driven, drive

from dashboard.full.detail_screen import DetailScreen
from dashboard.full.export import export
from dashboard.full.export_screen import ExportScreen
from dashboard.full.main_screen import MainScreen
from dashboard.full.new_file import DistantFiles, write_on_request
from view.exchange_line import Discretion


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_filtered_exchanges_are_written_as_lines_of_json(folder: Path) -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("status:500")
        await user.press("enter", "E")
        assert isinstance(user.app.screen, ExportScreen)
        await user.press("enter")
        assert isinstance(user.app.screen, MainScreen)
        (file,) = folder.iterdir()
        assert file.name == "http-monitor-20261122-170810.jsonl"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert {line["http.response.status_code"] for line in lines} == {500}
        assert f"{len(lines)} exchanges written to {file.name}" in user.lines()[-1]
        assert lines == sorted(lines, key=lambda line: line["event.end"])

    drive(scenario)


def test_a_name_can_be_typed_and_its_ending_decides_the_form(folder: Path) -> None:
    async def scenario(user: Driven) -> None:
        await user.press("E", "ctrl+u")
        await user.type("q1.csv")
        await user.press("enter")
        heading, *rows = (folder / "q1.csv").read_text().splitlines()
        assert heading.startswith("@timestamp,")
        assert len(rows) == len(user.ledger.recent)

    drive(scenario)


def test_details_write_the_exchanges_of_their_row(folder: Path) -> None:
    async def scenario(user: Driven) -> None:
        await user.press("2", "enter", "E", "enter")
        assert isinstance(user.app.screen, DetailScreen)
        (file,) = folder.iterdir()
        hosts = {json.loads(line)["url.domain"] for line in file.read_text().splitlines()}
        assert hosts == {"shop.example.com"}

    drive(scenario)


def test_nothing_is_written_after_esc(folder: Path) -> None:
    async def scenario(user: Driven) -> None:
        await user.press("E", "escape")
        assert isinstance(user.app.screen, MainScreen)
        assert list(folder.iterdir()) == []

    drive(scenario)


def test_no_file_is_changed_and_no_link_followed(folder: Path) -> None:
    (folder / "there").write_text("mine")
    (folder / "link").symlink_to(folder / "elsewhere")
    for name in ("there", "link"):
        assert export(name, [], Discretion()) == f"{name} is there already; choose another name"
    assert (folder / "there").read_text() == "mine"
    assert not (folder / "elsewhere").exists()


def test_what_prevents_it_is_said(folder: Path) -> None:
    assert export("no/such", [], Discretion()) == "cannot write no/such: No such file or directory"
    assert export("a\0b", [], Discretion()).startswith("cannot write a")
    assert export("", [], Discretion()).startswith("cannot write")


def test_another_process_writes_the_same_file_but_no_program(folder: Path) -> None:
    files = DistantFiles(write_on_request)
    (folder / "there.csv").write_text("mine")
    for name, said in (
        ("new.csv", "0 exchanges written to new.csv"),
        ("there.csv", "there.csv is there already; choose another name"),
        ("no/such.csv", "cannot write no/such.csv: No such file or directory"),
        ("a\0.csv", "cannot write a\0.csv: embedded null byte"),
        (".profile", "cannot write .profile: its name must end in .csv, .json, .jsonl, .ndjson, .txt or .log"),
    ):
        assert export(name, [], Discretion(), files) == said
    export("here.csv", [], Discretion())
    assert (folder / "new.csv").read_text() == (folder / "here.csv").read_text() != ""
    assert sorted(os.listdir(folder)) == ["here.csv", "new.csv", "there.csv"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full device as Linux has it")
def test_half_a_file_is_not_left_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, mode: (opened(path, flags, mode), opened("/dev/full", 1))[1])
    assert export("half.csv", [], Discretion()) == "cannot write half.csv: No space left on device"
    assert list(folder.iterdir()) == []


def test_an_exchange_is_copied_as_a_command() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("y")
        assert "no exchange with a request is selected" in user.lines()[-1]
        await user.press("e", "s", "y")
        assert user.app.clipboard.startswith("curl --header 'Host: shop.example.com'")
        assert user.app.clipboard.endswith("http://10.0.0.21:80/reports/yearly")
        assert "copied: curl" in user.lines()[-1]
        await user.press("enter")
        assert "As a command" in user.text()

    drive(scenario)
