"""Whose requests a connection carries: a proxy's word counts if the proxy is trusted, and nobody else's."""

from struct import pack

import pytest
from http2_wire import Http2Talk, decode2
from test_openings import PROXY_2
from wire import Decoded, Talk, decode, get, ok

from traffic.batch import RecordBatch
from traffic.limits import Limits
from traffic.records import Exchange, Request

pytestmark = pytest.mark.usefixtures("each_decoder")

TRUSTING = Limits(trusted_proxies=("10.0.0.0/8", "fd00::/8"))
PROXY, SERVER, VISITOR, LIAR = "10.0.0.1", "10.0.0.2", "203.0.113.9", "198.51.100.1"


def behind(peer: str, *fields: str, before: bytes = b"", limits: Limits = TRUSTING) -> Decoded:
    """Decode one exchange whose request comes from `peer`, after a preamble."""
    server = "fd00::2" if ":" in peer else SERVER
    talk = Talk(addresses=(peer, server)).client(before + get("/", *fields)).server(ok()).close()
    return decode(talk.frames, limits)


def clients(decoded: Decoded) -> list[str]:
    """Return the client of each exchange, which is that of its request."""
    for exchange in decoded.exchanges:
        assert exchange.request is None or exchange.request.client == exchange.client
    return [exchange.client for exchange in decoded.exchanges]


def sources(decoded: Decoded) -> set[str]:
    return {request.source for request in decoded.requests} | {exchange.source for exchange in decoded.exchanges}


# header fields --------------------------------------------------------------------------------------------------------


def test_a_trusted_proxy_names_the_client() -> None:
    decoded = behind(PROXY, f"X-Forwarded-For: {VISITOR}")
    (exchange,) = decoded.exchanges
    assert (exchange.client, exchange.source, exchange.client_port, exchange.server) == (VISITOR, PROXY, 40000, SERVER)
    assert exchange.request is not None
    assert (exchange.request.client, exchange.request.source, exchange.request.client_port) == (VISITOR, PROXY, 40000)


def test_nobody_else_names_one() -> None:
    for limits in (Limits(), Limits(trusted_proxies=("10.0.0.2",)), Limits(trusted_proxies=("11.0.0.0/8", "::/0"))):
        decoded = behind(PROXY, f"X-Forwarded-For: {LIAR}", f"Forwarded: for={LIAR}", "X-Real-IP: junk", limits=limits)
        assert (clients(decoded), sources(decoded), +decoded.health.oddities) == ([PROXY], {PROXY}, {})


def test_an_untrusted_client_of_a_trusted_proxy_cannot_lie() -> None:
    """The proxy appends the address that it sees to whatever the client made up."""
    assert clients(behind(PROXY, f"X-Forwarded-For: {LIAR}, {VISITOR}")) == [VISITOR]
    assert clients(behind(PROXY, f"X-Forwarded-For: {LIAR}", f"X-Forwarded-For: {VISITOR}")) == [VISITOR]
    assert clients(behind(PROXY, f"X-Forwarded-For: 10.0.0.9, {VISITOR}, 10.0.0.3")) == [VISITOR]
    assert clients(behind(PROXY, f"Forwarded: for={LIAR}", f"X-Forwarded-For: {VISITOR}")) == [VISITOR]
    assert clients(behind(PROXY, f'Forwarded: for="{LIAR}, for={VISITOR}')) == [VISITOR]


def test_addresses_of_version_6() -> None:
    decoded = behind("fd00::1", 'Forwarded: for="[2001:DB8::9]:4711"')
    assert (clients(decoded), sources(decoded)) == (["2001:db8::9"], {"fd00::1"})
    assert clients(behind("fd00::1", f"X-Forwarded-For: ::ffff:{VISITOR}")) == [VISITOR]


def test_what_is_no_address_is_counted_and_never_a_client() -> None:
    decoded = behind(PROXY, "X-Forwarded-For: <script>, 10.0.0.3")
    assert (clients(decoded), sources(decoded)) == (["10.0.0.3"], {PROXY})
    assert +decoded.health.oddities == {"bad client address": 1}
    assert decoded.exchanges[0].oddities == ("bad client address",)
    decoded = behind(PROXY, "X-Forwarded-For: 203.0.113.9, unknown")
    assert (clients(decoded), +decoded.health.oddities) == ([PROXY], {})


