"""`exercise.py signals`: what a running monitor answers, and what the command prints."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from records import request

from alerting.events import (
    Accepted,
    Acknowledged,
    AlertDismissed,
    AlertRaised,
    BaselineChosen,
    Event,
    Muted,
    Relearning,
)
from capture.intake import Status
from capture.source import Counters
from cli.completion import ACTIONS
from exercise_config import Config
from run.door import Door
from run.obeying import SIGNALS, obey, signal_answers
from run.session import Session
from run.signal_commands import COMMANDS, _row, length_of, signals
from stats.loading import load
from traffic.batch import RecordBatch
from traffic.health import Health
from view import figures
from view.outlet import Outlet
from view.view import View

STATUS = Status(Health(), Counters(0, 0), ())
NAMES = ("request_rate",)
Ask = Callable[..., dict[str, Any]]


class Told(Outlet):
    """An outlet that remembers events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self, event: Event) -> None:
        self.events.append(event)


class Run:
    """A session that learned 10 requests in 10 s, and alerts."""

    def __init__(self) -> None:
        config = Config(
            statistics=NAMES,
            signals=("request_rate", "unanswered"),
            average_bucket_size=10,
            average_learning_duration=10,
        )
        self.told = Told()
        self.session = Session(config, load(NAMES), "eth0 port 80", [], [self.told])
        self.session.begin(1000.0, STATUS)
        for second, requests in ((1000, 10), (1010, 50)):
            self.session.count(RecordBatch(request(second + place / 60) for place in range(requests)))
            self.session.tick(second + 10.0, STATUS)
        assert [type(event) for event in self.told.events[-1:]] == [AlertRaised]

    def view(self) -> View:
        view = self.session.view(None)
        assert view is not None
        return view

    def ask(self, command: str, name: str = "", **more: Any) -> dict[str, Any]:
        """Ask as the command does, and return the answer without the source."""
        answer = signal_answers(self.session)({"about": SIGNALS, "command": command, "name": name, **more})
        assert answer.pop("source") == "eth0 port 80"
        return answer

    def news(self) -> list[type]:
        """Return the kinds of the events since the last call, after a step."""
        self.session.tick(self.session.now, STATUS)
        kinds = [type(event) for event in self.told.events]
        self.told.events.clear()
        return kinds


@pytest.fixture
def run() -> Run:
    run = Run()
    run.news()
    return run


def test_it_lists_how_each_signal_stands(run: Run) -> None:
    rate, unanswered = run.ask("list")["signals"]
    assert (rate["name"], rate["state"], rate["baseline"], rate["value"]) == ("request_rate", "ALERT", 10, 50)
    assert (unanswered["name"], unanswered["state"]) == ("unanswered", "LEARNING")


def test_a_signal_is_muted_for_a_time_or_until_that_is_ended(run: Run) -> None:
    assert run.ask("mute", "request_rate", seconds=7200) == {"done": ["request_rate"]}
    assert run.news() == [Muted]
    assert run.view().signals[0].muted_until == 1020 + 7200
    assert run.ask("mute", "unanswered") == {"done": ["unanswered"]}
    assert (run.view().signals[1].muted, run.view().signals[1].muted_until) == (True, None)
    assert run.ask("unmute") == {"done": ["request_rate", "unanswered"]}
    assert run.news() == [Muted, Muted, Muted]
    assert not any(signal.muted for signal in run.view().signals)


def test_without_a_name_all_alerts_are_accepted_or_acknowledged(run: Run) -> None:
    assert run.ask("acknowledge") == {"done": ["request_rate"]}
    assert run.news() == [Acknowledged]
    assert run.ask("acknowledge") == {"done": ["request_rate"]}
    assert run.news() == []  # it was seen already
    assert run.ask("accept") == {"done": ["request_rate"]}
    assert run.news() == [AlertDismissed, Accepted]
    assert run.view().signals[0].baseline == 50
    assert run.ask("accept") == {"done": []}


def test_one_or_all_signals_learn_again(run: Run) -> None:
    assert run.ask("relearn", "unanswered") == {"done": ["unanswered"]}
    assert run.view().state == "ALERT"
    assert run.ask("relearn") == {"done": ["request_rate", "unanswered"]}
    assert run.view().state == "LEARNING"
    assert run.news() == [Relearning, AlertDismissed, Relearning]


