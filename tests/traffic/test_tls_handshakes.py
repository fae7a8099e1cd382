"""TLS handshakes as records of the core: what both sides say in the clear, when it is done, and how it fails."""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from decoders import core_decoder, fed, finished
from tls_wire import (
    AES_128_GCM,
    CHANGE,
    ECDHE_RSA_AES_128_GCM,
    RETRY,
    TLS_1_2,
    TLS_1_3,
    alert,
    alpn,
    certificates,
    client_hello,
    encrypted,
    extension,
    message,
    named,
    record,
    records,
    server_body,
    server_hello,
    sized,
    versions,
)
from wire import CLIENT, Talk

from traffic.health import Health
from traffic.limits import Limits
from traffic.records import TlsHandshake, TlsHello

FINISHED = 53
"""Bytes of a record with a Finished of TLS 1.3."""
NAME = named(b"Shop.example.com")
MODERN = versions(b"\x1a\x1a", TLS_1_3, TLS_1_2)
CHOSEN_1_3 = extension(43, TLS_1_3)
ENCRYPTED_HANDSHAKE = record(22, b"x" * 40)
DONE = records(message(14))


def key_share(group: int) -> bytes:
    return extension(51, group.to_bytes(2, "big") + sized(2, b"key"))


def followed(talk: Talk, *protocols: str, limits: Limits | None = None) -> tuple[list[TlsHandshake], Health]:
    decoder = core_decoder(*(protocols or ("tls",)), ports={talk.server_port}, limits=limits, wanted={TlsHandshake})
    found = fed(decoder, talk.frames) + finished(decoder)
    assert decoder.held == 0
    return [each for each in found if isinstance(each, TlsHandshake)], decoder.health


def the(talk: Talk) -> TlsHandshake:
    (handshake,), _ = followed(talk)
    return handshake


def modern(size: int = 1460) -> Talk:
    """A handshake of TLS 1.3, and the first request."""
    talk = Talk(server_port=443).client(client_hello(NAME, MODERN, alpn(b"h2", b"http/1.1")), size)
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3, key_share(0x11EC)) + CHANGE + encrypted(900), size)
    return talk.client(CHANGE + encrypted(FINISHED) + encrypted(100), size)


def classic(*, session: bytes = b"", chain: tuple[bytes, ...] = ()) -> Talk:
    """The hellos of TLS 1.2, with a certificate unless the session goes on."""
    talk = Talk(server_port=443).client(client_hello(NAME, alpn(b"h2"), session=b"mine"))
    hello = message(2, server_body(ECDHE_RSA_AES_128_GCM, alpn(b"h2"), session=session))
    return talk.server(records(hello + (certificates(*chain) + message(14) if not session else b"")))


@pytest.mark.parametrize("size", [1, 2, 7, 1460])
def test_a_handshake_of_tls_1_3_is_established_by_the_clients_finished(size: int) -> None:
    found = the(modern(size))
    assert (found.outcome, found.version, found.cipher) == ("established", "TLS 1.3", "TLS_AES_128_GCM_SHA256")
    assert (found.server_name, found.offered_alpn, found.alpn) == ("shop.example.com", "h2, http/1.1", "")
    assert (found.post_quantum, found.resumed, found.hello_retry) == ("X25519MLKEM768", False, False)
    assert found.ja4.startswith("t13d0203h2_")
    assert found.connect_time == pytest.approx(0.001)


def test_the_handshake_lasts_from_the_hello_to_the_finished() -> None:
    talk = Talk(server_port=443).client(client_hello(MODERN)).wait(0.2)
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3)).wait(0.05).client(encrypted(FINISHED))
    found = the(talk)
    assert found.handshake_time == pytest.approx(0.252)
    assert found.time - found.started == pytest.approx(0.252)


def test_a_handshake_of_tls_1_2_is_established_by_both_finished() -> None:
    talk = classic().client(CHANGE + ENCRYPTED_HANDSHAKE)
    assert the(talk).outcome == "incomplete"
    found = the(talk.wait(0.1).server(CHANGE + ENCRYPTED_HANDSHAKE))
    assert (found.outcome, found.version, found.alpn) == ("established", "TLS 1.2", "h2")
    assert found.cipher == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert found.handshake_time == pytest.approx(0.103)


def test_data_sent_before_the_servers_finished_ends_the_handshake_time() -> None:
    talk = classic().client(CHANGE + ENCRYPTED_HANDSHAKE).client(encrypted(100)).wait(0.1)
    assert the(talk.server(CHANGE + ENCRYPTED_HANDSHAKE)).handshake_time == pytest.approx(0.003)


def test_a_session_goes_on_if_its_number_is_echoed() -> None:
    talk = classic(session=b"mine").server(CHANGE + ENCRYPTED_HANDSHAKE).client(CHANGE + ENCRYPTED_HANDSHAKE)
    assert (the(talk).resumed, the(talk).outcome) == (True, "established")


