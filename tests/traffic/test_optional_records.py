"""Records emitted only if a statistic wants them: packets, DNS answers, TLS names, connections."""

from typing import Any

import pytest
from decoders import decoder, fed, finished
from hypothesis import given
from hypothesis import strategies as st

from traffic.dns import answer
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.records import OPTIONAL, DnsAnswer, IpPacket, Request, TcpConnection, TlsHello

pytestmark = pytest.mark.usefixtures("each_decoder")

scapy = pytest.importorskip("scapy.all", reason="Scapy crafts the packets")

CLIENT, SERVER = "10.0.0.1", "10.0.0.5"
GET = b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def frames(*packets: Any, start: float = 1000.0, step: float = 0.01) -> list[Frame]:
    made = []
    for number, packet in enumerate(packets):
        data = bytes(scapy.Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)
        made.append(Frame(start + number * step, LINKTYPE_ETHERNET, data, len(data)))
    return made


def records(kinds: set[type], *packets: Any, port: int = 80) -> list[Any]:
    one = decoder({port}, wanted=kinds)
    found = fed(one, frames(*packets)) + finished(one)
    return [record for record in found if type(record) in kinds]


def ends(there: bool) -> Any:
    return scapy.IP(src=CLIENT, dst=SERVER) if there else scapy.IP(src=SERVER, dst=CLIENT)


def segment(there: bool, flags: str, seq: int, ack: int, data: bytes = b"", port: int = 80) -> Any:
    ports = (50000, port) if there else (port, 50000)
    return ends(there) / scapy.TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack) / data


def conversation(*, resent: bool = False, reset: bool = False, port: int = 80) -> list[Any]:
    """Build a handshake, two requests with their answers, and an end."""
    packets = [segment(True, "S", 99, 0, port=port), segment(False, "SA", 499, 100, port=port)]
    seq, ack = 100, 500
    for number in range(2):
        packets.append(segment(True, "PA", seq, ack, GET, port))
        if resent and number == 0:
            packets.append(segment(True, "PA", seq, ack, GET, port))
        seq += len(GET)
        packets.append(segment(False, "PA", ack, seq, OK, port))
        ack += len(OK)
    if reset:
        return [*packets, segment(True, "R", seq, ack, port=port)]
    return [*packets, segment(True, "FA", seq, ack, port=port), segment(False, "FA", ack, seq + 1, port=port)]


# connections ---------------------------------------------------------------------------------------------------------


def test_a_connection_record_has_its_handshake_requests_and_ending() -> None:
    [found] = records({TcpConnection}, *conversation())
    assert found[1:6] == (CLIENT, 50000, SERVER, 80, 1000.0)
    assert (found.time, found.connect_time) == (pytest.approx(1000.07), pytest.approx(0.01))
    assert found[7:] == (2, 0, "closed")


def test_retransmitted_bytes_are_counted() -> None:
    [found] = records({TcpConnection}, *conversation(resent=True))
    assert (found.resent_bytes, found.requests) == (len(GET), 2)


def test_a_reset_ends_the_connection() -> None:
    [found] = records({TcpConnection}, *conversation(reset=True))
    assert found.ending == "reset"


def test_a_connection_joined_midway_has_no_connect_time() -> None:
    [found] = records({TcpConnection}, *conversation()[2:])
    assert (found.connect_time, found.started, found.requests) == (None, 1000.0, 2)


def test_a_connection_without_data_has_no_record() -> None:
    assert records({TcpConnection}, *conversation()[:2]) == []


# packets -------------------------------------------------------------------------------------------------------------


def test_every_packet_of_any_protocol_is_recorded() -> None:
    echo = ends(True) / scapy.ICMP()
    query = ends(True) / scapy.UDP(sport=40000, dport=53) / (b"x" * 20)
    other = scapy.IPv6(src="2001:db8::1", dst="2001:db8::2") / scapy.TCP(sport=1, dport=25)
    found = records({IpPacket}, echo, query, other, *conversation()[:1])
    assert [packet[1:6] for packet in found] == [
        (CLIENT, SERVER, 1, 0, 0),
        (CLIENT, SERVER, 17, 40000, 53),
        ("2001:db8::1", "2001:db8::2", 6, 1, 25),
        (CLIENT, SERVER, 6, 50000, 80),
    ]
    assert found[0].length == len(bytes(scapy.Ether() / echo))
    assert [packet.time for packet in found] == pytest.approx([1000.0, 1000.01, 1000.02, 1000.03])


