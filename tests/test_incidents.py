"""Replays incidents: each raises an alert of its signal in the right bucket, with its main contributors, and ends.

Each story is a capture file that the command replays in packet time, with the settings as they are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from scene import BUCKET, CLIENTS, PATHS, SERVERS, START, Scene, Visit

import exercise
from run import opening
from view import figures

ALL = "request_rate,traffic_drop,error_ratio_5xx,error_ratio_4xx,response_time,unanswered,volume_out,new_connections"


@dataclass(frozen=True)
class Told:
    """One alert in the output of the command."""

    text: str
    raised: str
    dismissed: str


@pytest.fixture
def replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Return the lines about alerts of a quiet replay."""
    monkeypatch.setattr(opening, "give_up_rights", lambda *arguments: None)

    def run(scene: Scene, **settings: object) -> list[str]:
        scene.write(tmp_path / "incident.pcap")
        given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
        assert exercise.main(["-q", "-r", str(tmp_path / "incident.pcap"), "--user", "root", *given]) == 0
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if re.search("generated an alert|Alert dismissed|Flapping|Calm", line)]

    return run


def at(bucket: int) -> str:
    """Return the end of a bucket; learning is bucket 0."""
    return figures.moment(START + (bucket + 1) * BUCKET, None)


def raised(line: str, bucket: int, headline: str, *whose: str) -> bool:
    """Return whether a line reports the alert and names all contributors."""
    assert line.startswith(f"{at(bucket)}  {headline}"), line
    assert f"triggered at {at(bucket)};" in line, line
    assert [name for name in whose if name not in line] == [], line
    return True


def dismissed(line: str, bucket: int, which: str) -> bool:
    assert line.startswith(f"{at(bucket)}  Alert dismissed after "), line
    assert line.endswith(which), line
    return True


def test_an_outage(replay: Callable[..., list[str]]) -> None:
    scene = Scene()
    scene.given(0, 600)
    scene.given(1080, 1330)
    first, last = replay(scene)
    assert raised(
        first,
        5,
        "Low traffic generated an alert - rate = 0 /s",
        "100.0 % below 4.0 /s, the lowest recent bucket",
    )
    assert first.endswith("(limit 1.6 /s)"), "all are missing, which nobody needs to be told"
    assert dismissed(last, 9, "after 8 min: traffic drop")


def test_a_section_that_becomes_unreachable(replay: Callable[..., list[str]]) -> None:
    scene = Scene()
    scene.given(0, 600, lambda number, visit: Visit(visit.client, "/" if number % 5 else "/cart", visit.server))
    for number in range(600 * 4, 840 * 4, 5):  # one in five arrives: those of the cart
        scene.visit(number / 4, Visit(CLIENTS[number % 20], "/cart"))
    scene.given(840, 1090)
    first, last = replay(scene)
    assert raised(
        first, 5, "Low traffic generated an alert - rate = 0.80 /s", "missing:", "section example.com/ 100.0 %"
    )
    assert dismissed(last, 7, "after 4 min: traffic drop")


def test_a_slow_server(replay: Callable[..., list[str]]) -> None:
    def slow(number: int, visit: Visit) -> Visit:
        is_slow = visit.server == SERVERS[1] and visit.path.startswith("/search")
        return Visit(visit.client, visit.path, visit.server, seconds=0.8 if is_slow else 0.02)

    scene = Scene()
    scene.given(0, 600)
    scene.given(600, 960, slow)
    scene.given(960, 1210)
    first, last = replay(scene)
    named = ("38.1 times the baseline of 20.9 ms (limit 100 ms)", "most of it: section example.com/search 100.0 %")
    assert raised(first, 5, "Slow responses of 192.0.2.11:80 generated an alert - p95 = 797 ms", *named)
    assert dismissed(last, 8, "after 6 min: response time")


def test_a_burst_of_errors(replay: Callable[..., list[str]]) -> None:
    def broken(number: int, visit: Visit) -> Visit:
        failed = visit.path.startswith("/cart")
        return Visit(visit.client, visit.path, visit.server, status=503 if failed else 200)

    scene = Scene()
    scene.given(0, 600)
    scene.given(600, 840, broken)
    scene.given(840, 1090)
    first, last = replay(scene)
    named = ("the baseline is 0.0 % (limit 5.0 %)", "status 503 100.0 %", "section example.com/cart 100.0 %")
    assert raised(first, 5, "High 5xx share generated an alert - share = 20.0 %", *named)
    assert dismissed(last, 7, "after 4 min: error ratio 5xx")


def test_rejected_clients_alert_and_crawlers_that_find_nothing_do_not(replay: Callable[..., list[str]]) -> None:
    def answered(status: int) -> Callable[[int, Visit], Visit]:
        return lambda number, visit: Visit(visit.client, visit.path, visit.server, 200 if number % 2 else status)

    scene = Scene()
    scene.given(0, 240)
    scene.given(240, 480, answered(404))
    scene.given(480, 720)
    scene.given(720, 840, answered(401))
    scene.given(840, 970)
    first, last = replay(scene)
    assert raised(
        first, 6, "High 4xx share (without 404 and 410) generated an alert - share = 50.0 %", "status 401 100.0 %"
    )
    assert dismissed(last, 7, "after 2 min: error ratio 4xx")