def test_a_session_goes_on_by_a_ticket_if_the_server_shows_no_key() -> None:
    talk = classic(session=b"other").server(CHANGE + ENCRYPTED_HANDSHAKE).client(CHANGE + ENCRYPTED_HANDSHAKE)
    assert the(talk).resumed
    assert not the(classic().client(CHANGE + ENCRYPTED_HANDSHAKE).server(CHANGE + ENCRYPTED_HANDSHAKE)).resumed


def test_a_session_of_tls_1_3_goes_on_with_its_key() -> None:
    talk = Talk(server_port=443).client(client_hello(MODERN, extension(41, b"key")))
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3, extension(41, b"\0\0"))).client(encrypted(FINISHED))
    assert the(talk).resumed


def test_a_server_that_asks_again_costs_a_round_trip() -> None:
    hello = client_hello(NAME, MODERN)
    talk = Talk(server_port=443).client(hello).wait(0.1)
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3, extension(51, b"\0\x1d"), random=RETRY) + CHANGE)
    talk.client(CHANGE + hello).wait(0.1).server(server_hello(AES_128_GCM, CHOSEN_1_3) + encrypted(900))
    found = the(talk.client(encrypted(FINISHED)))
    assert (found.hello_retry, found.outcome) == (True, "established")
    assert found.handshake_time == pytest.approx(0.204)


@pytest.mark.parametrize(
    ("talk", "told"),
    [
        (Talk(server_port=443).client(client_hello(NAME)).server(alert(2, 40)), ("handshake_failure", "server")),
        (classic().client(alert(2, 45)), ("certificate_expired", "client")),
        (Talk(server_port=443).client(client_hello(MODERN)).server(alert(2, 70)), ("protocol_version", "server")),
    ],
)
def test_a_fatal_alert_fails_the_handshake(talk: Talk, told: tuple[str, str]) -> None:
    found = the(talk)
    assert (found.outcome, found.handshake_time) == ("failed", None)
    assert (found.alert, found.alert_side) == told


def test_a_warning_does_not() -> None:
    talk = (
        Talk(server_port=443).client(client_hello(NAME)).server(alert(1, 112) + server_hello(AES_128_GCM, CHOSEN_1_3))
    )
    found = the(talk.client(encrypted(FINISHED)))
    assert (found.outcome, found.alert, found.alert_side) == ("established", "unrecognized_name", "server")


def test_a_connection_that_ends_within_the_handshake_has_failed() -> None:
    assert the(classic().close()).outcome == "failed"
    assert the(classic().reset(CLIENT)).outcome == "failed"
    assert the(classic()).outcome == "incomplete"  # the capture ended


def test_an_encrypted_alert_is_no_finished() -> None:
    talk = Talk(server_port=443).client(client_hello(MODERN)).server(server_hello(AES_128_GCM, CHOSEN_1_3))
    found = the(talk.client(encrypted(19)).close())
    assert (found.outcome, found.alert) == ("failed", "")


def test_early_data_is_no_finished() -> None:
    early = client_hello(MODERN, extension(42, b""), extension(41, b"key"))
    talk = Talk(server_port=443).client(early + encrypted(500))
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3, extension(41, b"\0\0"))).client(encrypted(500)).wait(0.5)
    found = the(talk.client(encrypted(21) + encrypted(FINISHED)))
    assert found.outcome == "established"
    assert found.handshake_time == pytest.approx(0.503)


def test_early_data_that_a_retry_rejects_is_no_finished() -> None:
    hello = client_hello(MODERN, extension(42, b""))
    talk = Talk(server_port=443).client(hello + encrypted(FINISHED)).wait(0.1)
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3, random=RETRY)).client(encrypted(FINISHED))
    talk.client(client_hello(MODERN)).server(server_hello(AES_128_GCM, CHOSEN_1_3)).wait(0.1)
    assert the(talk.client(encrypted(FINISHED))).handshake_time == pytest.approx(0.205)


def test_missing_bytes_leave_the_outcome_open() -> None:
    talk = classic().client(CHANGE + ENCRYPTED_HANDSHAKE, lost=True).server(CHANGE + ENCRYPTED_HANDSHAKE).wait(5)
    found = the(talk.client(encrypted(10)).close())
    assert (found.outcome, found.handshake_time, found.cipher[:9]) == ("incomplete", None, "TLS_ECDHE")


def test_of_a_handshake_joined_late_the_servers_choice_is_told() -> None:
    talk = Talk(server_port=443, handshake=False).server(server_hello(AES_128_GCM, CHOSEN_1_3) + encrypted(900))
    found = the(talk.client(encrypted(FINISHED)).close())
    assert (found.client_port, found.version, found.server_name) == (40000, "TLS 1.3", "")
    assert (found.outcome, found.handshake_time, found.ja4) == ("incomplete", None, "")


def test_a_hello_of_which_a_part_is_missing_is_not_read() -> None:
    hello = client_hello(NAME, MODERN)
    talk = Talk(server_port=443).client(hello[:50]).client(hello[50:], lost=True).wait(2)
    found = the(talk.server(server_hello(AES_128_GCM, CHOSEN_1_3)).wait(5).client(encrypted(FINISHED)).close())
    assert (found.server_name, found.cipher, found.outcome) == ("", "TLS_AES_128_GCM_SHA256", "incomplete")


