"""Wireshark's captures of TLS with their key logs: the HTTP inside is the one that tshark shows with the same secrets.

What is expected was read with tshark 4.0.17: `tshark -r FILE -o tls.keylog_file:KEYS -Y http -T fields -e ...`.
"""

import pytest
from conformance_corpus import FOLDER, VARIABLE
from conformance_http2 import built
from tls_peers import decoder

from capture.open import open_file
from traffic.limits import Limits
from traffic.records import Exchange, TlsHandshake

CAPTURES = FOLDER.parent / "wireshark"
pytestmark = [
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captures at {CAPTURES}; {VARIABLE} names the folder beside"),
    pytest.mark.skipif(not built(), reason="the core is not built"),
]
Told = tuple[str | None, str | None, str | None, int | None, str]
"""Method, host, target, status, version of TLS."""

LOCAL: Told = ("GET", "localhost", "/", 200, "TLS 1.2")
"""tshark shows no status, because the capture ends before the response does."""
FIRST: Told = ("GET", "", "/first", 200, "TLS 1.3")
SECOND: Told = ("GET", "", "/second", 200, "TLS 1.3")
EXPECTED: list[tuple[str, tuple[str, ...], list[Told]]] = [
    ("tls13-rfc8446.pcap", ("tls13-rfc8446.keys",), [FIRST, ("GET", "", "/early", 200, "TLS 1.3"), SECOND]),
    # without the secret of early data, only the response to /early is seen
    ("tls13-rfc8446.pcap", ("tls13-rfc8446-noearly.keys",), [FIRST, (None, None, None, 200, "TLS 1.3"), SECOND]),
    (
        "tls12-dsb.pcapng",
        ("tls12-dsb-1.keys", "tls12-dsb-2.keys"),
        [("HEAD", f"example.{top}", "/", 200, "TLS 1.2") for top in ("com", "net")],
    ),
    ("tls12-dsb.pcapng", ("tls12-dsb-2.keys",), [("HEAD", "example.net", "/", 200, "TLS 1.2")]),
    # one for each key exchange
    ("tls12-chacha20poly1305.pcap", ("tls12-chacha20poly1305.keys",), [LOCAL] * 7),
    # TLS 1.0; inside is a request line without a head, then close_notify
    ("dhe1.pcapng.gz", ("dhe1_keylog.dat",), []),
]


def decoded(name: str, keys: tuple[str, ...], *, late: bool) -> tuple[list[Exchange], dict[str, int]]:
    """Decode a capture with secrets that come before all packets, or after them."""
    one = decoder(limits=Limits(key_wait=60), wanted=frozenset({TlsHandshake}))
    log = b"".join((CAPTURES / key).read_bytes() for key in keys)
    if not late:
        one.add_secrets(log)
    source = open_file(str(CAPTURES / name))
    while (frames := source.read()) is not None:
        one.feed(frames)
    source.close()
    if late:
        one.add_secrets(log)
    one.finish()
    assert (one.held, one.faults()) == (0, [])
    return [r for r in one.take().records() if isinstance(r, Exchange)], dict(one.health.secrets)


def told(exchange: Exchange) -> Told:
    request = exchange.request
    asked = (None, None, None) if request is None else (request.method, request.host, request.target)
    return (*asked, exchange.status, exchange.tls_version)


@pytest.mark.parametrize("late", [False, True], ids=["secrets first", "secrets last"])
@pytest.mark.parametrize(("name", "keys", "expected"), EXPECTED)
def test_the_http_inside_is_that_of_tshark(name: str, keys: tuple[str, ...], expected: list[Told], late: bool) -> None:
    exchanges, secrets = decoded(name, keys, late=late)
    assert [told(exchange) for exchange in exchanges] == expected
    assert secrets["connections decrypted"] == max(1, len({(e.client, e.client_port) for e in exchanges}))


@pytest.mark.parametrize("name", ["tls12-aes128ccm.pcap", "tls12-aes256gcm.pcap", "tls-renegotiation.pcap"])
def test_secrets_of_others_decrypt_nothing(name: str) -> None:
    exchanges, secrets = decoded(name, ("tls12-chacha20poly1305.keys",), late=False)
    assert (exchanges, secrets["connections without secrets in time"]) == ([], 1)