def test_the_inner_packet_of_a_tunnel_is_recorded() -> None:
    inner = scapy.IP(src="192.168.0.1", dst="192.168.0.2") / scapy.ICMP()
    [found] = records({IpPacket}, ends(True) / scapy.GRE() / inner)
    assert (found.source, found.protocol) == ("192.168.0.1", 1)


def test_http_is_still_decoded_when_every_packet_is_recorded() -> None:
    found = fed(decoder(wanted={IpPacket}), frames(*conversation()))
    assert sum(type(record) is IpPacket for record in found) == 8
    assert sum(type(record) is Request for record in found) == 2


# DNS -----------------------------------------------------------------------------------------------------------------


def response(*answers: Any, name: str = "WWW.Dropbox.com", rcode: int = 0) -> Any:
    question = scapy.DNSQR(qname=name)
    message = scapy.DNS(qr=1, rcode=rcode, qd=question, an=list(answers))
    return scapy.IP(src="9.9.9.9", dst=CLIENT) / scapy.UDP(sport=53, dport=40000) / message


def test_an_answer_has_the_addresses_of_the_requested_name() -> None:
    answers = (
        scapy.DNSRR(rrname="www.dropbox.com", type="CNAME", rdata="edge.dropbox.com"),
        scapy.DNSRR(rrname="edge.dropbox.com", type="A", rdata="162.125.1.1"),
        scapy.DNSRR(rrname="edge.dropbox.com", type="AAAA", rdata="2620:100::1"),
    )
    found = records({DnsAnswer}, response(*answers))
    assert found == [DnsAnswer(1000.0, CLIENT, "9.9.9.9", "www.dropbox.com", 0, ("162.125.1.1", "2620:100::1"))]


def test_an_unknown_name_has_no_addresses() -> None:
    [found] = records({DnsAnswer}, response(rcode=3))
    assert (found.code, found.addresses) == (3, ())


def test_queries_and_other_datagrams_are_ignored() -> None:
    query = (
        scapy.IP(src=CLIENT, dst="9.9.9.9") / scapy.UDP(sport=40000, dport=53) / scapy.DNS(qd=scapy.DNSQR(qname="x"))
    )
    short = scapy.IP(src="9.9.9.9", dst=CLIENT) / scapy.UDP(sport=53, dport=40000) / b"\x00"
    assert records({DnsAnswer}, query, short) == []


@pytest.mark.parametrize("name", [b"\xc0\x0c", b"\x01a\xc0\x0c", b"\x40", b"\x3fabc", b""])
def test_looping_and_truncated_names_are_rejected(name: bytes) -> None:
    assert answer(b"\x00\x00\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name, 0, 12 + len(name)) is None


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_harmless(data: bytes) -> None:
    for message in (data, b"\x00\x00\x80\x00\x00\x01\x00\x09\x00\x00\x00\x00" + data):
        found = answer(message, 0, len(message))
        assert found is None or len(found.addresses) <= 64


# TLS -----------------------------------------------------------------------------------------------------------------


def hello(name: str) -> bytes:
    """Build a ClientHello with a server name (RFC 8446 section 4.1.2, RFC 6066 section 3)."""
    wire = name.encode()
    entry = b"\x00" + len(wire).to_bytes(2, "big") + wire
    extension = b"\x00\x00" + (len(entry) + 2).to_bytes(2, "big") + len(entry).to_bytes(2, "big") + entry
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += len(extension).to_bytes(2, "big") + extension
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(handshake).to_bytes(2, "big") + handshake


@pytest.mark.parametrize("port", [443, 60000])
def test_a_client_hello_reveals_the_server_name(port: int) -> None:
    packets = [
        segment(True, "S", 99, 0, port=port),
        segment(False, "SA", 499, 100, port=port),
        segment(True, "PA", 100, 500, hello("DL.Dropbox.com"), port),
    ]
    [found] = records({TlsHello}, *packets, port=port)
    assert found[1:] == (CLIENT, 50000, SERVER, port, "dl.dropbox.com")
    assert found.time == pytest.approx(1000.02)


def test_optional_records_are_only_emitted_on_request() -> None:
    one = decoder()
    found = fed(one, frames(*conversation(), response())) + finished(one)
    assert not {type(record) for record in found} & OPTIONAL
