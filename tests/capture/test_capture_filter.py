"""The kernel filters, run by libpcap's own interpreter."""

import struct

import pytest
from capture_helpers import ethernet, ipv4, ipv6, tcp, udp, web

from capture import bpf, libpcap
from capture.errors import BadFilter, CaptureError, LibpcapMissing
from capture.kernel_filter import choose, dns_expression, ports_expression
from capture.libpcap import compile_filter, frame_filter
from capture.ports import parse_ports
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_NULL, LINKTYPE_RAW

PORTS = parse_ports("80,8000-8100")


@pytest.fixture(autouse=True)
def _needs_libpcap(request: pytest.FixtureRequest) -> None:
    try:
        compile_filter("tcp", LINKTYPE_ETHERNET)
    except CaptureError as reason:
        pytest.skip(str(reason))


def vlan(frame: bytes, protocol: int = 0x8100) -> bytes:
    return frame[:12] + struct.pack(">HH", protocol, 5) + frame[12:]


WANTED = {
    "port": web(),
    "first of the range": web(port=8000),
    "last of the range": web(port=8100),
    "answer": ethernet(0x0800, ipv4(6, tcp(80, 40000))),
    "IPv6": ethernet(0x86DD, ipv6(6, tcp(40000, 80))),
    "later fragment": ethernet(0x0800, ipv4(6, bytes(100), fragment=185)),
    "IPv6 fragment": ethernet(0x86DD, ipv6(44, bytes(100))),
    "IPv6 hop-by-hop": ethernet(0x86DD, ipv6(0, b"\6\0" + bytes(6) + tcp(40000, 80))),
    "IPv6 routing": ethernet(0x86DD, ipv6(43, b"\6\0" + bytes(6) + tcp(40000, 80))),
    "IPv6 destination options": ethernet(0x86DD, ipv6(60, b"\6\0" + bytes(6) + tcp(40000, 80))),
    "VLAN": vlan(web()),
    "QinQ": vlan(vlan(web()), 0x88A8),
    "VLAN IPv6": vlan(ethernet(0x86DD, ipv6(6, tcp(40000, 80)))),
    "VLAN GRE": vlan(ethernet(0x0800, ipv4(47, bytes(40)))),
    "VLAN MPLS": vlan(ethernet(0x8847, bytes(60))),
    "GRE": ethernet(0x0800, ipv4(47, bytes(40))),
    "IP in IP": ethernet(0x0800, ipv4(4, ipv4(6, tcp(40000, 80)))),
    "6in4": ethernet(0x0800, ipv4(41, ipv6(6, tcp(40000, 80)))),
    "4in6": ethernet(0x86DD, ipv6(4, ipv4(6, tcp(40000, 80)))),
    "MPLS": ethernet(0x8847, bytes(60)),
    "PPPoE": ethernet(0x8864, bytes(60)),
    "VXLAN": ethernet(0x0800, ipv4(17, udp(4789, bytes(60)))),
    "Geneve over IPv6": ethernet(0x86DD, ipv6(17, udp(6081, bytes(60)))),
    "GTP-U": ethernet(0x0800, ipv4(17, udp(2152, bytes(60)))),
    "Teredo": ethernet(0x0800, ipv4(17, udp(3544, bytes(60)))),
}
UNWANTED = {
    "other port": web(port=81),
    "before the range": web(port=7999),
    "after the range": web(port=8101),
    "DNS": ethernet(0x0800, ipv4(17, udp(53, bytes(60)))),
    "QUIC": ethernet(0x86DD, ipv6(17, udp(443, bytes(60)))),
    "UDP to port 80": ethernet(0x0800, ipv4(17, udp(80, bytes(60)))),
    "ARP": ethernet(0x0806, bytes(46)),
    "ICMP": ethernet(0x0800, ipv4(1, bytes(40))),
    "VLAN other port": vlan(web(port=81)),
    "QinQ other port": vlan(vlan(web(port=81))),
    "empty": b"",
}


@pytest.mark.parametrize("case", WANTED)
def test_frames_that_may_hold_the_ports_pass(case: str) -> None:
    assert frame_filter(ports_expression(PORTS, LINKTYPE_ETHERNET), LINKTYPE_ETHERNET)(WANTED[case])


@pytest.mark.parametrize("case", UNWANTED)
def test_other_frames_are_dropped_by_the_kernel(case: str) -> None:
    assert not frame_filter(ports_expression(PORTS, LINKTYPE_ETHERNET), LINKTYPE_ETHERNET)(UNWANTED[case])


def test_any_port_means_all_tcp() -> None:
    passes = frame_filter(ports_expression(parse_ports("any"), LINKTYPE_ETHERNET), LINKTYPE_ETHERNET)
    assert passes(web(port=81))
    assert not passes(UNWANTED["DNS"])