def test_a_signal_is_compared_with_something_else(run: Run) -> None:
    assert run.ask("baseline", "request_rate", kind="seasonal") == {"done": ["request_rate seasonal"]}
    assert run.ask("baseline", "request_rate", kind="seasonal") == {"done": []}
    assert run.news() == [AlertDismissed, BaselineChosen]
    rate, unanswered = run.view().signals
    assert (rate.seasonal, rate.baseline_chosen, rate.state) == (True, True, "LEARNING")
    assert (unanswered.seasonal, unanswered.baseline_chosen) == (False, False)
    assert run.ask("baseline", "request_rate", kind="setting") == {"done": ["request_rate fixed"]}
    assert not run.view().signals[0].baseline_chosen


@pytest.mark.parametrize("more", [{}, {"kind": "sesonal"}, {"kind": ["fixed"]}, {"kind": None}])
def test_a_baseline_must_be_known(run: Run, more: dict[str, Any]) -> None:
    assert set(run.ask("baseline", "request_rate", **more)) == {"error"}
    assert set(run.ask("baseline", kind="seasonal")) == {"error"}
    assert run.news() == []


@pytest.mark.parametrize("asked", [("mute",), ("mute", "nothing"), ("dance",), ("accept", "x" * 3000), ("",)])
def test_what_cannot_be_done_is_told(run: Run, asked: tuple[str, ...]) -> None:
    assert set(run.ask(*asked)) == {"error"}
    assert run.news() == []


@pytest.mark.parametrize("seconds", [-1, 0, 1e300, None, "soon", [1]])
def test_a_length_that_is_none_lasts_until_it_is_ended(run: Run, seconds: object) -> None:
    run.ask("mute", "request_rate", seconds=seconds)
    assert (run.view().signals[0].muted, run.view().signals[0].muted_until) == (True, None)


def test_lengths_are_written_with_a_unit() -> None:
    assert [length_of(text) for text in ("90", "90s", "30m", "2h", "7d", "1w")] == [90, 90, 1800, 7200, 604800, 604800]


# The command --------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the run answer commands until the test ends."""
    folder = tmp_path / "state"
    monkeypatch.setattr("run.asking.folder_of", lambda user, environment: folder)
    door, over = Door(folder), threading.Event()
    obey(run.session, door, None)

    def serve() -> None:
        while not over.is_set():
            door.serve()

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    over.set()
    thread.join()
    door.close()


@pytest.mark.usefixtures("served")
def test_the_command_prints_a_table_and_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert signals(["mute", "request_rate"]) == 0
    assert capsys.readouterr().out == "eth0 port 80: Muted: request_rate\n"
    assert signals([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "eth0 port 80"
    assert lines[1].split() == ["signal", "state", "baseline", "expected", "limit", "now"]
    assert lines[2].split() == ["request_rate", "alert", "fixed", "10", ">", "11", "50", "muted"]
    assert lines[3].split() == ["unanswered", "learning", "fixed", "-", "-", "-"]
    assert signals(["baseline", "unanswered", "previous"]) == 0
    assert capsys.readouterr().out == "eth0 port 80: New baseline: unanswered previous\n"
    assert signals(["list"]) == 0
    line = capsys.readouterr().out.splitlines()[3]
    assert line.split() == ["unanswered", "learning", "previous", "-", "-", "-", "baseline", "chosen"]


def test_only_known_baselines_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        signals(["baseline", "request_rate", "hourly"])
    assert "'fixed', 'previous', 'seasonal', 'setting'" in capsys.readouterr().err


def test_a_row_says_of_whom_it_is_and_what_was_decided(run: Run) -> None:
    run.ask("mute", "request_rate", seconds=7200)
    run.ask("baseline", "request_rate", kind="previous")
    (listed, _) = run.ask("list")["signals"]
    told = {**listed, "subject": "192.0.2.1:80", "season_offer": "changed state 7 times in an hour", "flapping": True}
    until = figures.since(1020 + 7200, 1020, None)
    assert _row(told, 1020)[-1] == (f"of 192.0.2.1:80, baseline chosen, muted until {until}, flapping, try seasonal")


@pytest.mark.usefixtures("served")
def test_the_command_tells_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert signals(["acknowledge", "requests"]) == 1
    assert "eth0 port 80: no signal 'requests'; available: request_rate, unanswered" in capsys.readouterr().err


def test_without_a_monitor_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("run.asking.folder_of", lambda user, environment: tmp_path)
    assert signals(["relearn"]) == 1
    assert "no monitor is running here" in capsys.readouterr().err


def test_the_shells_complete_what_a_monitor_may_be_told() -> None:
    assert ACTIONS["signals"] == ("list", *COMMANDS)
