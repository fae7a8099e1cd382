"""DNS lookups from packets: over UDP and TCP, whole and in pieces, with losses, and as columns.

The core alone decodes them; `core/wire/src/dns/tests.rs` says more about single messages.
"""

from collections.abc import Iterable, Sequence
from random import Random
from struct import pack
from typing import Any

import numpy as np
import pytest
from decoders import advanced, core_decoder, fed, finished
from hypothesis import given
from hypothesis import strategies as st
from wire import ACK, CLIENT, SERVER, Talk, ethernet, ip, ipv4_fragments

from traffic.batch import FLOATS, INTEGERS, TEXTS, RecordTable
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import DnsLookup, TcpConnection

A, SOA, TXT, AXFR = 1, 6, 16, 252
USER, RESOLVER = "10.0.0.1", "10.0.0.2"
ANSWER = 0x8180
TRUNCATED = 0x8380


def name(text: str) -> bytes:
    return b"".join(pack("B", len(label)) + label.encode() for label in text.split(".")) + b"\0"


def query(number: int, text: str, kind: int = A) -> bytes:
    return pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + name(text) + pack(">HH", kind, 1)


def record(kind: int, content: bytes) -> bytes:
    return b"\xc0\x0c" + pack(">HHIH", kind, 1, 60, len(content)) + content


def answer(number: int, text: str, kind: int = A, *records: bytes, flags: int = ANSWER) -> bytes:
    counts = (1, len(records), 0, 0)
    return pack(">HHHHHH", number, flags, *counts) + name(text) + pack(">HH", kind, 1) + b"".join(records)


def prefixed(*messages: bytes) -> bytes:
    """Return messages as TCP carries them."""
    return b"".join(pack(">H", len(message)) + message for message in messages)


def datagram(time: float, message: bytes, side: int = CLIENT, port: int = 53, client_port: int = 40000) -> Frame:
    ports, ends = (client_port, port), (USER, RESOLVER)
    udp = pack(">HHHH", ports[side], ports[1 - side], 8 + len(message), 0) + message
    return ethernet(time, ip(ends[side], ends[1 - side], udp, 17))


def over_tcp(**settings: Any) -> Talk:
    return Talk(server_port=53, **settings)


def lookups(frames: Iterable[Frame], wanted: Sequence[type] = (DnsLookup,), **settings: Any) -> list[DnsLookup]:
    decoder = core_decoder("dns", wanted=wanted, **settings)
    found = fed(decoder, frames) + finished(decoder)
    assert decoder.held == 0
    return [one for one in found if type(one) is DnsLookup]


def asked(found: Iterable[DnsLookup]) -> list[tuple[str, str]]:
    return [(one.name, one.rcode) for one in found]


def test_a_lookup_says_everything_about_a_query_and_its_answer() -> None:
    address = record(A, bytes([192, 0, 2, 9]))
    told = answer(7, "WWW.example.com", A, address, flags=0x8583)
    [found] = lookups([datagram(1000.0, query(7, "www.Example.com")), datagram(1000.25, told, SERVER)])
    assert found == DnsLookup(
        time=1000.25,
        client=USER,
        client_port=40000,
        server=RESOLVER,
        server_port=53,
        started=1000.0,
        kind="dns",
        transport="udp",
        name="www.example.com",
        type="A",
        rcode="NXDOMAIN",
        answers=1,
        addresses=("192.0.2.9",),
        flags="aa rd ra",
        response_time=0.25,
        size=len(told),
    )


def test_messages_over_tcp_are_found_however_they_are_cut() -> None:
    queries = prefixed(query(1, "a.example"), query(2, "b.example"), query(3, "c.example"))
    answers = prefixed(answer(3, "c.example"), answer(1, "a.example"), answer(2, "b.example", TXT, flags=0x8182))
    for size in (1, 2, 3, 7, 1460):
        talk = over_tcp().client(queries, size).server(answers, size).close()
        found = lookups(talk.frames)
        assert asked(found) == [("c.example", "NOERROR"), ("a.example", "NOERROR"), ("b.example", "SERVFAIL"),
                                ("b.example", "")]  # fmt: skip
        assert [one.transport for one in found] == ["tcp"] * 4


def test_segments_out_of_order_are_one_stream() -> None:
    talk = over_tcp().client(prefixed(query(1, "a.example")), 5).server(prefixed(answer(1, "a.example")), 5)
    shuffled = [*talk.segments[:3], *Random(4).sample(talk.segments[3:], len(talk.segments) - 3)]
    assert asked(lookups(talk.as_captured(shuffled))) == [("a.example", "NOERROR")]


def test_after_a_loss_the_next_message_is_found() -> None:
    talk = over_tcp().client(prefixed(query(1, "a.example"))).server(prefixed(answer(1, "a.example"))[:9])
    talk.server(prefixed(answer(1, "a.example"))[9:], lost=True).wait(5)
    talk.client(prefixed(query(2, "b.example"))).server(prefixed(answer(2, "b.example"))).wait(5)
    talk.client(prefixed(query(3, "c.example")))
    assert asked(lookups(talk.frames)) == [("b.example", "NOERROR"), ("a.example", ""), ("c.example", "")]


def test_a_connection_joined_late_is_read_from_its_next_message() -> None:
    talk = over_tcp(handshake=False).server(prefixed(answer(1, "a.example"))).client(prefixed(query(2, "b.example")))
    talk.server(prefixed(answer(2, "b.example")))
    found = lookups(talk.frames)
    assert {(one.name, one.started is None, one.server) for one in found} == {
        ("a.example", True, RESOLVER), ("b.example", False, RESOLVER)
    }  # fmt: skip