def test_each_request_of_a_connection_has_its_own_client() -> None:
    talk = Talk()
    for number, fields in enumerate([[f"X-Real-IP: {VISITOR}"], [], ["X-Real-IP: 203.0.113.8"]]):
        talk.client(get(f"/{number}", *fields)).server(ok())
    decoded = decode(talk.close().frames, TRUSTING)
    assert clients(decoded) == [VISITOR, PROXY, "203.0.113.8"]
    assert [request.ordinal for request in decoded.requests] == [1, 2, 3]


def test_unanswered_requests_keep_their_client() -> None:
    talk = Talk().client(get("/", f"X-Forwarded-For: {VISITOR}")).reset(1)
    assert clients(decode(talk.frames, TRUSTING)) == [VISITOR]


def test_a_response_without_its_request_is_of_the_peer() -> None:
    talk = Talk().client(get("/", f"X-Forwarded-For: {VISITOR}"), lost=True).server(ok()).close()
    decoded = decode(talk.frames, TRUSTING)
    assert (clients(decoded), sources(decoded)) == ([PROXY], {PROXY})


def test_a_response_names_no_client() -> None:
    talk = Talk(addresses=(VISITOR, PROXY)).client(get()).server(ok(b"x", f"X-Forwarded-For: {LIAR}")).close()
    assert clients(decode(talk.frames, TRUSTING)) == [VISITOR]


def test_half_a_list_names_no_client() -> None:
    """The part that is missing may be `5, 203.0.113.9`."""
    head = get("/", f"X-Forwarded-For: {VISITOR}")
    cut = Talk().client(head[: head.index(b"\r\n\r\n") + 2]).server(ok(), lost=True)
    assert clients(decode(cut.frames, TRUSTING)) == [PROXY]
    fields = (f"X-Forwarded-For: {VISITOR}", *(f"X-{number}: a" for number in range(9)))
    few = Limits(headers=5, trusted_proxies=TRUSTING.trusted_proxies)
    assert clients(behind(PROXY, *fields, limits=few)) == [PROXY]


def test_a_list_may_be_split_and_folded() -> None:
    request = get("/", f"x-FORWARDED-for : {LIAR},\r\n\t{VISITOR}")
    for size in (1, 7, 1460):
        talk = Talk().client(request, size).server(ok()).close()
        assert clients(decode(talk.frames, TRUSTING)) == [VISITOR]


# the PROXY protocol ---------------------------------------------------------------------------------------------------


def version_1(client: str, family: str = "TCP4") -> bytes:
    return f"PROXY {family} {client} {SERVER if family == 'TCP4' else 'fd00::2'} 4711 80\r\n".encode()


def version_2(client: bytes, family: int = 0x11, command: int = 0x21) -> bytes:
    body = client + client + pack(">HH", 4711, 80)
    return PROXY_2 + pack(">BBH", command, family, len(body)) + body


FOUR, SIX = bytes([203, 0, 113, 9]), bytes.fromhex("20010db8000000000000000000000009")
HEADERS = {
    "version 1": (version_1(VISITOR), VISITOR),
    "version 1, IPv6": (version_1("2001:db8::9", "TCP6"), "2001:db8::9"),
    "version 1, IPv4 in IPv6": (version_1(f"::ffff:{VISITOR}", "TCP6"), VISITOR),
    "version 1, unknown": (b"PROXY UNKNOWN\r\n", PROXY),
    "version 1, of another family": (version_1(VISITOR, "TCP6"), PROXY),
    "version 1, junk": (version_1("<script>"), PROXY),
    "version 2": (version_2(FOUR), VISITOR),
    "version 2, IPv6": (version_2(SIX, 0x21), "2001:db8::9"),
    "version 2, local": (version_2(FOUR, command=0x20), PROXY),
    "version 2, a Unix socket": (version_2(bytes(108), 0x31), PROXY),
    "version 2, too short": (version_2(FOUR, 0x21), PROXY),
}


@pytest.mark.parametrize(("header", "client"), HEADERS.values(), ids=HEADERS)
def test_a_header_of_the_proxy_protocol_names_the_client(header: bytes, client: str) -> None:
    decoded = behind(PROXY, before=header)
    assert (clients(decoded), sources(decoded)) == ([client], {PROXY})
    assert clients(behind(PROXY, before=header, limits=Limits())) == [PROXY]


