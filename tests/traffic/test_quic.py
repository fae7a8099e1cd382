"""QUIC connections from datagrams to records, through the door of the core."""

from collections.abc import Iterable
from itertools import pairwise
from random import Random

import pytest
from attacks.quic_packets import (
    DRAFT_29,
    GREASED,
    V1,
    V2,
    Initial,
    client_hello,
    crypto,
    handshake,
    long_header,
    negotiation,
    retry,
    short,
)
from decoders import core_decoder, finished
from encapsulations import CLIENT4, SERVER4, ipv4, udp
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.intake import Decodes
from traffic.frame import LINKTYPE_RAW, Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import QuicConnection

HELLO = client_hello(b"WWW.Example.com", (b"h3", b"h3-29"))
FIRST = Initial(crypto(0, HELLO)).sealed()
SERVERS = b"servers!"
"""The connection id that a server chooses."""


class Talk:
    """A client and a server whose datagrams a decoder sees, one each 100 ms."""

    def __init__(self, *, port: int = 443, limits: Limits | None = None) -> None:
        self.decoder: Decodes = core_decoder("quic", limits=limits, wanted={QuicConnection})
        self.port = port
        self.time = 1000.0

    def client(self, *payloads: bytes, port: int = 50000) -> "Talk":
        return self._send(udp(port, self.port, payload) for payload in payloads)

    def server(self, *payloads: bytes, port: int = 50000) -> "Talk":
        return self._send((udp(self.port, port, payload) for payload in payloads), SERVER4, CLIENT4)

    def _send(self, datagrams: Iterable[bytes], source: bytes = CLIENT4, target: bytes = SERVER4) -> "Talk":
        for datagram in datagrams:
            frame = Frame(self.time, LINKTYPE_RAW, ipv4(17, datagram, source, target), 0)
            self.decoder.feed(Frames.of([frame]))
            self.time += 0.1
        return self

    def records(self) -> list[QuicConnection]:
        """Return the records at the end of the capture."""
        records = finished(self.decoder)
        assert all(type(record) is QuicConnection for record in records)
        assert self.decoder.held == 0
        return records  # type: ignore[return-value]  # as asserted

    @property
    def only(self) -> QuicConnection:
        (record,) = self.records()
        return record

    @property
    def counted(self) -> dict[str, int]:
        return dict(self.decoder.health.unreadable)


def test_a_connection_is_told_when_it_ends() -> None:
    talk = Talk().client(FIRST).server(handshake(SERVERS)).client(short(SERVERS)).server(short(b"", 1199))
    assert talk.counted == {"QUIC": 1}
    assert dict(talk.decoder.health.server_names) == {"www.example.com": 1}
    record = talk.only
    assert record._replace(ja4="", time=0.0, duration=0.0) == QuicConnection(
        time=0.0,
        client="10.0.0.1",
        client_port=50000,
        server="10.0.0.2",
        server_port=443,
        started=1000.0,
        version="1",
        server_name="www.example.com",
        alpn="h3, h3-29",
        ja4="",
        ech=False,
        zero_rtt=0,
        retry=False,
        migrated=False,
        client_packets=2,
        client_bytes=1200 + 49,
        server_packets=2,
        server_bytes=49 + 1200,
        duration=0.0,
        user_agent="",
    )
    assert record.duration == pytest.approx(0.3)
    assert record.ja4.startswith("q13d0103h3_")


def test_columns_and_records_say_the_same() -> None:
    talk = Talk().client(FIRST).server(handshake(SERVERS))
    talk.decoder.finish()
    table = talk.decoder.take().table(QuicConnection)
    (record,) = table.records()
    for name, value in record._asdict().items():
        column = [table.texts(name).values[code] for code in table.texts(name).codes] if type(value) is str else None
        assert column == [value] if column else list(table.numbers(name)) == [value], name


@pytest.mark.parametrize(("version", "name"), [(V1, "1"), (V2, "2"), (DRAFT_29, "draft-29"), (GREASED, "0x1a2a3a4a")])
def test_each_version_has_its_keys(version: int, name: str) -> None:
    record = Talk().client(Initial(crypto(0, HELLO), version=version).sealed()).only
    assert (record.version, record.server_name) == (name, "www.example.com")


def test_a_hello_larger_than_a_packet_comes_in_pieces_in_any_order() -> None:
    large = client_hello(b"pq.example", extra=[(51, bytes(1300))])
    pieces = [crypto(place, large[place : place + 200]) for place in range(0, len(large), 200)]
    packets = [b"\1".join(pieces[place::3]) for place in range(3)]
    talk = Talk().client(*(Initial(packet, number=number).sealed() for number, packet in enumerate(packets)))
    assert (talk.only.server_name, talk.counted) == ("pq.example", {"QUIC": 1})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, len(HELLO) - 1), max_size=20), st.randoms(use_true_random=False))
