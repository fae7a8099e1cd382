"""`exercise.py anomalies`: the past is judged again, from the history or a capture."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from math import pi, sin
from pathlib import Path

import numpy as np
import pytest
from scene import Scene

from exercise import main
from history.archive import SqliteArchive
from history.counts import Counts
from history.fleet import SensorState
from history.keep import Retention
from history.record import Facts
from history.sums import Minute
from run import opening
from run.anomalies import NONE_KEPT, anomalies
from store.sums import Sums
from store.watched import WATCHED

HOUR, DAY = 3600.0, 86400.0
START = datetime(2026, 11, 2).timestamp()
END = START + 10 * DAY
NAMES = ("requests_by_client", "requests_by_section", "requests_by_server")
UNITS = {**{f"signals.{name}": "hits" for name in NAMES}, WATCHED: "seconds"}
RATE = ("--set", "signals=request_rate")
FLOOD, BURST = START + 6 * DAY + 11 * HOUR, START + 9 * DAY + 14 * HOUR


def rate(time: float) -> float:
    """Return the requests in a minute: 200 at night, 1,000 at noon; three times as many in the flood and the burst."""
    usual = 600 - 400 * sin(2 * pi * ((time - START) / DAY + 0.25))
    beyond = FLOOD <= time < FLOOD + 2 * HOUR or BURST <= time < BURST + 600
    return 3 * usual if beyond else usual


def minute(start: float, draw: np.random.Generator) -> Minute:
    clients = {f"10.0.0.{number}": Sums(int(draw.poisson(rate(start) / 4))) for number in range(3)}
    clients["203.0.113.9"] = Sums(int(draw.poisson(rate(start) / 4 if rate(start) < 1100 else 0.8 * rate(start))))
    whole = Sums(sum(sums.count for sums in clients.values()))
    keys = (clients, {"shop/cart": whole}, {"192.0.2.1:80": whole})
    counted = {f"signals.{name}": sums for name, sums in zip(NAMES, keys, strict=True)}
    return Minute(start, {**counted, WATCHED: {"0": Sums(seconds=60.0)}})


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a history of ten days, whose minutes of the last two days are kept."""
    path = tmp_path_factory.mktemp("anomalies") / "history.db"
    archive, draw = SqliteArchive(str(path), Retention(), UNITS), np.random.default_rng(3)
    for begin in np.arange(START, END, 6 * HOUR).tolist():
        archive.write_all([minute(start, draw) for start in np.arange(begin, begin + 6 * HOUR, 60.0).tolist()])
    archive.close()
    return path


@pytest.fixture
def told(history: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[list[str], str]]:
    """Return a function that runs the command at the end of the history, and returns its lines and standard error."""

    def run(*arguments: str) -> tuple[list[str], str]:
        assert anomalies(["--history", str(history), *arguments], now=END) == 0
        seen = capsys.readouterr()
        return seen.out.splitlines(), seen.err

    return run


def test_it_finds_a_flood_by_hours_and_a_short_burst_by_minutes(told: Callable[..., tuple[list[str], str]]) -> None:
    lines, remarks = told("--since", "5d")
    rates = [line for line in lines if line.startswith("High traffic")]
    flood, burst = rates
    assert "at 11:00:00 2026-11-08" in flood
    assert "at 14:00:00 2026-11-11" in burst
    assert all("client 203.0.113.9" in line for line in rates)
    assert burst.rpartition("lasted ")[2] in {f"{minutes} min" for minutes in range(10, 32, 2)}
    assert "only hours are kept" in remarks


def test_it_says_the_same_each_time(told: Callable[..., tuple[list[str], str]]) -> None:
    assert told("--since", "11h", *RATE) == told("--since", "11h", *RATE)


def test_an_ordinary_span_has_none(told: Callable[..., tuple[list[str], str]]) -> None:
    assert told("--since", "2026-11-09", "--until", "2026-11-10") == (
        [],
        told("--since", "2026-11-09", "--until", "2026-11-10")[1],
    )
    assert "no anomaly was found" in told("--since", "2026-11-09", "--until", "2026-11-10")[1]


def test_programs_get_json(told: Callable[..., tuple[list[str], str]]) -> None:
    lines, _ = told("--since", "11h", "--json", *RATE)
    found = json.loads(lines[0])["anomalies"]
    (rates,) = [each for each in found if each["signal"] == "request_rate"]
    assert (rates["start"], rates["subject"], rates["unit"]) == (BURST + 120, "", "hits")
    assert rates["contributors"][0]["name"] == "203.0.113.9"


class Store:
    """A store of two sensors, with the sums of a history."""

    warnings = ("web-3 is left out",)

    def __init__(self, history: Path) -> None:
        self._archive = SqliteArchive(str(history), Retention())
        self.chosen: list[Sequence[str]] = []

    def sensors(self) -> list[SensorState]:
        return [SensorState(name, Facts("", "", "", 10), END, END, 0.0) for name in ("web-1", "web-2")]

    def of(self, names: Sequence[str]) -> "Store":
        self.chosen.append(names)
        return self

    def counts(self) -> Counts:
        return self._archive

    def close(self) -> None:
        self._archive.close()


def test_it_judges_a_store_of_many_sensors(
    history: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, since = Store(history), ("--since", "11h", *RATE)
    monkeypatch.setattr("fleet.stores.open_fleet", lambda address: store)
    assert anomalies(["--store", "clickhouse://reader@db/web", "--sensor", "web-*", *since], now=END) == 0
    seen = capsys.readouterr()
    assert store.chosen == [["web-1", "web-2"]]
    assert "web-3 is left out" in seen.err
    assert anomalies(["--history", str(history), *since], now=END) == 0
    assert seen.out == capsys.readouterr().out != ""


def test_a_sensor_must_be_there(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.stores.open_fleet", lambda address: Store(history))
    with pytest.raises(SystemExit, match="2"):
        anomalies(["--store", "clickhouse://reader@db/web", "--sensor", "db-*"])


def test_a_history_of_an_earlier_version_has_nothing_to_judge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "old.db")
    SqliteArchive(path, Retention(), {"request_rate": "hits"}).close()
    assert anomalies(["--history", path]) == 1
    assert NONE_KEPT in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        "--sensor web-1",
        "--store ftp://x",
        "--store /x -i lo",
        "-r x --store /x",
        "--since soon",
        "-r x --history y",
        "--set x",
        "--since 1h --until 2h",
        "-r x --until 2026-11-02",
    ],
)
def test_wrong_usage_is_told(wrong: str) -> None:
    with pytest.raises(SystemExit) as ended:
        anomalies(wrong.split())
    assert ended.value.code == 2


def test_a_capture_that_is_not_there_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["anomalies", "-r", str(tmp_path / "none.pcap")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_short_capture_has_no_usual_day_and_no_anomaly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opening, "give_up_rights", lambda *arguments: None)
    scene = Scene()
    scene.given(0, 300)
    scene.write(tmp_path / "short.pcap")
    assert main(["anomalies", "-r", str(tmp_path / "short.pcap"), "--set", "user=root"]) == 0
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.splitlines()[-1].endswith("no anomaly was found")