def test_the_proxy_protocol_applies_to_all_requests_of_the_connection() -> None:
    talk = Talk().client(version_1(VISITOR)).client(get("/1")).server(ok()).client(get("/2")).server(ok())
    lost = talk.client(get("/3"), lost=True).server(ok()).close()
    assert clients(decode(lost.frames, TRUSTING)) == [VISITOR] * 3


def test_only_the_first_header_counts() -> None:
    for first in (version_1(VISITOR), b"PROXY UNKNOWN\r\n", version_2(FOUR, command=0x20)):
        expected = VISITOR if first == version_1(VISITOR) else PROXY
        talk = Talk().client(first).client(version_1(LIAR)).client(get()).server(ok()).close()
        assert clients(decode(talk.frames, TRUSTING)) == [expected]


def test_a_header_counts_only_at_the_start_of_the_connection() -> None:
    talk = Talk(handshake=False).client(version_1(LIAR) + get()).server(ok()).close()
    assert clients(decode(talk.frames, TRUSTING)) == [PROXY]


def test_a_server_names_no_client() -> None:
    talk = Talk().server(version_1(LIAR)).client(get()).server(ok()).close()
    assert clients(decode(talk.frames, TRUSTING)) == [PROXY]


def test_header_fields_count_after_the_proxy_protocol_if_it_names_a_trusted_proxy() -> None:
    fields = f"X-Forwarded-For: {LIAR}, 203.0.113.8"
    assert clients(behind(PROXY, fields, before=version_1("10.0.0.7"))) == ["203.0.113.8"]
    assert clients(behind(PROXY, fields, before=version_1(VISITOR))) == [VISITOR]
    assert clients(behind(PROXY, before=version_1("10.0.0.7"))) == ["10.0.0.7"]


# HTTP/2 ---------------------------------------------------------------------------------------------------------------


def h2(*fields: tuple[str, str], limits: Limits = TRUSTING) -> Decoded:
    return decode2(Http2Talk().request(1, fields=fields).response(1).close(), limits=limits)


def test_clients_of_http2() -> None:
    decoded = h2(("x-forwarded-for", LIAR), ("x-forwarded-for", f"{VISITOR}, 10.0.0.3"), ("forwarded", f"for={LIAR}"))
    assert (clients(decoded), sources(decoded)) == ([VISITOR], {PROXY})
    assert clients(h2(("x-forwarded-for", VISITOR), limits=Limits())) == [PROXY]
    decoded = h2(("x-forwarded-for", "junk"))
    assert (clients(decoded), decoded.exchanges[0].oddities) == ([PROXY], ("bad client address",))


def test_each_stream_has_its_own_client() -> None:
    talk = Http2Talk()
    for stream in (1, 3, 5):
        talk.request(stream, fields=[("x-real-ip", f"203.0.113.{stream}")] if stream != 3 else [])
    for stream in (5, 3, 1):
        talk.response(stream)
    assert clients(decode2(talk.close(), limits=TRUSTING)) == ["203.0.113.5", PROXY, "203.0.113.1"]


def test_clients_of_http2_behind_the_proxy_protocol() -> None:
    talk = Http2Talk(Talk().client(version_1(VISITOR))).request(1).response(1).close()
    assert clients(decode2(talk, limits=TRUSTING)) == [VISITOR]


@pytest.mark.parametrize("lost", [[("x-forwarded-for", VISITOR)], [("x-other", "v")]], ids=["value", "name"])
def test_a_list_of_which_a_part_may_be_unknown_names_no_client(lost: list[tuple[str, str]]) -> None:
    """The second request refers to a field of the first, which the capture lost: it may be a part of the list."""
    talk = Http2Talk().request(1, fields=lost, lost=True).response(1)
    talk.request(3, fields=[("x-forwarded-for", VISITOR), *lost]).response(3).close()
    decoded = decode2(talk, limits=TRUSTING)
    assert (set(clients(decoded)), sources(decoded)) == ({PROXY}, {PROXY})
    assert len(decoded.requests) == 1


# columns --------------------------------------------------------------------------------------------------------------


def test_columns_have_the_client_and_the_source() -> None:
    talk = Talk()
    for fields in ([f"X-Forwarded-For: {VISITOR}"], []):
        talk.client(get("/", *fields)).server(ok())
    batch = RecordBatch(decode(talk.close().frames, TRUSTING).records)
    for kind in (Request, Exchange):
        found = [batch.table(kind).texts(name) for name in ("client", "source")]
        assert [[texts.values[code] for code in texts.codes] for texts in found] == [[VISITOR, PROXY], [PROXY, PROXY]]
