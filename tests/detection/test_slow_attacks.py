"""Attacks as packets, among ordinary visitors: each is found within a minute, by name, with its client."""

from collections.abc import Callable, Iterable
from typing import Final

import pytest
from decoders import core_decoder
from http2_wire import Http2Talk, reset
from wire import ACK, CLIENT, SERVER, SYN, Talk, get, ok

from detection.loading import load
from detection.pipeline import Detection
from exercise_config import Config
from traffic.finding import INFO, LOW, Finding
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.records import OPTIONAL, IpPacket

BEGIN: Final = 1000.0
ATTACK: Final = BEGIN + 60
ATTACKER: Final = "203.0.113.9"
SERVER_ADDRESS: Final = "10.0.0.2"
UPLOAD: Final = b"POST /form HTTP/1.1\r\nHost: example.com\r\nContent-Length: 100000\r\n\r\n"


def connection(number: int, begin: float, client: str) -> Talk:
    return Talk(client_port=20_000 + number, addresses=(client, SERVER_ADDRESS), time=begin)


def visitors() -> list[Talk]:
    """What takes long and is no attack: spare connections, kept ones, polls, streams, and uploads over a thin line."""
    talks = []
    for number in range(150):
        client, begin = f"198.51.100.{number % 30}", BEGIN + number
        talks.append(connection(number, begin, client).client(get()).server(ok()))
        talks.append(connection(1000 + number, begin, client))
        talks.append(connection(2000 + number, begin, client).client(get("/poll")).wait(25).server(ok()))
        events = connection(3000 + number, begin, client).client(get("/events"))
        talks.append(events.server(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").wait(20))
        upload = connection(4000 + number, begin, client).client(UPLOAD)
        for _ in range(20):
            upload.wait(1).client(bytes(800)).send(SERVER)
        talks.append(upload)
    return talks


def repeatedly(first: bytes, more: bytes, count: int = 60, client: str = ATTACKER) -> list[Talk]:
    talks = []
    for number in range(count):
        talk = connection(number, ATTACK + number / 20, client.format(number)).client(first)
        while talk.time < ATTACK + 60:
            talk.wait(7).client(more).send(SERVER)
        talks.append(talk)
    return talks


def slow_reads() -> list[Talk]:
    talks = []
    for number in range(60):
        talk = connection(number, ATTACK + number / 20, ATTACKER).client(get("/big"))
        talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(8000))
        while talk.time < ATTACK + 60:
            talk.wait(5).send(CLIENT, window=0)
        talks.append(talk)
    return talks


def half_open() -> list[Talk]:
    talks = []
    for number in range(5000):
        talk = Talk(client_port=number + 10_000, addresses=(ATTACKER, SERVER_ADDRESS), handshake=False)
        talk.time, talk.next = ATTACK + number / 100, [1000, 5000]
        talks.append(talk.send(CLIENT, flags=SYN).send(SERVER, flags=SYN | ACK))
    return talks


def rapid_resets() -> list[Talk]:
    talk = Http2Talk(connection(1, ATTACK, ATTACKER))
    for number in range(1, 3000, 2):
        talk.request(number).send(CLIENT, reset(number))
    return [talk.talk]


def found(*talks: Iterable[Talk]) -> list[Finding]:
    """Return what all detectors find, in batches of a second."""
    frames: list[Frame] = sorted((f for part in talks for talk in part for f in talk.frames), key=lambda f: f.time)
    decoder = core_decoder("http2", wanted=OPTIONAL - {IpPacket})
    detection = Detection(load(Config().detectors, vars(Config())))
    findings: list[Finding] = []
    place = 0
    for second in range(int(BEGIN), int(frames[-1].time) + 2):
        end = place
        while end < len(frames) and frames[end].time < second + 1:
            end += 1
        decoder.feed(Frames.of(frames[place:end]))
        decoder.advance(second + 1.0)
        findings += detection.look(decoder.take()).records()
        place = end
    assert detection.failures == []
    return findings


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (lambda: repeatedly(b"GET / HTTP/1.1\r\nHost: example.com\r\n", b"X-a: b\r\n"), "slow_heads"),
        (lambda: repeatedly(UPLOAD, b"a=1&"), "slow_bodies"),
        (slow_reads, "slow_reads"),
        (half_open, "half_open"),
        (rapid_resets, "rapid_reset"),
    ],
)
def test_an_attack_is_found_within_a_minute_with_its_client(attack: Callable[[], list[Talk]], rule: str) -> None:
    findings = [each for each in found(visitors(), attack()) if each.severity not in (INFO, LOW)]
    assert {(each.rule, each.client, each.server) for each in findings} == {(rule, ATTACKER, SERVER_ADDRESS)}
    assert findings[0].time - ATTACK < 60


def test_an_attack_by_many_clients_is_found_by_its_server() -> None:
    heads = repeatedly(b"GET / HTTP/1.1\r\nHost: example.com\r\n", b"X-a: b\r\n", 200, "192.0.2.{}")
    findings = [each for each in found(visitors(), heads) if each.severity not in (INFO, LOW)]
    assert {(each.rule, each.client, each.server) for each in findings} == {("slow_heads", "", SERVER_ADDRESS)}
    assert findings[0].time - ATTACK < 60


def test_ordinary_visitors_are_left_alone() -> None:
    assert found(visitors()) == []