def test_pieces_of_any_size_in_any_order_and_twice_make_the_same_hello(cuts: list[int], random: Random) -> None:
    places = sorted({0, *cuts, len(HELLO)})
    pieces = [crypto(start, HELLO[start:end]) for start, end in pairwise(places)]
    pieces += [crypto(max(0, start - 3), HELLO[max(0, start - 3) : end]) for start, end in pairwise(places)]
    random.shuffle(pieces)
    packets = [b"".join(pieces[place::4]) for place in range(4)]
    talk = Talk().client(*(Initial(packet, number=number).sealed() for number, packet in enumerate(packets)))
    assert talk.only[6:11] == Talk().client(FIRST).only[6:11]
    assert not talk.decoder.health.oddities


def test_a_hello_that_stays_incomplete_leaves_the_connection_without_a_name() -> None:
    talk = Talk().client(Initial(crypto(0, HELLO[:50])).sealed()).server(handshake(SERVERS))
    record = talk.only
    assert (record.server_name, record.ja4, record.version) == ("", "", "1")
    assert not talk.decoder.health.server_names


def test_an_encrypted_hello_names_only_the_front() -> None:
    record = (
        Talk().client(Initial(crypto(0, client_hello(b"front.example", extra=[(0xFE0D, bytes(90))]))).sealed()).only
    )
    assert (record.server_name, record.ech) == ("front.example", True)


def test_early_data_is_counted() -> None:
    early = long_header(1, b"12345678", b"") + b"\x40\x20" + bytes(32)
    assert Talk().client(FIRST + early, early + early).only.zero_rtt == 3


def test_retry_and_negotiation_are_parts_of_one_connection() -> None:
    new = b"a new connection id"
    retried = Talk().client(FIRST).server(retry(new)).client(Initial(crypto(0, HELLO), new, token=b"t").sealed())
    assert (retried.counted, retried.only.retry) == ({"QUIC": 1}, True)
    talk = Talk().client(Initial(crypto(0, HELLO), version=GREASED).sealed()).server(negotiation(V1, V2))
    talk.client(Initial(crypto(0, HELLO), new, V2).sealed()).server(handshake(SERVERS, V2))
    assert talk.counted == {"QUIC": 1}
    record = talk.only
    assert (record.version, record.retry, record.client_packets) == ("2", False, 2)


def test_a_client_with_another_address_is_still_the_same() -> None:
    talk = Talk().client(FIRST).server(handshake(SERVERS)).client(short(SERVERS), port=50001)
    talk.server(short(b""), port=50001)
    assert talk.counted == {"QUIC": 1}
    record = talk.only
    assert (record.migrated, record.client_port, record.client_packets, record.server_packets) == (True, 50000, 2, 2)


def test_joined_late_a_connection_is_counted_without_a_name() -> None:
    talk = Talk().server(handshake(SERVERS))
    talk.client(Initial(crypto(0, HELLO), SERVERS, origin=b"not seen").sealed())
    record = talk.only
    assert (record.server_name, record.version, record.server_port) == ("", "1", 443)


def test_on_other_ports_only_proof_counts() -> None:
    talk = Talk(port=8853).server(handshake(SERVERS)).client(FIRST[:-1] + b"x", short(SERVERS))
    assert talk.counted == {}
    assert talk.client(FIRST).server(handshake(SERVERS)).counted == {"QUIC": 1}
    record = talk.only
    assert (record.server_name, record.client_packets, record.server_packets) == ("www.example.com", 1, 1)


def test_a_silent_connection_ends_after_a_minute() -> None:
    talk = Talk().client(FIRST)
    talk.decoder.advance(1060.0)
    assert len(talk.decoder.take()) == 0
    talk.decoder.advance(1060.2)
    (record,) = talk.decoder.take().records()
    assert (record.time, record.duration) == (1060.2, 0.0)
    assert talk.client(FIRST).counted == {"QUIC": 2}


def test_the_longest_silent_connection_makes_room() -> None:
    talk = Talk(limits=Limits(connections=80))
    for number in range(100):
        talk.client(Initial(crypto(0, HELLO), b"%08d" % number).sealed(), port=50000 + number)
    assert (talk.counted, talk.decoder.health.evicted) == ({"QUIC": 100}, 89)
    assert [record.client_port for record in talk.records()] == list(range(50000, 50100))


def test_without_the_protocol_connections_are_only_counted() -> None:
    talk = Talk()
    talk.decoder = core_decoder(wanted={QuicConnection})
    assert talk.client(FIRST).server(handshake(SERVERS)).counted == {"QUIC": 1}
    assert talk.records() == []
    assert not talk.decoder.health.server_names


@pytest.mark.parametrize("kept", range(0, 1228, 13))
def test_a_packet_cut_anywhere_is_no_error(kept: int) -> None:
    talk = Talk()
    talk.decoder.feed(Frames.of([Frame(1.0, LINKTYPE_RAW, ipv4(17, udp(50000, 443, FIRST))[:kept], 0)]))
    assert [record.server_name for record in talk.records()] in ([], [""])
