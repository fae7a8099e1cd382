"""What OpenSSL's programs send is decrypted: old versions, more cipher suites, changes of keys, renegotiation."""

from hashlib import sha256
from pathlib import Path

import pytest
from decoders import fed, finished
from openssl_peers import OpensslTalk
from tls_peers import decoder
from wire import CLIENT, SERVER, Decoded, get, ok

WEAK = ("-cipher", "ALL:@SECLEVEL=0")
RETRY = sha256(b"HelloRetryRequest").digest()
"""The random of a ServerHello that asks for another ClientHello (RFC 8446, 4.1.3)."""


def decrypted(talk: OpensslTalk) -> Decoded:
    said, keys = talk.close()
    one = decoder(keys=keys)
    records = fed(one, said.frames) + finished(one)
    assert (one.faults(), one.held) == ([], 0)
    return Decoded(records, one.health, one.held)


@pytest.mark.parametrize(
    ("options", "kind", "version"),
    [
        (("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"), "ec", "TLS 1.3"),
        (("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"), "ec", "TLS 1.3"),
        (("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), "ec", "TLS 1.3"),
        (("-tls1_3", "-groups", "P-256"), "ec", "TLS 1.3"),
        (("-tls1_1", *WEAK), "rsa", "TLS 1.1"),
        (("-tls1", *WEAK), "rsa", "TLS 1.0"),
    ],
)
def test_versions_and_suites_that_python_does_not_offer(
    tmp_path: Path, options: tuple[str, ...], kind: str, version: str
) -> None:
    talk = OpensslTalk(tmp_path, options, kind=kind)
    talk.say(CLIENT, get("/1")).say(SERVER, ok(b"1" * 300)).say(CLIENT, get("/2")).say(SERVER, ok())
    decoded = decrypted(talk)
    assert decoded.pairs == [("/1", 200), ("/2", 200)]
    assert {e.tls_version for e in decoded.exchanges} == {version}


def test_changes_of_keys_are_followed(tmp_path: Path) -> None:
    talk = OpensslTalk(tmp_path, ("-tls1_3",))
    talk.say(CLIENT, get("/1")).say(SERVER, ok())
    talk.command(CLIENT, b"K")  # both change their keys
    talk.say(CLIENT, get("/2")).say(SERVER, ok())
    talk.command(SERVER, b"k").command(SERVER, b"k")
    talk.say(CLIENT, get("/3")).say(SERVER, ok())
    assert decrypted(talk).pairs == [("/1", 200), ("/2", 200), ("/3", 200)]


def test_a_renegotiation_is_followed(tmp_path: Path) -> None:
    talk = OpensslTalk(tmp_path, ("-tls1_2",), server=("-client_renegotiation",))
    talk.say(CLIENT, get("/1")).say(SERVER, ok())
    talk.command(CLIENT, b"R")
    talk.say(CLIENT, get("/2")).say(SERVER, ok())
    decoded = decrypted(talk)
    assert decoded.pairs == [("/1", 200), ("/2", 200)]
    assert decoded.health.secrets["loaded"] == 2


def test_a_second_client_hello_that_the_server_asked_for_changes_nothing(tmp_path: Path) -> None:
    """The client sends a share of its first group only, which the server does not accept."""
    talk = OpensslTalk(tmp_path, ("-tls1_3",), client=("-groups", "X25519:P-384"), server=("-groups", "P-384"))
    talk.say(CLIENT, get("/1")).say(SERVER, ok(b"1" * 300)).say(CLIENT, get("/2")).say(SERVER, ok())
    assert sum(RETRY in sent for _, sent in talk.relay.sent) == 1
    assert decrypted(talk).pairs == [("/1", 200), ("/2", 200)]


def test_early_data_that_the_server_rejects_is_ignored(tmp_path: Path) -> None:
    session, early = tmp_path / "session", tmp_path / "early"
    early.write_bytes(get("/early"))
    first = OpensslTalk(tmp_path, ("-tls1_3",), client=("-sess_out", str(session)), server=("-max_early_data", "16384"))
    first.say(SERVER, b"hello").close()
    # another server does not know the session
    talk = OpensslTalk(tmp_path, ("-tls1_3",), client=("-sess_in", str(session), "-early_data", str(early)))
    talk.say(CLIENT, get("/1")).say(SERVER, ok())
    said, keys = talk.close()
    assert b"CLIENT_EARLY_TRAFFIC_SECRET" in keys
    one = decoder(keys=keys)
    records = fed(one, said.frames) + finished(one)
    assert Decoded(records, one.health, one.held).pairs == [("/1", 200)]
