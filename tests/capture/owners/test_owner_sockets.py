"""Sockets and addresses as the kernel tells them: messages recorded on Linux 6.18, and those of this machine."""

import os
import socket
import sys

import pytest

from capture.owners import addresses, netlink
from capture.owners.sock_diag import LISTEN, SockDiag, Socket, connection_request, listening_request, parsed

ESTABLISHED = 1
LISTENS = (
    "020a00001fbe00007f00000100000000000000000000000000000000000000000000000000000000000000003c10000000000000000000000000"
    "0000800000000000000050b50100050008000000000008000f00000000000c00150001000000000000000600160052000000"
)
LISTENS_TO_BOTH = (
    "0a0a00001fbd00000000000000000000000000000000000000000000000000000000000000000000000000003e10000000000000000000000000"
    "000080000000000000004fb50100050008000000000005000b000000000008000f00000000000c001500010000000000000006001600120000"
    "00"
)
CONNECTED = (
    "02010000e1301fbd7f0000010000000000000000000000007f000001000000000000000000000000000000003f10000000000000000000000000"
    "0000000000002100000051b50100050008000000000008000f00000000000c00150007000000000000000600160052000000"
)
MAPPED = (
    "0a0100001fbde13000000000000000000000ffff7f00000100000000000000000000ffff7f00000100000000401000000000000000000000"
    "00000000000000000000000052b50100050008000000000008000f00000000000c00150001000000000000000600160052000000"
)
HOME = "020880fe01000000080001007f000001080002007f000001070003006c6f000008000800800000001400060000000000"
FIRST = "021880000400000008000100c000020208000200c000020208000400c00002ff090003006574683000000000"
SIX = "0a4082000400000014000100fd00000000000000000000000000000214000600ffffffffffffffff15000000150000000800080082000000"


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (LISTENS, Socket(LISTEN, "127.0.0.1", 8126, "0.0.0.0", 0, 0, 111952, 1, False)),
        (LISTENS_TO_BOTH, Socket(LISTEN, "::", 8125, "::", 0, 0, 111951, 1, True)),
        (CONNECTED, Socket(ESTABLISHED, "127.0.0.1", 57648, "127.0.0.1", 8125, 33, 111953, 7, False)),
        (MAPPED, Socket(ESTABLISHED, "127.0.0.1", 8125, "127.0.0.1", 57648, 0, 111954, 1, True)),
    ],
    ids=["listens", "listens to IPv4 and IPv6", "connected", "IPv4 on an IPv6 socket"],
)
def test_sockets_are_read(recorded: str, expected: Socket) -> None:
    assert parsed(bytes.fromhex(recorded)) == expected


def test_a_socket_for_ipv6_only_takes_no_ipv4() -> None:
    only = LISTENS_TO_BOTH.replace("05000b0000000000", "05000b0001000000")
    found = parsed(bytes.fromhex(only))
    assert found is not None
    assert not found.dual


def test_no_message_however_short_does_harm() -> None:
    whole = bytes.fromhex(CONNECTED)
    read = [parsed(whole[:length]) for length in range(len(whole))]
    assert read[:72] == [None] * 72
    assert {one.inode for one in read[72:] if one} == {111953}, "attributes may be cut off"


def test_questions_have_the_form_that_the_kernel_expects() -> None:
    assert connection_request(("127.0.0.1", 8125), ("127.0.0.1", 40000)).hex() == (
        "4800000014000100000000000000000002060000ffffffff1fbd9c40"
        "7f0000010000000000000000000000007f00000100000000000000000000000000000000ffffffffffffffff"
    )
    assert listening_request(socket.AF_INET).hex() == (
        "4800000014000103000000000000000002060000000400000000" + "00" * 38 + "ffffffffffffffff"
    )


@pytest.mark.parametrize(
    ("recorded", "expected"), [(HOME, "127.0.0.1"), (FIRST, "192.0.2.2"), (SIX, "fd00::2"), ("02", ""), (HOME[:16], "")]
)
def test_addresses_are_read(recorded: str, expected: str) -> None:
    assert addresses.address(bytes.fromhex(recorded)) == expected


def test_malformed_netlink_messages_end_the_datagram() -> None:
    good = netlink.request(20, b"abcd", dump=False)
    assert [one.body for one in netlink.messages(good + good)] == [b"abcd", b"abcd"]
    assert [one.body for one in netlink.messages(good + good[:-1])] == [b"abcd"]
    assert list(netlink.messages(b"\3\0\0\0" + good[4:])) == [], "a length that is less than a header"
    assert netlink.attributes(b"\3\0\1\0", 0) == {}, "a length that is less than a header"


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is of Linux")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_sockets_of_this_process_are_found(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        server = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"no address {address} here")
    with server, socket.create_connection(server.getsockname()[:2]) as client:
        diag = SockDiag()
        here, there = client.getsockname()[:2], client.getpeername()[:2]
        found = diag.connected(here, there)
        assert found is not None
        assert (found.inode, found.local_port) == (inode(client), here[1])
        waiting = diag.connected(there, here)
        assert waiting is not None
        assert waiting.inode == 0, "nobody has accepted it yet"
        nobody = diag.connected(there, (address, 1))
        assert nobody is not None
        assert (nobody.state, nobody.inode) == (LISTEN, inode(server)), "the one that listens"
        assert inode(server) in {one.inode for one in diag.listening()}
        assert diag.connected((address, 1), (address, 2)) is None
        diag.close()


def inode(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is of Linux")
def test_the_loopback_address_is_ours() -> None:
    assert "127.0.0.1" in addresses.local_addresses()
