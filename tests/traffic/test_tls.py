import pytest
from hypothesis import given
from hypothesis import strategies as st
from tls_wire import extension, hello_body, named, records, sized
from wire import Talk, decode

from traffic.limits import Budget, Limits
from traffic.tls import LONGEST_HELLO, HelloReader, server_name, starts_hello

pytestmark = pytest.mark.usefixtures("each_decoder")


OTHER = extension(43, b"\x02\x03\x04")
BODY = hello_body(OTHER, named(b"shop.example.com"), OTHER)
HELLO = b"\x01" + sized(3, BODY)


class Reading:
    """A reader, the names it found, and the memory it uses."""

    def __init__(self, limit: int = 2**20) -> None:
        self.names: list[bytes] = []
        self.budget = Budget(limit)
        self.reader = HelloReader(self.names.append, self.budget)

    def feed(self, data: bytes, size: int) -> "Reading":
        for at in range(0, len(data), size):
            self.reader.data(data[at : at + size], 0.0, 0, -1)
        return self


@pytest.mark.parametrize("record", [1, 4, 5, 100, 2**14])
@pytest.mark.parametrize("segment", [1, 2, 7, 1460])
def test_the_name_is_found_however_the_hello_is_split(record: int, segment: int) -> None:
    reading = Reading().feed(records(HELLO, record) + b"\x17\x03\x03\x00\x05later", segment)
    assert reading.names == [b"shop.example.com"]
    assert reading.budget.used == 0


@pytest.mark.parametrize(
    "body",
    [
        hello_body(),
        hello_body(OTHER),
        hello_body(extension(0, b"")),
        hello_body(extension(0, sized(2, b"\x00" + sized(2, b"")))),
        hello_body(extension(0, sized(2, b"\x01" + sized(2, b"not a host name")))),
        hello_body(extension(0, b"\x00\x10\x00\x00\x20short")),
        hello_body()[:20],
        b"",
    ],
)
def test_no_name_is_found_if_none_is_given(body: bytes) -> None:
    assert server_name(body) == b""
    assert Reading().feed(records(b"\x01" + sized(3, body)), 1460).names == []


@pytest.mark.parametrize(
    "stream",
    [
        b"\x17\x03\x03\x00\x05hello" + records(HELLO),
        records(b"\x02" + HELLO[1:]),
        b"\x16\x03\x01\x00\x00" + records(HELLO),
        records(b"\x01" + sized(3, BODY + b"x" * LONGEST_HELLO)),
        records(HELLO)[:-1],
    ],
    ids=["application data", "ServerHello", "empty record", "too long", "cut off"],
)
def test_an_invalid_hello_yields_no_name_and_is_released(stream: bytes) -> None:
    reading = Reading().feed(stream, 100)
    reading.reader.close()
    assert (reading.names, reading.budget.used) == ([], 0)


def test_without_memory_the_hello_is_given_up() -> None:
    reading = Reading(limit=50).feed(records(HELLO), 40)
    assert (reading.names, reading.budget.used) == ([], 0)


def test_a_hello_is_distinguished_from_other_bytes() -> None:
    assert starts_hello(records(HELLO))
    assert not starts_hello(b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x03")
    assert not starts_hello(b"220 mail.example.com\r\n")


@given(st.binary(max_size=300), st.integers(1, 300))
def test_any_bytes_are_read_without_error(data: bytes, size: int) -> None:
    server_name(data)
    reading = Reading().feed(b"\x16\x03\x01" + data, size)
    assert reading.budget.used <= LONGEST_HELLO


@given(st.integers(0, len(BODY) - 1), st.integers(0, 255))
def test_a_damaged_hello_is_no_error(at: int, value: int) -> None:
    assert isinstance(server_name(BODY[:at] + bytes([value]) + BODY[at + 1 :]), bytes)


def hello_to(name: bytes) -> bytes:
    return records(b"\x01" + sized(3, hello_body(named(name))))


def test_connections_are_counted_by_requested_server_name() -> None:
    frames = [
        frame
        for port, name in enumerate((b"a.example", b"A.Example", b"b.example", b"evil\x1b[2J"), 40000)
        for frame in Talk(client_port=port).client(hello_to(name), 20).frames
    ]
    health = decode(frames).health
    assert health.unreadable == {"TLS": 4}
    assert health.server_names == {"a.example": 2, "b.example": 1, r"evil\x1b[2j": 1}


def test_names_beyond_the_limit_are_counted_together() -> None:
    frames = [
        frame
        for port in range(40000, 40005)
        for frame in Talk(client_port=port).client(hello_to(b"%d.example" % port)).frames
    ]
    health = decode(frames, Limits(server_names=2)).health
    assert health.server_names == {"40000.example": 1, "40001.example": 1, "(other)": 3}


def test_tls_after_a_starttls_is_counted_as_such() -> None:
    talk = Talk().server(b"220 mail ESMTP\r\n").client(b"STARTTLS\r\n").server(b"220 go ahead\r\n")
    health = decode(talk.client(hello_to(b"mail.example")).frames).health
    assert +health.unreadable == {"TLS": 1}
    assert health.server_names == {"mail.example": 1}


def test_a_hello_with_missing_bytes_yields_no_name() -> None:
    hello = hello_to(b"a.example")
    talk = Talk().client(hello[:60]).client(hello[60:70], lost=True).client(hello[70:])
    health = decode(talk.frames).health
    assert (health.unreadable, health.server_names) == ({"TLS": 1}, {})