def test_dns_passes_on_its_own_ports_and_with_one_question_on_monitored_ones() -> None:
    passes = frame_filter(dns_expression(parse_ports("8053")), LINKTYPE_ETHERNET)
    one, two = (struct.pack(">6H", 7, 0x0100, questions, 0, 0, 0) for questions in (1, 2))

    def datagram(port: int, message: bytes) -> bytes:
        return ethernet(0x0800, ipv4(17, udp(port, message)))

    assert all(passes(datagram(port, two)) for port in (53, 5353, 5355))
    assert passes(web(port=53))
    assert [passes(datagram(port, one)) for port in (8053, 8054)] == [True, False]
    assert passes(ethernet(0x86DD, ipv6(17, udp(8053, one))))
    assert not passes(datagram(8053, two))
    assert not passes(web(port=8053))
    assert frame_filter(dns_expression(parse_ports("any")), LINKTYPE_ETHERNET)(datagram(8054, one))


def test_very_many_ports_become_all_tcp() -> None:
    many = parse_ports(",".join(str(port) for port in range(1, 65000, 500)))
    passes = frame_filter(ports_expression(many, LINKTYPE_ETHERNET), LINKTYPE_ETHERNET)
    assert passes(web(port=9999))


@pytest.mark.parametrize(
    ("link_type", "head"),
    [(LINKTYPE_RAW, b""), (LINKTYPE_NULL, b"\2\0\0\0"), (LINKTYPE_LINUX_SLL2, b"\x08\0" + bytes(18))],
)
def test_other_link_types_are_filtered_too(link_type: int, head: bytes) -> None:
    passes = frame_filter(ports_expression(PORTS, link_type), link_type)
    assert passes(head + ipv4(6, tcp(40000, 80)))
    assert not passes(head + ipv4(6, tcp(40000, 81)))
    assert not passes(head + ipv4(17, udp(53)))


@pytest.mark.parametrize("link_type", [LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_LINUX_SLL2, LINKTYPE_NULL, 105, 127])
@pytest.mark.parametrize("expression", ["", "host 10.0.0.1", "not port 8080"])
def test_a_program_fits_the_kernel_and_truncates_at_the_snap_length(link_type: int, expression: str) -> None:
    chosen = choose(PORTS, expression, link_type, 1000)
    assert 0 < len(chosen.program) < 4096
    assert chosen.program[-1] == (0x06, 0, 0, 1000)
    assert {step.operand for step in chosen.program if step.code == 0x06} == {0, 1000}
    assert chosen.sentences == []
    assert chosen.remainder == ""


@pytest.mark.parametrize("expression", ["vlan 5", "not vlan", "vlan and host 10.0.0.1"])
def test_vlan_expressions_are_checked_in_this_process(expression: str) -> None:
    """Linux removes them from the frame before its filter runs."""
    assert choose(PORTS, expression, LINKTYPE_ETHERNET, 1000).remainder == expression


def test_cooked_header_fields_unknown_to_the_kernel_are_checked_in_this_process() -> None:
    expression = "link[12] = 1"
    assert choose(PORTS, expression, LINKTYPE_LINUX_SLL2, 1000).remainder == expression
    assert choose(PORTS, "inbound", LINKTYPE_LINUX_SLL2, 1000).remainder == ""


@pytest.mark.parametrize(
    ("expression", "reason"),
    [("tcp porrt 80", "syntax error"), ("host (", "syntax error"), ("port 99999999", "."), ("vlan and vlann", ".")],
)
def test_an_invalid_expression_is_rejected_in_one_line_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(BadFilter, match=reason) as refusal:
        choose(PORTS, expression, LINKTYPE_ETHERNET, 1000)
    assert repr(expression) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_without_libpcap_everything_passes_and_a_message_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise LibpcapMissing("a filter needs libpcap, which is missing here; install libpcap")

    monkeypatch.setattr(libpcap, "_binding", missing)
    chosen = choose(PORTS, "", LINKTYPE_ETHERNET, 1000)
    assert chosen.program == bpf.accept(1000)
    assert len(chosen.sentences) == 1
    assert "install libpcap" in chosen.sentences[0]
    with pytest.raises(LibpcapMissing, match="needs libpcap"):
        choose(PORTS, "host 10.0.0.1", LINKTYPE_ETHERNET, 1000)


def test_a_library_that_fails_to_load_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes.util
    import sys

    monkeypatch.delitem(sys.modules, "scapy.libs.winpcapy", raising=False)
    monkeypatch.delattr("scapy.libs.winpcapy", raising=False)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    with pytest.raises(LibpcapMissing, match="install libpcap"):
        compile_filter("tcp", LINKTYPE_ETHERNET)
