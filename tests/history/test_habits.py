"""What the user decided about signals is kept with the history."""

import json
from math import inf
from pathlib import Path

import pytest

from alerting.habits import Accepted, Chosen, Habits
from history.archive import SqliteArchive
from history.habits import MALFORMED, habits_in, habits_text, read_habits
from history.keep import Retention
from history.outlet import History

HABITS = Habits(
    muted={"request_rate": 1_795_366_800.0, "findings": inf},
    accepted={"response_time": {"192.0.2.1:80": Accepted(1_795_000_000.0, 0.25)}},
    relearned={"unanswered": 1_795_000_000.5},
    acknowledged={"request_rate": 1_795_360_000.0},
    baselines={"unanswered": Chosen("seasonal", "fixed")},
)


def kept(path: Path, habits: Habits | None = None) -> tuple[Habits, tuple[str, ...]]:
    """Open the history, return what was decided before and the warnings, and keep other habits if any."""
    history = History(path, Retention(), {"request_rate": "hits"})
    history.start()
    found = history.habits()
    if habits is not None:
        history.keep_habits(habits)
    warnings = history.warnings
    history.close()
    return found, warnings


def test_they_survive_a_restart_and_replace_each_other(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    assert kept(path, HABITS) == (Habits(), ())
    assert kept(path, Habits(muted={"findings": inf})) == (HABITS, ())
    assert kept(path) == (Habits(muted={"findings": inf}), ())


def test_their_text_is_the_same_again() -> None:
    assert habits_in(habits_text(HABITS)) == HABITS
    assert habits_in(habits_text(Habits())) == Habits()


def test_a_text_from_before_baselines_were_chosen_is_read() -> None:
    known = json.loads(habits_text(HABITS))
    del known["baselines"]
    assert habits_in(json.dumps(known)) == HABITS._replace(baselines={})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        "[" * 5000,
        habits_text(HABITS).replace("1795366800.0", "NaN"),
        habits_text(HABITS).replace("0.25", '"many"'),
        habits_text(HABITS).replace('"muted": {', '"muted": {"a": [], '),
        habits_text(HABITS).replace('"seasonal"', '"hourly"'),
        habits_text(HABITS).replace('["seasonal", "fixed"]', '"fixed"'),
        habits_text(Habits(muted={str(number): 1.0 for number in range(2001)})),
        None,
        b"\xff",
    ],
)
def test_damage_is_told_in_one_line_and_ignored(tmp_path: Path, text: object) -> None:
    path = tmp_path / "history.db"
    kept(path, HABITS)
    archive = SqliteArchive(str(path), Retention(), {})
    with archive.database.transaction() as run:
        run("DROP TABLE habits", [()])
        run("CREATE TABLE habits (one INTEGER PRIMARY KEY, text)", [()])
        run("INSERT INTO habits VALUES (1, ?)", [(text,)])
    archive.close()
    assert kept(path, HABITS) == (Habits(), (MALFORMED,))
    assert kept(path) == (HABITS, ())


def test_a_report_reads_a_file_without_them(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    kept(path)
    archive = SqliteArchive(str(path), Retention())
    assert read_habits(archive.database) == Habits()
    archive.close()
