"""What detectors have learned is kept with the history."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from alerting.habits import Habits
from history.archive import SqliteArchive
from history.detectors import MALFORMED, SHARE, TOO_LARGE
from history.keep import Retention
from history.outlet import LEARNED, History

KEEP = Retention(size=16 * 2**20)
NOW = 1_795_360_000.0


class Detectors:
    """Detectors that know what they are told."""

    def __init__(self, **known: bytes) -> None:
        self.known: Mapping[str, bytes] = known
        self.asked = 0

    def learned(self) -> Mapping[str, bytes]:
        self.asked += 1
        return self.known

    def restore(self, learned: Mapping[str, bytes]) -> Sequence[str]:
        self.known = {**learned, **self.known}
        return [f"{name} is damaged" for name, state in learned.items() if state == b"damaged"]


def taught(path: Path, **known: bytes) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """Run with detectors that learn something; return what they know then, and the warnings."""
    history, detectors = History(path, KEEP, {"request_rate": "hits"}), Detectors(**known)
    history.start()
    history.teach(detectors)
    history.begin(NOW)
    history.advance(NOW + LEARNED)
    warnings = history.warnings
    history.close()
    return detectors.known, warnings


def test_it_survives_a_restart_and_each_detector_replaces_its_own(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    assert taught(path, one=b"\0\xff", two=b"2") == ({"one": b"\0\xff", "two": b"2"}, ())
    assert taught(path, one=b"1") == ({"one": b"1", "two": b"2"}, ())
    assert taught(path) == ({"one": b"1", "two": b"2"}, ())


def test_it_is_kept_every_few_minutes_and_at_the_end(tmp_path: Path) -> None:
    history, detectors = History(tmp_path / "history.db", KEEP, {}), Detectors(one=b"1")
    history.start()
    history.teach(detectors)
    history.advance(NOW)
    history.begin(NOW)
    for passed, asked in ((0, 0), (LEARNED - 1, 0), (LEARNED, 1), (2 * LEARNED - 1, 1), (2 * LEARNED, 2)):
        history.advance(NOW + passed)
        assert detectors.asked == asked
    history.finish(None)  # type: ignore[arg-type]
    assert detectors.asked == 3
    history.close()


def test_what_cannot_be_used_is_told(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    taught(path, one=b"damaged")
    assert taught(path)[1] == ("one is damaged",)


def test_what_is_too_large_is_not_kept_and_told_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    history = History(path, KEEP, {})
    history.start()
    history.teach(Detectors(one=b"x" * (KEEP.size // SHARE + 1)))
    history.begin(NOW)
    for number in range(1, 4):
        history.advance(NOW + number * LEARNED)
    assert history.warnings == (TOO_LARGE,)
    history.close()
    assert taught(path) == ({}, ())


@pytest.mark.parametrize("row", [(7, b"x"), ("one", "x"), (b"one", b"x"), ("one", 7)])
def test_a_table_that_something_else_wrote_is_told_in_one_line_and_ignored(
    tmp_path: Path, row: tuple[object, object]
) -> None:
    path = tmp_path / "history.db"
    taught(path)
    archive = SqliteArchive(str(path), Retention(), {})
    with archive.database.transaction() as run:
        run("DROP TABLE detector", [()])
        run("CREATE TABLE detector (name PRIMARY KEY, learned)", [()])
        run("INSERT INTO detector VALUES (?, ?)", [row])
    archive.close()
    assert taught(path)[1] == (MALFORMED,)


def test_a_full_file_is_no_reason_to_try_again(tmp_path: Path) -> None:
    """The minutes that wait behind it make room."""
    history = History(tmp_path / "history.db", Retention(size=2**22 + 2**16), {"request_rate": "hits"})
    history.start()
    history.teach(Detectors(one=bytes(2**18)))
    history.finish(None)  # type: ignore[arg-type]
    history.keep_habits(Habits(muted={"request_rate": 1.0}))
    history.close()
    again = History(tmp_path / "history.db", KEEP, {})
    again.start()
    assert again.habits() == Habits(muted={"request_rate": 1.0})
    again.close()
    assert history.warnings == ()