def test_unanswered_requests(replay: Callable[..., list[str]]) -> None:
    scene = Scene()
    scene.given(0, 600)
    scene.given(
        600, 720, lambda number, visit: Visit(visit.client, visit.path, visit.server, None if number % 3 else 200)
    )
    scene.given(720, 850)
    first, last = replay(scene)
    assert raised(first, 5, "Many unanswered requests generated an alert - share = 66", "ending reset 100.0 %")
    assert dismissed(last, 6, "after 2 min: unanswered")


def test_one_client_floods(replay: Callable[..., list[str]]) -> None:
    scene = Scene()
    scene.given(0, 970)
    for number in range(600 * 8, 840 * 8):
        scene.visit(number / 8, Visit("203.0.113.66", PATHS[number % len(PATHS)]))
    told = replay(scene, signals=f"{ALL},dominant_client", dominant_client_floor=500)
    high, one, *ends = told
    named = "of the excess: client 203.0.113.66 100.0 %"
    assert raised(
        high, 5, "High traffic generated an alert - hits = 1,440, triggered", "3.0 times the baseline of 480", named
    )
    assert raised(one, 5, "Dominant client generated an alert - share = 66.7 %", "client 203.0.113.66 66.7 %")
    assert dismissed(ends[0], 7, "after 4 min")
    assert dismissed(ends[1], 7, "after 4 min: dominant client")
    assert len(ends) == 2


def test_one_section_is_flooded(replay: Callable[..., list[str]]) -> None:
    scene = Scene()
    scene.given(0, 970)
    for number in range(600 * 8, 840 * 8):
        scene.visit(number / 8, Visit(f"203.0.113.{number % 200}", f"/login?try={number}"))
    high, one, *ends = replay(scene, signals="request_rate,dominant_section", dominant_section_floor=500)
    assert raised(
        high, 5, "High traffic generated an alert - hits = 1,440", "of the excess: section example.com/login 100.0 %"
    )
    assert raised(one, 5, "Dominant section generated an alert - share = 66.7 %", "section example.com/login 66.7 %")
    assert [dismissed(ends[0], 7, "after 4 min"), dismissed(ends[1], 7, "after 4 min: dominant section")] == [
        True,
        True,
    ]


def test_a_large_download_over_many_new_connections(
    replay: Callable[..., list[str]],
) -> None:
    scene = Scene()
    scene.given(0, 850)
    for number in range(600 * 20, 720 * 20):
        scene.visit(number / 20, Visit("203.0.113.66", "/backup/all.tar", size=5000))
    settings = {"average_threshold": 100_000, "volume_out_floor": 10_000, "new_connections_floor": 2}
    volume, connections, *ends = replay(scene, signals="request_rate,volume_out,new_connections", **settings)
    named = (", the median recent bucket (limit ", "section example.com/backup 100.0 %", "client 203.0.113.66 100.0 %")
    assert raised(volume, 5, "High outgoing volume generated an alert - volume = 101 kB/s", *named)
    assert raised(
        connections, 5, "Many new connections generated an alert - rate = 24 /s", "client 203.0.113.66 100.0 %"
    )
    assert [dismissed(ends[0], 6, "volume out"), dismissed(ends[1], 6, "new connections")] == [True, True]


def test_a_slow_leak_over_an_hour(replay: Callable[..., list[str]]) -> None:
    """Each request is a little slower than the previous one, up to 0.6 s; then the server restarts."""

    def leaking(number: int, visit: Visit) -> Visit:
        grown = (number / 4 - 600) / 3600
        return Visit(visit.client, visit.path, SERVERS[0], seconds=0.02 + 0.58 * grown)

    scene = Scene()
    scene.given(0, 600, lambda number, visit: Visit(visit.client, visit.path))
    scene.given(600, 4200, leaking)
    scene.given(4200, 4450, lambda number, visit: Visit(visit.client, visit.path))
    first, last = replay(scene)
    # Its p95 is above 0.1 s, and three times the baseline, in the bucket that ends 600 s after the leak began.
    assert raised(first, 9, "Slow responses of 192.0.2.10:80 generated an alert - p95 = 11")
    assert dismissed(last, 35, "after 52 min: response time")


def test_a_flapping_signal_is_muted(replay: Callable[..., list[str]]) -> None:
    def broken(number: int, visit: Visit) -> Visit:
        every_other = number // (4 * BUCKET) % 2
        return Visit(visit.client, visit.path, visit.server, status=500 if every_other else 200)

    scene = Scene()
    scene.given(0, 20 * BUCKET, broken)
    told = replay(scene)
    assert [line.split("  ")[1][:8] for line in told] == ["High 5xx", "Alert di"] * 3 + ["Flapping"]
    assert told[-1] == f"{at(7)}  Flapping: error ratio 5xx changed state 7 times in an hour; muted"