def test_a_truncated_answer_and_the_one_over_tcp_are_one_lookup() -> None:
    talk = over_tcp(time=1000.5, client_port=50000).client(prefixed(query(9, "a.example", TXT)))
    talk.server(prefixed(answer(9, "a.example", TXT, record(TXT, b"\1x"))))
    udp = [datagram(1000.0, query(7, "a.example", TXT)), datagram(1000.25, query(7, "a.example", TXT))]
    cut = datagram(1000.4, answer(7, "a.example", TXT, flags=TRUNCATED), SERVER)
    [found] = lookups([*udp, cut, *talk.frames])
    assert (found.started, found.transport, found.truncated, found.retries, found.answers) == (
        1000.0,
        "tcp",
        True,
        1,
        1,
    )
    assert found.response_time == pytest.approx(talk.segments[-1].time - 1000.0, abs=1e-6)


def test_a_zone_transfer_is_one_lookup() -> None:
    start, between = record(SOA, b"\0" * 22), record(A, b"\1\2\3\4")
    parts = [answer(1, "example", AXFR, start, between), answer(1, "example", AXFR, *[between] * 5)]
    parts.append(pack(">HHHHHH", 1, ANSWER, 0, 2, 0, 0) + (between + start).replace(b"\xc0\x0c", name("example")))
    talk = over_tcp().client(prefixed(query(1, "example", AXFR)))
    first = talk.time
    talk.server(prefixed(*parts[:1])).wait(1).server(prefixed(*parts[1:]), 50)
    [found] = lookups(talk.frames)
    assert (found.type, found.answers, found.size) == ("AXFR", 9, sum(map(len, parts)))
    assert found.response_time == pytest.approx(first - talk.segments[3].time, abs=1e-6)
    assert found.time - (found.started or 0) > 1


def test_port_53_is_followed_for_lookups_only() -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    talk = over_tcp().client(request).server(b"HTTP/1.1 204 No Content\r\n\r\n").close()
    decoder = core_decoder("dns", wanted=(DnsLookup, TcpConnection))
    assert fed(decoder, talk.frames) + finished(decoder) == []
    assert (decoder.health.unreadable.total(), decoder.health.requests) == (0, 0)
    decoder = core_decoder("dns", wanted=(DnsLookup,), ports={53})
    fed(decoder, talk.frames)
    assert decoder.health.requests == 1


def test_a_monitored_port_may_speak_dns_too() -> None:
    talk = Talk().client(prefixed(query(1, "a.example"))).server(prefixed(answer(1, "a.example")))
    datagrams = [datagram(1000.0, query(7, "b.example"), port=80)]
    datagrams.append(datagram(1000.1, answer(7, "b.example"), SERVER, 80))
    assert asked(lookups(talk.frames)) == [("a.example", "NOERROR")]
    assert asked(lookups(datagrams)) == [("b.example", "NOERROR")]
    assert lookups(datagrams, ports={81}) == []


def test_fragments_are_put_together_first() -> None:
    packet = datagram(1000.1, answer(7, "a.example", TXT, *[record(TXT, b"\1x" * 20)] * 20), SERVER).data[14:]
    frames = [ethernet(1000.1, part) for part in ipv4_fragments(packet, 256)]
    [found] = lookups([datagram(1000.0, query(7, "a.example", TXT)), *frames])
    assert (found.answers, found.rcode) == (20, "NOERROR")


def test_without_an_answer_a_lookup_ends_by_packet_time() -> None:
    decoder = core_decoder("dns", wanted=(DnsLookup,), limits=Limits(dns_timeout=2))
    assert fed(decoder, [datagram(1000.0, query(7, "a.example"))]) == []
    assert advanced(decoder, 1001.9) == []
    [found] = advanced(decoder, 1002.1)
    assert isinstance(found, DnsLookup)
    assert (found.time, found.rcode, found.ending, found.response_time) == (1002.0, "", "timeout", None)


def test_columns_agree_with_records() -> None:
    frames = [
        frame
        for number in range(20)
        for frame in (
            datagram(1000.0 + number, query(number, f"{number % 3}.example", 60000 + number % 2), client_port=number),
            datagram(1000.5 + number, answer(number, f"{number % 3}.example", 60000 + number % 2), SERVER,
                     client_port=number),
        )
    ]  # fmt: skip
    frames.append(datagram(1030.0, query(99, "a.example")))
    decoder = core_decoder("dns", wanted=(DnsLookup,))
    decoder.feed(Frames.of(frames))
    decoder.finish()
    table = decoder.take().table(DnsLookup)
    records = table.records()
    expected = RecordTable(DnsLookup, records)
    assert len(table) == len(records) == 21
    for column in TEXTS[DnsLookup]:
        codes, values = table.texts(column)
        assert [values[code] for code in codes] == [getattr(one, column) for one in records]
    for column in INTEGERS[DnsLookup] | FLOATS[DnsLookup]:
        np.testing.assert_array_equal(table.numbers(column), expected.numbers(column))


@given(st.binary(max_size=600), st.integers(1, 60))
def test_any_bytes_are_survived(noise: bytes, size: int) -> None:
    talk = over_tcp().client(noise, size).server(noise, size).send(CLIENT, noise[:20], ACK)
    frames = [datagram(1000.0, noise), datagram(1000.0, noise, SERVER), datagram(1000.0, noise, port=5353)]
    for one in lookups([*frames, *talk.frames]):
        assert one.name.isprintable()
        assert one.name.isascii()
