"""The library to preload: each TLS connection of a program with OpenSSL leaves its keys in a file of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MISSING = [tool for tool in ("gcc", "openssl") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="is for Linux"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
HANDSHAKES = """
import os, ssl, sys
def shake(version):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain("certificate.pem", "key.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = client.minimum_version = version
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True))
    hello = b""
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            if not hello:
                hello = to_server.read()
                to_server.write(hello)
    print(ends[0].version(), hello[11:43].hex())
for step in sys.argv[1:]:
    if step == "rotate":
        import time
        os.rename("keys.log", "keys.log.1")
        time.sleep(1.1)
    else:
        shake(getattr(ssl.TLSVersion, step))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library and a certificate."""
    path = tmp_path_factory.mktemp("library")
    options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    source = str(ROOT / "packaging" / "keylog.c")
    subprocess.run(["gcc", *options, "-o", "libkeylog.so", source, "-ldl"], cwd=path, check=True, timeout=60)
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-subj", "/CN=h", "-days", "2", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run([*request, *files], cwd=path, check=True, capture_output=True, timeout=60)
    return path


def shake(folder: Path, *steps: str) -> dict[str, str]:
    """Make handshakes in a program with the library; return the random of each ClientHello by version of TLS."""
    given = {**os.environ, "LD_PRELOAD": str(folder / "libkeylog.so"), "SSLKEYLOGFILE": str(folder / "keys.log")}
    command = [sys.executable, "-c", HANDSHAKES, *steps]
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=60, check=True)
    return dict(line.split() for line in done.stdout.splitlines())


def logged(path: Path) -> set[tuple[str, str, int]]:
    """Return label, random and length of the secret of each line."""
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [line.split(" ") for line in path.read_text(encoding="ascii").splitlines()]
    return {(label, random, len(secret)) for label, random, secret in lines}


TLS_1_3 = (
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "EXPORTER_SECRET",
    "SERVER_TRAFFIC_SECRET_0",
    "CLIENT_TRAFFIC_SECRET_0",
)


def test_both_versions_of_tls_leave_their_keys(folder: Path) -> None:
    (folder / "keys.log").unlink(missing_ok=True)
    randoms = shake(folder, "TLSv1_2", "TLSv1_3")
    assert logged(folder / "keys.log") == {
        ("CLIENT_RANDOM", randoms["TLSv1.2"], 96),
        *((label, randoms["TLSv1.3"], 96) for label in TLS_1_3),
    }


def test_a_file_that_was_renamed_is_replaced(folder: Path) -> None:
    (folder / "keys.log").unlink(missing_ok=True)
    randoms = shake(folder, "TLSv1_2", "rotate", "TLSv1_3")
    assert {random for _, random, _ in logged(folder / "keys.log.1")} == {randoms["TLSv1.2"]}
    assert {random for _, random, _ in logged(folder / "keys.log")} == {randoms["TLSv1.3"]}


def test_a_fifo_without_a_reader_does_not_block(folder: Path) -> None:
    (folder / "keys.log").unlink(missing_ok=True)
    os.mkfifo(folder / "keys.log", 0o600)
    assert len(shake(folder, *["TLSv1_3"] * 80)) == 1  # more keys than a FIFO holds
