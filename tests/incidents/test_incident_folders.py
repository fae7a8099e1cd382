"""Folders of incidents: their names and rights, and that nothing else is ever deleted."""

import stat
from pathlib import Path

import pytest

from incidents.folders import IncidentFolders
from outputs.errors import UnavailableError

START = 1_795_366_930.0
NAME = "20261122T170210Z-request_rate"


def test_a_folder_is_named_by_time_and_signal_and_only_its_owner_can_use_it(tmp_path: Path) -> None:
    folder = IncidentFolders(tmp_path, 5, 10**6).make("request_rate", START)
    assert folder == tmp_path / NAME
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    folders = IncidentFolders(tmp_path, 5, 10**6)
    made = [folders.make("request_rate", START).name for _ in range(3)]
    assert made == [NAME, f"{NAME}-2", f"{NAME}-3"]


def test_a_time_beyond_the_calendar_still_has_a_name(tmp_path: Path) -> None:
    assert IncidentFolders(tmp_path, 5, 10**6).make("request_rate", 1e300).name == "19700101T000000Z-request_rate"


def test_old_incidents_are_deleted_with_their_files(tmp_path: Path) -> None:
    folders = IncidentFolders(tmp_path, 2, 10**6)
    for number in range(4):
        (folders.make("request_rate", START + number * 7200) / "summary.md").write_text("x")
    folders.prune()
    assert sorted(path.name[:11] for path in tmp_path.iterdir()) == ["20261122T21", "20261122T23"]


def test_only_folders_of_incidents_are_deleted(tmp_path: Path) -> None:
    folders = IncidentFolders(tmp_path, 1, 10**6)
    noted = folders.make("request_rate", START)
    (noted / "notes.txt").write_text("seen by Ann")
    renamed = tmp_path / "the-big-one"
    folders.make("request_rate", START + 60).rename(renamed)
    linked = tmp_path / f"{NAME[:-12]}traffic_drop"
    linked.symlink_to(renamed)
    (tmp_path / "readme").write_text("")
    newest = folders.make("request_rate", START + 7200)
    oldest = folders.make("request_rate", START - 7200)
    folders.prune()
    assert {*tmp_path.iterdir()} == {noted, renamed, linked, tmp_path / "readme", newest}
    assert not oldest.exists()


def test_a_folder_that_went_away_is_an_error(tmp_path: Path) -> None:
    folders = IncidentFolders(tmp_path / "gone", 1, 10**6)
    with pytest.raises(FileNotFoundError):
        folders.make("request_rate", START)
    with pytest.raises(FileNotFoundError):
        folders.prune()
    with pytest.raises(UnavailableError, match="may not write there; chown it, or use another folder with --incidents"):
        folders.check()
