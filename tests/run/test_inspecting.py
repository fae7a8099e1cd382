"""Inspectors in a run: their findings are counted like others, contents go nowhere else, and SIGHUP loads them anew."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from records import exchange, request
from scene import Scene, Visit

import exercise
from capture.core import how_to_inspect
from capture.intake import Status
from capture.source import Counters
from cli.arguments import parse_arguments
from detection.pipeline import Detection
from exercise_config import Config
from run.hangup import obey_hangup
from run.inspecting import open_inspection, start_inspection
from run.memory_bound import memory_bound
from run.plan import planned
from run.session import Session
from run.watch import Stop
from stats.loading import load
from traffic.batch import Batch, RecordBatch
from traffic.content import Content
from traffic.finding import Finding
from traffic.health import Health

ROOT = Path(__file__).parents[2]
LONG = 60.0
PLUGINS = {
    "paths": """
from traffic.finding import Finding
class Paths:
    name, title = "paths", "Paths with a number"
    def __init__(self, word="4711"):
        self._word = word.encode()
    def inspect(self, exchange):
        told = exchange.content
        if self._word not in exchange.request.line:
            return []
        return [Finding(told.time, "number", "paths", "medium", told.client, told.client_port, told.server,
                        told.server_port, told.host, told.path, "a number in the path")]
""",
    "crasher": """
import os
class Crasher:
    name, title = "crasher", "Crashes"
    def inspect(self, exchange):
        if b"/search" in exchange.request.line:
            os.abort()
        if b"/img" in exchange.request.line:
            raise ZeroDivisionError("it is broken")
        return []
""",
    "refused": """
class Refused:
    name, title = "refused", "Refuses its rules"
    def __init__(self):
        raise ValueError("rules.conf line 12: no operator @rxx")
""",
    "broken": "import no_such_module",
    "half": "class Half:\n    name = 'half'\n",
}


@pytest.fixture(autouse=True)
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Offer these inspectors beside the real ones."""
    for name, text in PLUGINS.items():
        (tmp_path / f"{name}.py").write_text(text)
    import detection.inspectors

    monkeypatch.setattr("detection.inspectors.__path__", [*detection.inspectors.__path__, str(tmp_path)])
    yield
    for name in PLUGINS:
        sys.modules.pop(f"detection.inspectors.{name}", None)


# Starting -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def trace(tmp_path: Path) -> str:
    """A capture file, read by the core, which alone keeps contents."""
    if how_to_inspect():
        pytest.skip(how_to_inspect())
    scene = Scene()
    for number, path in enumerate(["/cart/4711", "/", "/search?q=4711", "/img/4711", "/cart/4711"] * 40):
        scene.visit(1_700_000_000.0 + number / 2, Visit("198.51.100.1", path))
    scene.write(tmp_path / "trace.pcap")
    return str(tmp_path / "trace.pcap")


def test_findings_are_logged_in_the_same_order_whatever_the_number_of_workers(trace: str, tmp_path: Path) -> None:
    logs = []
    for number, settings in enumerate(([], ["inspection_workers=3"], ["inspection_queue=1"])):
        log = tmp_path / f"log{number}"
        chosen = ["detectors=+paths", "log_records=exchanges,findings", *settings]
        given = ["-r", trace, "--user", "root", "--quiet", "--log", str(log), *(f"--set={each}" for each in chosen)]
        assert exercise.main(given) == 0
        logs.append(log.read_bytes())
    assert logs[1:] == logs[:1] * 2
    found = [line for line in map(json.loads, logs[0].splitlines()) if line.get("rule.name") == "number"]
    assert [line["url.path"] for line in found] == ["/cart/4711", "/search", "/img/4711", "/cart/4711"] * 40
    assert logs[0].count(b"\n") == 200 + 160


