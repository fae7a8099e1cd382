"""Comments on packets: the alert at the first packet after it, and a process at the first request of a connection."""

from typing import Any, NamedTuple

from records import exchange, request

from alerting.alert import Alert, SignalUnit
from incidents.comments import Comments, process_text
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames


class Owned(NamedTuple):
    """An exchange whose process is known."""

    request: Any
    client: str = "10.0.0.1"
    client_port: int = 50000
    server: str = "10.0.0.5"
    server_port: int = 80
    process: str = "nginx"
    process_id: int | None = 4711
    user: str = "www-data"
    container: str = "shop"
    pod: str = ""


def alert(signal: str, start: float) -> Alert:
    return Alert(signal, start, None, 9, 9, 1, 1, 1, SignalUnit.HITS, explanation="High traffic")


def batch(*times: float) -> Frames:
    return Frames.of([Frame(time, LINKTYPE_ETHERNET, b"x", 1) for time in times])


def test_an_alert_is_told_at_the_first_packet_after_it() -> None:
    comments = Comments()
    comments.add_alerts([alert("request_rate", 120), alert("response_time", 120)])
    assert comments.on(batch(118, 119)) == {}
    assert comments.on(batch(119.5, 120, 121)) == {
        1: "ALERT request_rate: High traffic\nALERT response_time: High traffic"
    }
    assert comments.on(batch(122)) == {}, "and only there"


def test_a_process_is_told_once_for_each_connection() -> None:
    comments = Comments()
    comments.add_processes(
        [Owned(request(1.5)), Owned(request(2.5)), Owned(request(3.5), client_port=50001, process="php"), exchange()]  # type: ignore[list-item]
    )
    assert comments.on(batch(1, 1.5, 2.5, 3.5)) == {
        1: "process nginx (4711), user www-data, container shop",
        3: "process php (4711), user www-data, container shop",
    }


def test_nothing_is_said_about_an_unknown_process() -> None:
    assert process_text(exchange()) == ""
