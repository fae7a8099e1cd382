"""HTTP inside TLS, decrypted with a key log: versions, cipher suites, protocols, losses, and secrets that come late."""

import ssl
from pathlib import Path
from random import Random

import pytest
from conversations import repeated, shuffled
from decoders import advanced, fed, finished
from http2_wire import Http2Talk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tls_peers import NAME, NO_ENCRYPT_THEN_MAC, TLS_1_2, TLS_1_3, TlsTalk, decoder, decrypted
from websocket_frames import TEXT, asked, close, frame, opening, switching
from wire import CLIENT, SERVER, Decoded, get, ok

from traffic.limits import Limits
from traffic.records import Exchange, TlsHandshake

BODY = b"b" * 40_000
"""Three records."""
UPLOAD = get("/pay", "Content-Length: 40000", method="POST") + BODY
SHOPPED = [("GET", "/cart", 200, 0, 5), ("POST", "/pay", 201, 40_000, 40_000)]


def shop(talk: TlsTalk) -> TlsTalk:
    """Let the client send two requests, the second with a body each way; then both sides end."""
    talk.client(get("/cart")).server(ok())
    talk.client(UPLOAD).server(ok(BODY, status=201))
    talk.notify(SERVER).notify(CLIENT).close()
    return talk


@pytest.fixture(scope="module")
def shopped(tmp_path_factory: pytest.TempPathFactory) -> TlsTalk:
    return shop(TlsTalk(tmp_path_factory.mktemp("shop")))


def told(decoded: Decoded) -> list[tuple[object, ...]]:
    return [
        (
            e.request.method if e.request else None,
            e.request.target if e.request else None,
            e.status,
            e.request_bytes,
            e.response_bytes,
        )
        for e in decoded.exchanges
    ]


def secrets(decoded: Decoded) -> dict[str, int]:
    return dict(decoded.health.secrets)


@pytest.mark.parametrize(
    ("version", "ciphers", "kind", "options"),
    [
        (TLS_1_3, "", "ec", 0),
        (TLS_1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", "ec", 0),
        (TLS_1_2, "ECDHE-RSA-AES256-GCM-SHA384", "rsa", 0),
        (TLS_1_2, "ECDHE-ECDSA-CHACHA20-POLY1305", "ec", 0),
        (TLS_1_2, "ECDHE-ECDSA-AES128-CCM", "ec", 0),
        (TLS_1_2, "ECDHE-ECDSA-AES256-CCM8", "ec", 0),
        (TLS_1_2, "AES256-CCM", "rsa", 0),
        (TLS_1_2, "ECDHE-ECDSA-AES128-SHA", "ec", 0),
        (TLS_1_2, "ECDHE-ECDSA-AES128-SHA", "ec", NO_ENCRYPT_THEN_MAC),
        (TLS_1_2, "ECDHE-RSA-AES256-SHA384", "rsa", NO_ENCRYPT_THEN_MAC),
        (TLS_1_2, "AES128-SHA256", "rsa", 0),
    ],
)
def test_http_inside_is_read_whatever_the_cipher_suite(
    tmp_path: Path, version: ssl.TLSVersion, ciphers: str, kind: str, options: int
) -> None:
    talk = shop(TlsTalk(tmp_path, version, ciphers, kind=kind, options=options))
    decoded = decrypted(talk)
    assert told(decoded) == SHOPPED
    name = {TLS_1_2: "TLS 1.2", TLS_1_3: "TLS 1.3"}[version]
    assert {(e.tls_version, e.server_name, e.protocol, e.ending) for e in decoded.exchanges} == {
        (name, NAME, "http/1.1", "complete")
    }
    assert secrets(decoded)["connections decrypted"] == 1
    assert (+decoded.health.unreadable, decoded.held, decoded.health.oddities) == ({}, 0, {})


def test_without_the_secrets_nothing_is_read(shopped: TlsTalk) -> None:
    decoded = decrypted(shopped, keys=b"CLIENT_RANDOM nonsense\nEXPORTER_SECRET aa bb\n# comment\n")
    assert told(decoded) == []
    assert decoded.health.unreadable == {"TLS": 1}
    assert secrets(decoded) == {"malformed": 1, "other": 1, "connections without secrets in time": 1}


def test_the_encrypted_part_of_a_handshake_is_told(shopped: TlsTalk, tmp_path: Path) -> None:
    talk = shop(TlsTalk(tmp_path, alpn=("http/1.1",)))
    (handshake,) = (r for r in decrypted(talk, wanted=frozenset({TlsHandshake})).records if isinstance(r, TlsHandshake))
    assert (handshake.alpn, handshake.certificate_subject) == ("http/1.1", f"CN={NAME}")


# splits and losses ---------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32))
@settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_split_order_or_repetition_of_segments_changes_a_record(shopped: TlsTalk, seed: int) -> None:
    chance = Random(seed)
    segments = shuffled(chance, repeated(chance, shopped.segments), chance.choice([1, 3, 8]))
    decoded = decrypted(shopped, shopped.as_captured(segments))
    assert told(decoded) == SHOPPED
    assert (decoded.held, secrets(decoded)["connections decrypted"]) == (0, 1)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_records_in_many_segments_are_put_together(tmp_path: Path, size: int) -> None:
    talk = TlsTalk(tmp_path, size=size)
    talk.client(get("/cart")).server(ok()).notify(CLIENT).close()
    assert told(decrypted(talk)) == SHOPPED[:1]


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_after_lost_segments_the_next_records_are_read(tmp_path: Path, version: ssl.TLSVersion) -> None:
    talk = TlsTalk(tmp_path, version)
    talk.client(get("/1")).server(ok())
    talk.client(get("/lost"), lost=True).server(ok(BODY), lost=True)
    talk.client(get("/2")).server(ok()).client(get("/3")).server(ok()).close()
    decoded = decrypted(talk)
    assert decoded.pairs == [("/1", 200), ("/2", 200), ("/3", 200)]
    assert decoded.health.gaps == 2


def test_a_part_of_a_body_that_is_lost_is_counted_in_tls_1_2(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path, TLS_1_2)
    talk.client(get("/big")).server(ok(BODY))
    del talk.segments[-14]  # within the second record
    talk.client(get("/next")).server(ok()).close()
    big, following = decrypted(talk).exchanges
    assert (big.response_bytes, big.missing_bytes, big.ending) == (40_000, 16384, "complete")
    assert (following.status, following.missing_bytes) == (200, 0)


@given(st.integers(0, 2**32))
@settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_and_lost_segments_invent_nothing(shopped: TlsTalk, seed: int) -> None:
    chance = Random(seed)
    segments = [s for s in shopped.segments if chance.random() > 0.03]
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(segments))
        data = bytearray(segments[at].data)
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            segments[at] = segments[at]._replace(data=bytes(data))
    decoded = decrypted(shopped, shopped.as_captured(segments))
    assert decoded.held == 0
    assert {target for _, target, *_ in told(decoded)} <= {None, "/cart", "/pay"}
    assert {status for _, _, status, *_ in told(decoded)} <= {None, 200, 201}


