"""TLS handshakes between OpenSSL's server and client on loopback: the records say what OpenSSL says."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest
from decoders import core_decoder

from capture.open import open_live
from capture.ports import parse_ports
from traffic.records import TlsHandshake

x509 = pytest.importorskip("cryptography.x509", reason="cryptography makes certificates")
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="not installed: openssl"),
]

NAME = "shop.example.com"
NOW = datetime.now(timezone.utc).replace(microsecond=0)


class Server(NamedTuple):
    """A running server, its certificate, and a folder for sessions."""

    port: int
    certificate: Path
    folder: Path


@contextmanager
def server(folder: Path, *options: str, days: int = 30) -> Iterator[Server]:
    """Run a server whose certificate is valid from yesterday, for so many days from now."""
    certificate, key = make_certificate(folder, NOW + timedelta(days=days))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    files = ["-cert", str(certificate), "-key", str(key), "-www", "-alpn", "http/1.1"]
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", *files, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield Server(port, certificate, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def make_certificate(folder: Path, end: datetime) -> tuple[Path, Path]:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    common_name = x509.oid.NameOID.COMMON_NAME
    owner, start = x509.Name([x509.NameAttribute(common_name, NAME)]), min(NOW, end) - timedelta(days=1)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName("www.example.com")])
    builder = x509.CertificateBuilder(owner, owner, key.public_key(), 7, start, end)
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    private.write_bytes(secret)
    return certificate, private


def connect(server: Server, *options: str) -> tuple[TlsHandshake, str]:
    """Let a client request a page; return the record of its handshake, and what the client printed."""
    source, _ = open_live("lo", parse_ports(str(server.port)))
    decoder = core_decoder("tls", ports={server.port}, wanted={TlsHandshake})
    address = f"127.0.0.1:{server.port}"
    command = ["openssl", "s_client", "-connect", address, "-servername", NAME, "-alpn", "h2,http/1.1", "-ign_eof"]
    trusted = ["-CAfile", str(server.certificate), "-verify_return_error"]
    done = subprocess.run(
        [*command, *trusted, *options],
        input=b"GET / HTTP/1.0\r\n\r\n",
        capture_output=True,
        timeout=30,
        check=False,
    )
    while (frames := source.read()) is not None and len(frames):
        decoder.feed(frames)
    source.close()
    decoder.finish()
    [handshake] = decoder.take().table(TlsHandshake).records()
    return handshake, (done.stdout + done.stderr).decode(errors="replace")


def said(pattern: str, printed: str) -> str:
    found = re.search(pattern, printed)
    assert found is not None, printed
    return found[1]


def registered(cipher: str) -> str:
    """Return the registered name of a cipher suite that OpenSSL names in its own way."""
    listed = subprocess.run(["openssl", "ciphers", "-stdname", "ALL"], capture_output=True, text=True, check=True)
    return {line.split()[2]: line.split()[0] for line in listed.stdout.splitlines()}[cipher]


@pytest.mark.parametrize(("option", "version"), [("-tls1_2", "TLS 1.2"), ("-tls1_3", "TLS 1.3")])
def test_a_handshake_is_what_openssl_says_it_is(tmp_path: Path, option: str, version: str) -> None:
    with server(tmp_path) as running:
        handshake, printed = connect(running, option)
    assert (handshake.outcome, handshake.version, handshake.server_name) == ("established", version, NAME)
    assert handshake.cipher == registered(said(r"Cipher is (\S+)", printed))
    assert (handshake.resumed, handshake.offered_alpn) == (False, "h2, http/1.1")
    assert handshake.handshake_time is not None
    assert 0 < handshake.handshake_time < 5
    assert handshake.connect_time is not None


def test_the_certificate_is_read_before_tls_1_3(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        old, printed = connect(running, "-tls1_2")
        new, _ = connect(running, "-tls1_3")
    assert old.certificate_subject == said(r"subject=(CN ?= ?\S+)", printed).replace(" ", "") == f"CN={NAME}"
    assert old.certificate_names == f"{NAME}, www.example.com"
    assert old.not_after == (NOW + timedelta(days=30)).timestamp()
    assert (old.alpn, new.alpn) == (said(r"ALPN protocol: (\S+)", printed), "")
    assert (new.certificate_subject, new.not_after) == ("", None)


@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_a_session_that_goes_on_is_resumed(tmp_path: Path, option: str) -> None:
    session = str(tmp_path / "session")
    with server(tmp_path) as running:
        first, printed = connect(running, option, "-sess_out", session)
        assert said(r"\n(New|Reused), ", printed) == "New"
        second, printed = connect(running, option, "-sess_in", session)
    assert said(r"\n(New|Reused), ", printed) == "Reused"
    assert (first.resumed, second.resumed, second.outcome) == (False, True, "established")
    assert second.certificate_subject == ""


def test_no_version_in_common_is_a_failure(tmp_path: Path) -> None:
    with server(tmp_path, "-tls1_3") as running:
        handshake, printed = connect(running, "-tls1_2")
    assert "alert protocol version" in printed
    assert (handshake.outcome, handshake.alert, handshake.alert_side) == ("failed", "protocol_version", "server")


def test_an_expired_certificate_is_a_failure(tmp_path: Path) -> None:
    with server(tmp_path, days=-3) as running:
        old, printed = connect(running, "-tls1_2")
        new, _ = connect(running, "-tls1_3")
    assert "certificate has expired" in printed
    assert (old.outcome, old.alert, old.alert_side) == ("failed", "certificate_expired", "client")
    assert old.not_after == (NOW - timedelta(days=3)).timestamp()
    assert new.outcome == "failed"  # most clients encrypt the alert


def test_a_server_that_prefers_another_group_asks_again(tmp_path: Path) -> None:
    with server(tmp_path, "-groups", "P-384") as running:
        handshake, _ = connect(running, "-tls1_3", "-groups", "X25519:P-384")
    assert (handshake.outcome, handshake.hello_retry) == ("established", True)
