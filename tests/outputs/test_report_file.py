"""The file of a report contains the old page or the new one, whatever happens."""

import os
import stat
from pathlib import Path

import pytest

from outputs.errors import UnavailableError
from outputs.report_file import ReportFile

OLD, NEW = "the page of before, which is longer", "the new page"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.html"


def written(path: Path, text: str = NEW) -> ReportFile:
    file = ReportFile(str(path))
    file.write(text)
    file.close()
    return file


def test_only_its_owner_can_read_a_new_file(path: Path) -> None:
    written(path)
    assert path.read_text() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_replaced_and_keeps_its_permissions(path: Path) -> None:
    path.write_text(OLD)
    path.chmod(0o644)
    with path.open() as reader:
        written(path)
        assert reader.read() == OLD
    assert path.read_text() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == [path.name]


def test_the_previous_page_stays_until_the_end(path: Path) -> None:
    path.write_text(OLD)
    ReportFile(str(path)).close()
    assert path.read_text() == OLD


def test_a_new_file_is_deleted_if_nothing_was_written(path: Path) -> None:
    ReportFile(str(path)).close()
    assert not path.exists()


def test_the_file_behind_a_link_is_replaced_not_the_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest.html"
    link.symlink_to(path)
    written(link)
    assert link.is_symlink()
    assert path.read_text() == NEW


def test_the_file_is_overwritten_if_the_folder_is_not_writable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(OLD)
    file = ReportFile(str(path))

    def denied(*arguments: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    file.write(NEW)
    file.close()
    assert path.read_text() == NEW


def test_no_temporary_file_is_left_if_renaming_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(OLD)
    file = ReportFile(str(path))

    def denied(*arguments: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", denied)
    file.write(NEW)
    file.close()
    assert path.read_text() == NEW
    assert os.listdir(path.parent) == [path.name]


def test_a_full_disk_keeps_the_old_page(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(OLD)
    file = ReportFile(str(path))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.write(NEW)
    file.close()
    assert path.read_text() == OLD
    assert os.listdir(path.parent) == [path.name]


def test_a_pipe_is_written_to() -> None:
    reader, writer = os.pipe()
    written(Path(f"/dev/fd/{writer}"))
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert stream.read() == NEW


@pytest.mark.parametrize("name", ["no/such/folder/report.html", ".", "report\0.html"])
def test_a_file_that_cannot_be_opened_is_reported_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnavailableError, match=r"^cannot write the report to .*; use another file with --report$"):
        ReportFile(f"{tmp_path}/{name}")