def test_tls_within_the_middle_is_not_told() -> None:
    talk = Talk(server_port=443, handshake=False).server(encrypted(900)).client(encrypted(FINISHED))
    assert followed(talk)[0] == []


def test_tls_after_starttls_is_said_to_be_such() -> None:
    talk = Talk(server_port=587).server(b"220 mail ESMTP\r\n").client(b"STARTTLS\r\n").server(b"220 go ahead\r\n")
    talk.client(client_hello(NAME)).server(server_hello(ECDHE_RSA_AES_128_GCM)).server(alert(2, 80))
    found = the(talk)
    assert (found.starttls, found.version, found.alert) == (True, "TLS 1.2", "internal_error")
    assert not the(modern()).starttls


def test_tls_in_a_tunnel_is_read() -> None:
    talk = Talk(server_port=8080).client(b"CONNECT shop.example.com:443 HTTP/1.1\r\n\r\n")
    talk.server(b"HTTP/1.1 200 Connection established\r\n\r\n").client(client_hello(NAME, MODERN))
    talk.server(server_hello(AES_128_GCM, CHOSEN_1_3) + encrypted(900)).client(encrypted(FINISHED)).close()
    (found,), health = followed(talk)
    assert (found.server_name, found.outcome, found.starttls) == ("shop.example.com", "established", True)
    assert (+health.unreadable, health.server_names) == ({"TLS": 1}, {"shop.example.com": 1})
    assert (health.requests, health.exchanges) == (1, 1)


def test_plain_http_in_answer_to_tls_is_counted() -> None:
    talk = (
        Talk(server_port=443)
        .client(client_hello(NAME))
        .server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    )
    (found,), health = followed(talk)
    assert (found.outcome, found.alert) == ("failed", "")
    assert health.oddities == {"TLS answered in plain HTTP": 1}
    assert (+health.unreadable, +health.server_names) == ({}, {})


def test_a_tls_alert_in_answer_to_plain_http_is_counted() -> None:
    talk = Talk(server_port=443).client(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n").server(alert(2, 10)).close()
    found, health = followed(talk)
    assert (found, health.exchanges) == ([], 1)
    assert health.oddities["plain HTTP answered with a TLS alert"] == 1


def test_an_encrypted_hello_is_told() -> None:
    assert the(Talk(server_port=443).client(client_hello(NAME, extension(0xFE0D, b"\0inner")))).ech


def test_only_what_is_wanted_is_read() -> None:
    assert followed(modern(), "http2")[0] == []
    decoder = core_decoder("tls", ports={443}, wanted={TlsHello})
    assert [type(each) for each in fed(decoder, modern().frames)] == [TlsHello]


def test_many_half_handshakes_stay_within_the_budget() -> None:
    decoder = core_decoder("tls", ports={443}, limits=Limits(total_buffer=20_000), wanted={TlsHandshake})
    for port in range(40_000, 40_100):
        fed(decoder, Talk(client_port=port, server_port=443).client(client_hello(NAME)[:-1]).frames)
        assert decoder.held <= 20_000
    assert decoder.health.oddities["total buffer full"] > 50


x509 = pytest.importorskip("cryptography.x509", reason="cryptography makes certificates")


def certificate(*, days: int) -> bytes:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, start = ec.generate_private_key(ec.SECP256R1()), datetime(2026, 1, 1, tzinfo=timezone.utc)
    oid = x509.oid.NameOID
    owner = x509.Name(
        [
            x509.NameAttribute(oid.ORGANIZATION_NAME, "Müller, Söhne"),
            x509.NameAttribute(oid.COMMON_NAME, "shop.example.com"),
        ]
    )
    issuer = x509.Name([x509.NameAttribute(oid.COUNTRY_NAME, "DE"), x509.NameAttribute(oid.COMMON_NAME, "A CA")])
    names = x509.SubjectAlternativeName([x509.DNSName("shop.example.com"), x509.DNSName("*.shop.example.com")])
    builder = x509.CertificateBuilder(issuer, owner, key.public_key(), 7, start, start + timedelta(days=days))
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return bytes(signed.public_bytes(serialization.Encoding.DER))


def test_a_certificate_in_the_clear_is_read() -> None:
    shown = certificate(days=90)
    found = the(classic(chain=(shown, b"another" * 3000)))
    assert found.certificate_subject == r"O=Müller\, Söhne, CN=shop.example.com"
    assert found.certificate_names == "shop.example.com, *.shop.example.com"
    assert found.certificate_issuer == "C=DE, CN=A CA"
    start = datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()
    assert (found.not_before, found.not_after) == (start, start + 90 * 86400)
    assert found.certificate_sha1 == hashlib.sha1(shown).hexdigest()
    assert found.certificate_sha256 == hashlib.sha256(shown).hexdigest()


def test_a_broken_certificate_tells_nothing() -> None:
    found = the(classic(chain=(b"\x30\x84\xff\xff\xff\xff" * 300,)))
    assert (found.certificate_subject, found.certificate_sha1, found.not_after) == ("", "", None)
