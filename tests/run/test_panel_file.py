"""The choice of panels is remembered in the user's state folder."""

import os
from pathlib import Path

import pytest

from dashboard.full.panel_choice import PanelChoice
from run.panel_file import NAME, PanelFile

CHOICE = PanelChoice(("top_clients", "top_sections"), frozenset({"top_methods"}))


def test_a_choice_is_there_in_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "http-monitor"
    assert PanelFile(folder).choice == PanelChoice()
    assert PanelFile(folder).keep(CHOICE) == ""
    assert PanelFile(folder).choice == CHOICE
    assert os.listdir(folder) == [NAME]
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"order": 1, "hidden": []}', '{"order": ["a"], "hidden": [1]}', "\0"])
def test_a_malformed_file_is_no_choice(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    assert PanelFile(tmp_path).choice == PanelChoice()


def test_a_folder_that_cannot_be_made_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    panels = PanelFile(tmp_path / "file")
    assert panels.keep(CHOICE).startswith("the choice of panels is lost at the end: ")
    assert panels.choice == CHOICE


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("{}")
    (tmp_path / NAME).symlink_to(other)
    assert PanelFile(tmp_path).keep(CHOICE) == ""
    assert other.read_text() == "{}"