# secrets that come late ----------------------------------------------------------------------------------------------


def test_what_came_before_its_secrets_waits_for_them(shopped: TlsTalk) -> None:
    one = decoder()
    middle = len(shopped.segments) // 2
    assert [r for r in fed(one, shopped.frames[:middle]) if isinstance(r, Exchange)] == []
    one.add_secrets(shopped.keys)
    records = fed(one, shopped.frames[middle:]) + finished(one)
    assert told(Decoded(records, one.health, one.held)) == SHOPPED
    first = next(r for r in records if isinstance(r, Exchange))
    assert first.time < shopped.segments[middle].time


def test_secrets_decrypt_a_connection_that_has_ended(shopped: TlsTalk) -> None:
    one = decoder()
    assert [r for r in fed(one, shopped.frames) if isinstance(r, Exchange)] == []
    one.add_secrets(shopped.keys)
    records = advanced(one, shopped.time + 1)
    assert told(Decoded(records, one.health, one.held)) == SHOPPED
    assert one.held == 0


def test_secrets_that_come_too_late_decrypt_what_follows(tmp_path: Path) -> None:
    for version in (TLS_1_2, TLS_1_3):
        talk = TlsTalk(tmp_path, version)
        talk.client(get("/1")).server(ok()).wait(9).client(get("/2")).server(ok())
        one = decoder()
        fed(one, talk.frames)
        one.add_secrets(talk.keys)
        before = len(talk.segments)
        talk.client(get("/3")).server(ok()).close()
        records = fed(one, talk.frames[before:]) + finished(one)
        assert told(Decoded(records, one.health, one.held)) == [("GET", "/3", 200, 0, 5)]
        counted = one.health.secrets
        assert (counted["connections without secrets in time"], counted["connections decrypted"]) == (1, 1)


