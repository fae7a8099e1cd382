"""QUIC: recognised by packets with a version, counted once per pair of endpoints, in limited memory."""

import pytest
from encapsulations import CLIENT4, CLIENT6, SERVER4, SERVER6, ipv4, ipv6, network, udp

from traffic.quic import QuicConnections

ID = b"\x08" + bytes(range(8))
REST = b"\0" * 40


def initial(version: bytes) -> bytes:
    return b"\xc3" + version + ID + REST


QUIC = {
    "version 1": initial(b"\0\0\0\1"),
    "version 2": initial(b"\x6b\x33\x43\xcf"),
    "draft 29": initial(b"\xff\0\0\x1d"),
    "draft 18, both lengths in a byte": b"\xc3\xff\0\0\x12\x55" + REST,
    "greased": initial(b"\x1a\x2a\x3a\x4a"),
    "mvfst": initial(b"\xfa\xce\xb0\2"),
    "Q046": b"\xc3Q046\x50" + REST,
    "Q050": initial(b"Q050"),
    "T051": initial(b"T051"),
    "Q043": b"\x09" + bytes(8) + b"Q043" + REST,
    "Q035 without connection id": b"\x01Q035" + REST,
    "version negotiation": b"\x80\0\0\0\0" + b"\0" + ID + b"\0\0\0\1\xff\0\0\x1d",
}
OTHERS = {
    "short header": b"\x43" + bytes(range(40)),
    "DNS": b"\x80\0\0\0\0\1\0\0\0\0\0\0\3www\0\0\1\0\1",
    "DTLS": b"\x16\xfe\xfd" + bytes(40),
    "STUN": b"\0\1\0\x08\x21\x12\xa4\x42" + bytes(20),
    "RTP": b"\x80\x60\0\1" + bytes(40),
    "too short": b"\xc3\0\0\0\1\x08",
    "unknown version": initial(b"\x10\1\0\0"),
    "connection id too long": b"\xc3\0\0\0\1\x15" + REST,
    "nothing": b"",
}


@pytest.mark.parametrize("name", QUIC)
def test_quic_is_counted_once_for_both_directions(name: str) -> None:
    door, health = network()
    for _ in range(2):
        door.packet(1.0, 101, ipv4(17, udp(50000, 443, QUIC[name])))
        door.packet(1.0, 101, ipv4(17, udp(443, 50000, QUIC[name]), SERVER4, CLIENT4))
    door.packet(1.0, 101, ipv6(17, udp(50000, 443, QUIC[name])))
    door.packet(1.0, 101, ipv6(17, udp(443, 50000, QUIC[name]), SERVER6, CLIENT6))
    assert dict(health.unreadable) == {"QUIC": 2}
    assert not health.oddities


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_quic_is_not_counted(name: str) -> None:
    door, health = network()
    door.packet(1.0, 101, ipv4(17, udp(50000, 443, OTHERS[name])))
    assert not health.unreadable
    assert not health.oddities


@pytest.mark.parametrize("kept", range(20 + 8 + len(QUIC["version negotiation"])))
def test_a_packet_truncated_anywhere_does_not_raise(kept: int) -> None:
    for packet in QUIC.values():
        network()[0].packet(1.0, 101, ipv4(17, udp(50000, 443, packet))[:kept])


def test_other_ports_count_if_monitored() -> None:
    door, health = network(ports=(80, 4433))
    door.packet(1.0, 101, ipv4(17, udp(50000, 4433, QUIC["version 1"])))
    door.packet(1.0, 101, ipv4(17, udp(50000, 4434, QUIC["version 1"])))
    assert dict(health.unreadable) == {"QUIC": 1}


def test_after_a_long_silence_it_is_another_connection() -> None:
    seen = QuicConnections(10, 300.0)
    assert [seen.is_new(time, b"a", b"b") for time in (0.0, 200.0, 499.0, 800.0)] == [True, False, False, True]
    seen.expire(1101.0)
    assert seen.is_new(1101.0, b"b", b"a")


def test_a_flood_forgets_the_oldest() -> None:
    seen = QuicConnections(10, 300.0)
    assert all(seen.is_new(0.0, str(number).encode(), b"b") for number in range(1000))
    assert not seen.is_new(0.0, b"999", b"b")
    assert seen.is_new(0.0, b"1", b"b")
