"""What detectors learn live outlasts a restart; a capture is judged by itself."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from detecting import BEGIN
from scene import START, Scene
from unseen_visits import UNUSUAL, ordinary, visit
from wire import Talk, get, ok

import exercise
from capture.core import CORE
from capture.intake import Status
from capture.source import Counters
from detection.detectors.unseen import Unseen
from detection.pipeline import Detection
from exercise_config import Config
from history.keep import Retention
from history.outlet import History
from run.session import Session
from stats.loading import load
from traffic.batch import RecordBatch
from traffic.health import Health
from traffic.records import Exchange

pytestmark = pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core")

NAMES = ("request_rate", "top_findings")
STATUS = Status(Health(), Counters(0, 0), ())


def findings_of_run(path: Path, start: int, exchanges: list[Exchange]) -> int:
    """Run over exchanges, and return how many findings were counted."""
    history, detection = History(path, Retention(), dict.fromkeys(NAMES, "hits")), Detection([Unseen()])
    session = Session(Config(statistics=NAMES, signals=("request_rate",)), load(NAMES), "eth0 port 80", [], [history])
    session.detect_with(detection)
    session.record_all_in(history)
    history.start()
    history.teach(detection)
    session.start(BEGIN + start)
    session.count(RecordBatch(exchanges))
    session.finish(BEGIN + start + 1000, STATUS)
    view = session.view(None)
    history.close()
    assert history.warnings == ()
    assert view is not None
    return sum(row.window.count for panel in view.panels if panel.name == "top_findings" for row in panel.rows)


def test_a_host_that_was_known_before_a_restart_is_known_after_it(tmp_path: Path) -> None:
    attack = [visit(1500, UNUSUAL)]
    assert findings_of_run(tmp_path / "one.db", 0, ordinary(200)) == 0
    assert findings_of_run(tmp_path / "one.db", 1000, attack) == 1
    assert findings_of_run(tmp_path / "other.db", 1000, attack) == 0


def capture(path: Path) -> str:
    scene = Scene()
    for number in range(60):
        target = UNUSUAL if number % 30 == 29 else f"/items?page={number % 7}"
        addresses = ("203.0.113.7" if target == UNUSUAL else f"198.51.100.{number % 20}", "192.0.2.10")
        talk = Talk(client_port=2000 + number, addresses=addresses, time=START + 20 * number)
        scene.frames += talk.client(get(target, "Host: shop.example.com")).server(ok()).close().frames
    scene.write(path)
    return str(path)


def test_a_capture_is_judged_by_itself_and_nothing_is_kept_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, database = capture(tmp_path / "day.pcap"), tmp_path / "kept.db"
    words = ["-r", path, "--user", "root", "--set", "detectors=unseen", "--set", "statistics=top_findings"]
    shown = []
    for _ in range(2):
        assert exercise.main([*words, "--history", str(database)]) == 0
        shown.append(capsys.readouterr().out)
    assert "unseen" in shown[0]
    assert shown[0] == shown[1]
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("SELECT count(*) FROM sqlite_master WHERE name = 'detector'").fetchone() == (0,)
