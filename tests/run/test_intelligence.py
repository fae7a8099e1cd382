"""Files with indicators are read at the start and again when they change; what is wrong keeps what was there."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from records import exchange, request
from wire import Talk, get, ok

import exercise
from capture.named_files import NamedFiles
from capture.writer import PcapWriter
from cli.arguments import parse_arguments
from cli.settings import configured
from detection.detectors.threat_intelligence import ThreatIntelligence
from exercise_config import Config, SettingError
from run.feeds import Intelligence
from run.intelligence import UNHASHED, detecting, open_intelligence, read_again
from run.memory_bound import memory_bound
from traffic.batch import RecordBatch

UUID = "5d0092c5-5f74-4287-9642-33f4c354e56d"


class Run:
    """A run with one file of indicators, driven step by step."""

    def __init__(self, folder: Path, content: str, **settings: object) -> None:
        self.path = folder / "feed.txt"
        self.path.write_text(content)
        config = Config(indicators=(str(self.path),), **settings)  # type: ignore[arg-type]
        self.detector = ThreatIntelligence()
        opened = open_intelligence(config, [self.detector], NamedFiles(None, None), live=True)
        assert opened is not None
        self.intelligence: Intelligence = opened
        self.time = 1000.0

    def refresh(self) -> list[str]:
        """Check the files, and return what is said."""
        self.intelligence.refresh()
        said = [line.replace(str(self.path), "feed.txt") for line in self.intelligence.news]
        self.intelligence.news.clear()
        return said

    def finds(self, host: str) -> bool:
        """Return whether a visit to the host is found; each is an hour after the last."""
        self.time += 4000
        visit = exchange(request(time=self.time, host=host), time=self.time)
        return bool(list(self.detector.look(RecordBatch([visit]))))


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    run = Run(tmp_path, "bad.example.com\n")
    assert run.refresh() == ["indicators: feed.txt: list, 1 indicator"]
    assert run.finds("bad.example.com")
    assert [run.refresh(), run.refresh(), run.refresh()] == [[], [], []]
    run.path.write_text("worse.example.com\nothers.example.com\n10.0.0.1\n")
    assert run.refresh() == [], "somebody may still be writing to it"
    assert run.refresh() == ["indicators: feed.txt: list, 2 indicators (left out: 1 private)"]
    assert (run.finds("worse.example.com"), run.finds("bad.example.com")) == (True, False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<!DOCTYPE html><p>503", "is an HTML or XML page, not a list of indicators"),
        ("", "is empty"),
        ('{"a": 1 ', "is truncated or damaged JSON: Expecting ',' delimiter: line 1 column 9 (char 8)"),
    ],
)  # fmt: skip
def test_a_file_that_became_wrong_keeps_its_indicators(tmp_path: Path, content: str, reason: str) -> None:
    run = Run(tmp_path, "bad.example.com\n")
    run.refresh()
    run.path.write_text(content)
    run.intelligence.ask()
    line = f"indicators: feed.txt {reason}; 1 indicator from before will be used"
    assert run.refresh() == [line]
    assert run.intelligence.warnings == (line.replace("feed.txt", str(run.path)),)
    assert [run.refresh(), run.refresh()] == [[], []], "it is said once"
    assert run.finds("bad.example.com")
    run.path.write_text("bad.example.com\ngood.again.example.com\n")
    run.intelligence.ask()
    run.refresh()
    assert not run.intelligence.warnings


def test_that_files_are_not_hashed_is_said_once(tmp_path: Path) -> None:
    run = Run(tmp_path, f"{'0' * 64}\n")
    assert run.refresh() == ["indicators: feed.txt: list, 1 indicator", UNHASHED]
    run.intelligence.ask()
    assert run.refresh() == ["indicators: feed.txt: list, 1 indicator"]
    hashing = Run(tmp_path, f"{'0' * 64}\n", detectors=("file_hashes",))
    assert hashing.refresh() == ["indicators: feed.txt: list, 1 indicator"]


def test_what_is_needed_or_has_files_is_enabled() -> None:
    wanted = Config(log_records=("files",), data_leak_patterns="x", malware_clamav="/y")
    assert detecting(wanted)[len(Config().detectors) :] == ("data_leak", "malware", "file_hashes")
    assert detecting(Config(detectors=("malware",), malware_rules=("x",))) == ("malware",)


def test_a_file_that_is_gone_keeps_its_indicators_until_it_is_back(tmp_path: Path) -> None:
    run = Run(tmp_path, "bad.example.com\n")
    run.refresh()
    run.path.unlink()
    run.refresh()
    assert run.intelligence.warnings == (
        f"indicators: {run.path} cannot be read again: No such file or directory; 1 indicator from before will be used",
    )
    assert run.finds("bad.example.com")
    run.path.write_text("bad.example.com\n")
    run.refresh()
    assert run.refresh() == ["indicators: feed.txt: list, 1 indicator"]
    assert not run.intelligence.warnings


def test_a_file_that_is_too_large_is_refused_once(tmp_path: Path) -> None:
    run = Run(tmp_path, "bad.example.com\n" * 70_000, max_indicator_file=1)
    assert run.refresh() == ["indicators: feed.txt has more than 1,048,576 bytes; see max_indicator_file"]
    run.refresh()
    run.refresh()
    assert run.refresh() == []


def test_the_limit_is_shared_by_all_files(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("".join(f"b{number}.example.com\n" for number in range(900)))
    first = tmp_path / "first.txt"
    first.write_text("".join(f"a{number}.example.com\n" for number in range(900)))
    config = Config(indicators=(str(first), str(other)), max_indicators=1000)
    intelligence = open_intelligence(config, [ThreatIntelligence()], NamedFiles(None, None), live=False)
    assert intelligence is not None
    intelligence.start()
    assert intelligence.news[1].endswith("100 indicators (left out: 800 beyond max_indicators)")


def test_the_events_of_a_manifest_are_read_from_its_folder(tmp_path: Path) -> None:
    attribute = {"type": "domain", "value": "bad.example.com", "to_ids": True}
    (tmp_path / f"{UUID}.json").write_text(json.dumps({"Event": {"info": "x", "Attribute": [attribute]}}))
    missing = UUID.replace("5d", "6e")
    run = Run(tmp_path, json.dumps({UUID: {"info": "x"}, missing: {"info": "y"}}))
    assert run.refresh() == ["indicators: feed.txt: MISP feed, 1 indicator (left out: 1 unreadable events)"]
    assert run.finds("www.bad.example.com")


def test_an_allow_list_is_read_too(tmp_path: Path) -> None:
    allowed = tmp_path / "allowed.txt"
    allowed.write_text("example.com\n10.0.0.0/8\n")
    run = Run(tmp_path, "bad.example.com\nbad.example.org\n", indicators_allowed=(str(allowed),))
    assert run.refresh()[1] == f"indicators: {allowed}: list, 2 indicators"
    assert (run.finds("bad.example.com"), run.finds("bad.example.org")) == (False, True)


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
def test_what_cannot_be_opened_is_refused_at_the_start(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "feed"
    if kind == "folder":
        path.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(SettingError, match=r"^indicators: .* cannot be read: (No such file|it is not a regular file)"):
        open_intelligence(Config(indicators=(str(path),)), [ThreatIntelligence()], NamedFiles(None, None), live=True)


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_a_live_run_reads_again_at_sighup_in_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda number: False)
    run = Run(tmp_path, "bad.example.com\n", indicators_interval=3600)
    told = threading.Event()
    run.intelligence.told = told.set
    before = signal.getsignal(signal.SIGHUP)
    run.intelligence.start()
    try:
        assert told.wait(30)
        run.path.write_text("worse.example.com\n")
        signal.raise_signal(signal.SIGHUP)
        wait_for(lambda: len(run.intelligence.news) == 2)
        wait_for(lambda: run.finds("worse.example.com"))
    finally:
        run.intelligence.close()
    assert signal.getsignal(signal.SIGHUP) == before


def test_on_a_terminal_sighup_still_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda number: True)
    run = Run(tmp_path, "bad.example.com\n")
    before = signal.getsignal(signal.SIGHUP)
    run.intelligence.start()
    assert signal.getsignal(signal.SIGHUP) == before
    run.intelligence.close()


# the settings ---------------------------------------------------------------------------------------------------------


def test_files_enable_the_detector() -> None:
    assert "threat_intelligence" not in detecting(Config())
    assert detecting(Config(indicators=("x",)))[-1] == "threat_intelligence"
    with pytest.raises(SettingError, match="threat_intelligence needs files with indicators"):
        detecting(Config(detectors=("threat_intelligence",)))


def test_the_option_may_be_repeated_and_overrides_the_setting() -> None:
    given = ["--indicators", "a, b.csv", "--indicators", "c", "--set", "indicators=d"]
    assert configured(parse_arguments(given), {}).indicators == ("a, b.csv", "c")


def test_the_folders_of_files_and_of_what_links_lead_to_may_be_read_later(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "feed").write_text("")
    (tmp_path / "link").symlink_to(there / "feed")
    config = Config(indicators=(str(tmp_path / "link"),), indicators_allowed=("allowed",))
    assert read_again(config) == [str(tmp_path), str(there), os.getcwd()]


def test_memory_for_indicators_is_part_of_the_bound() -> None:
    more = memory_bound(Config(indicators=("x",))) - memory_bound(Config())
    assert 512 * 2**20 < more < 2 * 2**30


# the program ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def trace(tmp_path: Path) -> str:
    talk = Talk()
    for target in ("/cart", "/help"):
        talk.client(get(target)).server(ok())
    writer = PcapWriter(str(tmp_path / "trace.pcap"))
    writer.write(talk.close().frames)
    writer.close()
    return str(tmp_path / "trace.pcap")


def test_a_capture_file_is_compared_with_all_indicators(
    trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed, log = tmp_path / "ours.csv", tmp_path / "log"
    feed.write_text("hxxp://example[.]com/cart\n")
    given = [
        "-r",
        trace,
        "--user",
        "root",
        "--indicators",
        str(feed),
        "--log",
        str(log),
        "--set",
        "log_records=+findings",
    ]
    assert exercise.main(given) == 0
    assert f"indicators: {feed}: list, 1 indicator" in capsys.readouterr().err
    assert log.read_text().count('"url/ours"') == 1


def test_a_feed_that_is_wrong_from_the_start_is_named_and_changes_the_status(
    trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = tmp_path / "ours.csv"
    feed.write_text("<html>")
    assert exercise.main(["-r", trace, "--user", "root", "--indicators", str(feed)]) == 1
    assert f"indicators: {feed} is an HTML or XML page, not a list of indicators\n" in capsys.readouterr().err