def test_no_more_waits_than_allowed(shopped: TlsTalk) -> None:
    one = decoder(limits=Limits(undecrypted_buffer=20_000))
    records = []
    for packet in shopped.frames:
        records += fed(one, [packet])
        assert one.held < 20_000 + 20_000  # and one record that has not come whole
    assert (one.held, one.health.secrets["waiting data discarded"]) == (0, 1)


def test_secrets_of_the_handshake_are_not_needed(shopped: TlsTalk) -> None:
    traffic = b"".join(line for line in shopped.keys.splitlines(keepends=True) if b"_TRAFFIC_SECRET_0" in line)
    assert traffic.count(b"\n") == 2
    assert told(decrypted(shopped, keys=traffic)) == SHOPPED


def test_the_secrets_of_one_side_are_enough_for_that_side(shopped: TlsTalk) -> None:
    server = b"".join(line for line in shopped.keys.splitlines(keepends=True) if line.startswith(b"SERVER"))
    decoded = decrypted(shopped, keys=server)
    assert [(e.request, e.status) for e in decoded.exchanges] == [(None, 200), (None, 201)]


def test_both_copies_of_a_connection_are_decrypted(shopped: TlsTalk) -> None:
    """A mirror port may copy a connection on both sides of an address translation."""
    frames = shopped.frames
    addresses = shopped.addresses
    shopped.addresses = ("10.9.9.9", "10.0.0.2")
    twice = [packet for pair in zip(frames, shopped.frames, strict=True) for packet in pair]
    shopped.addresses = addresses
    assert sorted(told(decrypted(shopped, twice)), key=str) == sorted(2 * SHOPPED, key=str)


# protocols -----------------------------------------------------------------------------------------------------------


def test_http2_inside_is_read(tmp_path: Path) -> None:
    talk = Http2Talk(TlsTalk(tmp_path, alpn=("h2", "http/1.1")))
    talk.request(1, "/cart").response(1, body=BODY[:9_000]).request(3, "/pay").response(3).close()
    assert isinstance(talk.talk, TlsTalk)
    decoded = decrypted(talk.talk)
    assert [(e.protocol, e.tls_version, e.status, e.response_bytes) for e in decoded.exchanges] == [
        ("h2", "TLS 1.3", 200, 9_000),
        ("h2", "TLS 1.3", 200, 0),
    ]


def test_a_websocket_inside_is_read(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path)
    talk.client(opening()).server(switching())
    talk.client(asked(b"hello")).server(frame(b"hi", TEXT)).client(asked(close(1000), 8)).server(
        frame(close(1000), 8)
    ).close()
    (exchange,) = decrypted(talk).exchanges
    assert (exchange.protocol, exchange.request_messages, exchange.close_code) == ("websocket", 1, 1000)
    assert exchange.tls_version == "TLS 1.3"


def test_something_else_inside_is_counted_as_such(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path)
    talk.server(b"* OK IMAP4 ready\r\n").client(b"a1 LOGOUT\r\n").close()
    assert +decrypted(talk).health.unreadable == {"other": 1}


def test_tls_within_tls_is_not_followed(tmp_path: Path, shopped: TlsTalk) -> None:
    talk = TlsTalk(tmp_path)
    talk.client(next(s.data for s in shopped.segments if s.data)).close()
    decoded = decrypted(talk, keys=talk.keys + shopped.keys)
    assert (+decoded.health.unreadable, told(decoded)) == ({"TLS": 1}, [])


def test_resumed_sessions_have_secrets_of_their_own(tmp_path: Path) -> None:
    for version in (TLS_1_2, TLS_1_3):
        first = TlsTalk(tmp_path, version)
        first.client(get("/1")).server(ok()).notify(SERVER).notify(CLIENT).close()
        session = first.peers[CLIENT].session
        second = TlsTalk(tmp_path, contexts=first.contexts, session=session, port=40001)
        second.client(get("/2")).server(ok()).close()
        assert second.peers[CLIENT].session_reused
        frames = sorted([*first.frames, *second.frames], key=lambda packet: packet.time)
        assert sorted(str(t) for _, t, *_ in told(decrypted(second, frames))) == ["/1", "/2"]


def test_the_end_of_a_body_without_length_is_that_of_the_connection(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path)
    talk.client(get()).server(b"HTTP/1.0 200 OK\r\n\r\nhello").notify(SERVER)
    one = decoder(keys=talk.keys)
    (exchange,) = (r for r in fed(one, talk.frames) if isinstance(r, Exchange))
    assert (exchange.ending, exchange.response_bytes) == ("complete", 5)