def test_what_was_not_inspected_and_who_failed_is_said(trace: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert exercise.main(["-r", trace, "--user", "root", "--quiet", "--set=detectors=crasher,paths"]) == 0
    said = capfd.readouterr()
    assert "1 exchange not inspected (1 process died)" in " ".join(said.out.split())
    assert "inspector crasher was disabled:\nTraceback" in said.err
    assert "ZeroDivisionError: it is broken" in said.err
    assert "an inspector process died (signal 6) and was replaced\n" in said.err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("refused", "rules.conf line 12: no operator @rxx"),
        (
            "broken",
            "detection/inspectors/broken.py cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("half", "detection/inspectors/half.py: inspect, title missing; see detection/inspector.py"),
        ("pahts", "detectors: no detector 'pahts'; did you mean 'paths'?"),
        ("paths,paths", "detectors: paths is listed twice"),
    ],
)
def test_what_is_wrong_is_one_line_before_anything_is_shown(
    name: str, message: str, trace: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exercise.main(["-r", trace, "--user", "root", "--quiet", f"--set=detectors={name}"]) == 2
    assert capfd.readouterr() == ("", f"exercise.py: {message}\n")


def test_without_inspectors_there_are_no_processes() -> None:
    arguments, config = parse_arguments(["-i", "lo"]), Config()
    with ExitStack() as stack:
        assert open_inspection(arguments, config, planned(arguments, config), None, Stop(), stack) is None


def test_processes_are_part_of_the_bound_of_memory() -> None:
    usual = Config()
    with_one = replace(usual, detectors=("paths",))
    more = (memory_bound(with_one) - memory_bound(usual)) / 2**20
    text = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    assert f"inspectors {more:,.0f} MiB" in text
    for name in ("inspection_workers", "inspection_queue", "inspection_memory"):
        larger = replace(with_one, **{name: 2 * getattr(with_one, name)})
        assert memory_bound(larger) > memory_bound(with_one)


# In the session -------------------------------------------------------------------------------------------------------


class Inspecting:
    """An inspection that finds something in each content once `ready`."""

    def __init__(self, *, live: bool) -> None:
        self.live, self.ready, self.full = live, False, False
        self.failures, self.warnings, self.missed = (), ("an inspector process died",), {"over budget": 2}
        self.disabled = {"paths"}
        self.inspected = 7
        self._handed: list[Content] = []

    def hand(self, contents: list[Content]) -> None:
        self._handed += contents

    def wait(self, seconds: float) -> bool:
        return self.ready

    def take(self) -> list[Finding]:
        handed, self._handed = (self._handed, []) if self.ready else ([], self._handed)
        return [Finding(c.time, "r", "paths", "high", c.client, 1, c.server, 80, c.host, c.path, "why") for c in handed]

    def end(self) -> None:
        self.ready = True


class Taken:
    """Takes every record."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def take(self, batch: Batch) -> None:
        self.kinds += [type(record).__name__ for record in batch.records()]
        assert len(batch) == len(batch.records())
        assert len(batch.table(Content)) == 0


def session_with(inspection: Any) -> tuple[Session, Taken]:
    taken = Taken()
    statistics = load(("request_rate", "top_findings"))
    session = Session(Config(), statistics, "lo port 80", [taken], [])
    session.detect_with(Detection(), inspection)
    session.start(1000.0)
    return session, taken


def both() -> RecordBatch:
    told = exchange(request(time=1001.0), time=1001.1)
    ends = (told.client, told.client_port, told.server, told.server_port)
    content = Content(1001.0, *ends, "", "/", b"GET / HTTP/1.1\r\n\r\n", b"", 0, b"", b"", 0, 0)
    return RecordBatch([told, content])


def test_live_findings_come_with_a_later_batch() -> None:
    inspection = Inspecting(live=True)
    session, taken = session_with(inspection)
    session.count(both())
    assert taken.kinds == ["Exchange"]
    inspection.ready = True
    session.count(RecordBatch([]))
    assert taken.kinds == ["Exchange", "Finding"]


def test_of_a_file_findings_come_when_it_is_settled() -> None:
    inspection = Inspecting(live=False)
    session, taken = session_with(inspection)
    session.count(both())
    assert not session.settle(0.0)
    inspection.ready = True
    session.count(RecordBatch([]))
    assert taken.kinds == ["Exchange"]
    assert session.settle(0.0)
    assert taken.kinds == ["Exchange", "Finding"]


def test_a_late_finding_counts_at_its_own_time() -> None:
    inspection = Inspecting(live=True)
    session, _ = session_with(inspection)
    session.count(both())
    status = Status(Health(oddities=Health().oddities + _one("content not kept")), Counters(0, 0), ())
    session.tick(1031.0, status)
    session.end_inspection()
    session.tick(1051.0, status)
    view = session.view(None)
    assert view is not None
    (findings,) = (panel for panel in view.panels if panel.name == "top_findings")
    assert [(row.key, row.window.count) for row in findings.rows] == [("paths/r (high)", 1)]
    assert view.health.oddities == (("content not kept", 1),)
    assert view.health.uninspected == (("over budget", 2), ("content not kept", 1))
    assert view.health.inspected == 7
    assert view.health.warnings == ("inspector paths was disabled; see the summary", "an inspector process died")


def _one(name: str) -> Any:
    counts = Health().oddities
    counts[name] = 1
    return counts


# SIGHUP ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_live_inspectors_are_loaded_anew_at_sighup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda number: False)
    before, told = signal.getsignal(signal.SIGHUP), threading.Event()
    arguments, config = parse_arguments(["-i", "lo"]), Config(detectors=("paths",), user="root", lockdown=False)
    with ExitStack() as stack:
        inspection = open_inspection(arguments, config, planned(arguments, config), None, Stop(), stack)
        assert inspection is not None
        inspection.told = told.set
        start_inspection(inspection, stack)
        signal.raise_signal(signal.SIGHUP)
        assert told.wait(LONG)
        assert list(inspection.news) == ["inspectors were loaded again: paths"]
    assert signal.getsignal(signal.SIGHUP) == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_sighup_is_told_to_all_who_asked_and_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda number: False)
    before, told = signal.getsignal(signal.SIGHUP), list[str]()
    undo = [obey_hangup(partial(told.append, name)) for name in ("one", "two")]
    try:
        signal.raise_signal(signal.SIGHUP)
        undo.pop()()
        signal.raise_signal(signal.SIGHUP)
    finally:
        undo.pop()()
    assert told == ["one", "two", "one"]
    assert signal.getsignal(signal.SIGHUP) == before
