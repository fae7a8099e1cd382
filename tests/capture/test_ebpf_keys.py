"""Keys by eBPF are those that programs write to their own key logs, line by line, for both sides of each handshake."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sudo_caller import as_root

from capture.keys import ebpf, libbpf, mapped
from capture.keys.ebpf import OBJECT, EbpfKeys
from capture.keys.libbpf import BpfUnavailable
from capture.keys.log_function import WANTED

ROOT = Path(__file__).resolve().parents[2]
HANDSHAKES = Path(__file__).with_name("tls_handshakes.py")
PYTHON = [sys.executable, "-c"]


def skip_reason() -> str:
    """Why keys cannot be fetched here; empty if they can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "eBPF needs root on Linux"
    try:
        EbpfKeys().close()
    except BpfUnavailable as reason:
        return str(reason)
    return "" if shutil.which("openssl") else "not installed: openssl"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of a certificate and its key; skips where keys cannot be fetched."""
    if reason := skip_reason():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("certificate")
    files = [str(folder / "certificate.pem"), str(folder / "key.pem")]
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([*make.split(), "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


class Program:
    """A running program that makes handshakes when it is told to."""

    def __init__(self, command: Sequence[str], **environment: str) -> None:
        given = {**os.environ, **environment}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=given, cwd=ROOT
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def lines(self) -> "Counter[str]":
        """Let it make its handshakes, and return its key log, without what decrypts no traffic."""
        output, _ = self.process.communicate("now\n", timeout=60)
        assert self.process.returncode == 0
        return Counter(line for line in output.splitlines() if line.split()[0] in WANTED)


@contextmanager
def program(command: Sequence[str], **environment: str) -> Iterator[Program]:
    running = Program(command, **environment)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def handshakes(certificate: Sequence[str], version: str, count: int = 1, *more: str) -> list[str]:
    return [sys.executable, str(HANDSHAKES), *certificate, version, str(count), *more]


def about(expected: "Counter[str]", keys: bytes) -> "Counter[str]":
    """The lines about the same connections: other programs on this machine have theirs."""
    randoms = {line.split()[1] for line in expected}
    return Counter(line for line in keys.decode().splitlines() if line.split()[1] in randoms)


@pytest.fixture(scope="module")
def keys(certificate: Sequence[str]) -> Iterator[EbpfKeys]:
    with program(handshakes(certificate, "1.3")):  # its library is probed, even if it is not the system's
        opened = EbpfKeys()
    yield opened
    opened.close()
    opened.close()


@pytest.mark.parametrize(("version", "labels"), [("1.2", 1), ("1.3", 4)])
@pytest.mark.parametrize("more", [(), ("resume",)])
def test_keys_are_those_of_the_key_log(
    keys: EbpfKeys, certificate: Sequence[str], version: str, labels: int, more: Sequence[str]
) -> None:
    with program(handshakes(certificate, version, 5, *more)) as peers:
        expected = peers.lines()
    assert expected.total() == 5 * labels * 2  # client and server
    assert about(expected, keys.read()) == expected
    assert about(expected, keys.read()) == Counter()


@as_root
@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("curl")), reason="not installed: nginx or curl")
def test_nginx_and_curl(keys: EbpfKeys, certificate: Sequence[str], tmp_path: Path) -> None:
    log = tmp_path / "curl.log"
    with nginx(tmp_path, certificate) as port:
        for _ in range(3):
            url = f"https://127.0.0.1:{port}/"
            subprocess.run(["curl", "-sk", url, url], env={**os.environ, "SSLKEYLOGFILE": str(log)}, check=True)
    expected = Counter(line for line in log.read_text().splitlines() if line.split()[0] in WANTED)
    assert expected.total() == 3 * 4  # the second request of each run reuses the connection
    assert about(expected, keys.read()) == expected + expected


PROMETHEUS = ["prometheus", "--config.file=/dev/null", "--log.level=error"]
WEB = "tls_server_config: {{cert_file: '{certificate[0]}', key_file: '{certificate[1]}', min_version: TLS12}}"


@as_root
@pytest.mark.skipif(not (shutil.which("prometheus") and shutil.which("curl")), reason="not installed: prometheus, curl")
@pytest.mark.parametrize(("version", "labels"), [("1.2", 1), ("1.3", 4)])
def test_server_in_go(certificate: Sequence[str], tmp_path: Path, version: str, labels: int) -> None:
    port, log = free_port(), tmp_path / "curl.log"
    (tmp_path / "web.yml").write_text(WEB.format(certificate=certificate))
    places = [f"--web.config.file={tmp_path}/web.yml", f"--storage.tsdb.path={tmp_path}/data"]
    command = [*PROMETHEUS, *places, f"--web.listen-address=127.0.0.1:{port}"]
    curl = ["curl", "-sko", os.devnull, "--tlsv1.2", "--tls-max", version, f"https://127.0.0.1:{port}/"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=tmp_path) as server:
        try:
            wait_until(lambda: subprocess.run(curl, check=False).returncode == 0)
            opened = EbpfKeys()
            subprocess.run(curl, env={**os.environ, "SSLKEYLOGFILE": str(log)}, check=True)
        finally:
            server.terminate()
    expected = Counter(line for line in log.read_text().splitlines() if line.split()[0] in WANTED)
    assert expected.total() == labels
    assert about(expected, opened.read()) == expected + expected
    opened.close()


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.3;
        ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};
        return 204;
    }}
}}
"""


@contextmanager
def nginx(folder: Path, certificate: Sequence[str]) -> Iterator[int]:
    """Run nginx with TLS; provide its port."""
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, certificate=certificate))
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: (folder / "pid").exists())
            yield port
        finally:
            server.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_the_ring_has_no_room_for_is_counted(certificate: Sequence[str]) -> None:
    with program(handshakes(certificate, "1.3", 30)) as peers:
        small = EbpfKeys(ring_size=4096)
        expected = peers.lines()
    found = about(expected, small.read())
    small.close()
    warning = small.warning  # for the last screen
    assert small.read() == b""
    assert found < expected
    lost = re.match(r"([\d,]+) TLS secrets lost", warning)
    assert lost is not None
    assert int(lost[1].replace(",", "")) >= (expected - found).total()


def test_a_read_is_bounded(certificate: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ebpf, "MOST_SECRETS", 3)
    with program(handshakes(certificate, "1.3")) as peers:
        opened = EbpfKeys()
        expected = peers.lines()
    pieces = [*iter(opened.read, b"")]
    opened.close()
    assert max(piece.count(b"\n") for piece in pieces) <= 3
    assert about(expected, b"".join(pieces)) == expected


AS_NOBODY = """
import sys
from capture.keys.ebpf import EbpfKeys
from capture.privileges import chosen_user, give_up
keys = EbpfKeys()
give_up(chosen_user("nobody", {}))
print("ready", flush=True)
sys.stdin.readline()
print(keys.read().decode(), end="")
keys.close()
"""


def test_they_are_read_after_root_was_dropped(certificate: Sequence[str]) -> None:
    with program(handshakes(certificate, "1.3")) as peers, program([*PYTHON, AS_NOBODY]) as monitor:
        expected = peers.lines()
        output, _ = monitor.process.communicate("now\n", timeout=60)
        assert monitor.process.returncode == 0
    assert about(expected, output.encode()) == expected


def copied_library(folder: Path) -> Path:
    """A copy of OpenSSL that programs find in the folder; skips if Python has OpenSSL inside."""
    libraries = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libssl.so" in line}
    if not libraries:
        pytest.skip("Python has its own OpenSSL, which cannot be replaced")
    return Path(shutil.copy(libraries.pop(), folder))


def test_library_that_is_used_later_is_found(
    certificate: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ebpf, "LOOK", 0.02)
    late = EbpfKeys()
    assert late.read() is not None  # from now on it looks
    copied_library(tmp_path)
    with program(handshakes(certificate, "1.3"), LD_LIBRARY_PATH=str(tmp_path)):
        wait_until(lambda: has_keys(late, certificate, tmp_path))
    late.close()


def has_keys(keys: EbpfKeys, certificate: Sequence[str], libraries: Path) -> bool:
    """Whether the keys of a program with these libraries arrive."""
    with program(handshakes(certificate, "1.3"), LD_LIBRARY_PATH=str(libraries)) as peers:
        expected = peers.lines()
    return about(expected, keys.read()) == expected


def test_library_that_was_deleted(certificate: Sequence[str], tmp_path: Path) -> None:
    """As after an update: programs that were not restarted have the old one."""
    library = copied_library(tmp_path)
    with program(handshakes(certificate, "1.3"), LD_LIBRARY_PATH=str(tmp_path)) as peers:
        library.unlink()
        opened = EbpfKeys()
        expected = peers.lines()
    assert about(expected, opened.read()) == expected
    opened.close()


IMAGE = """
set -e
exec 3<{library}
mount -t tmpfs none {folder}
cd {folder}
mkdir image one two upper1 upper2 work1 work2
cat <&3 >image/$(basename {library})
mount -t overlay none -o lowerdir=image,upperdir=upper1,workdir=work1 one
mount -t overlay none -o lowerdir=image,upperdir=upper2,workdir=work2 two
echo ready
exec sleep 100
"""


@as_root
@pytest.mark.skipif(shutil.which("nsenter") is None, reason="not installed: nsenter")
def test_containers_of_one_image(certificate: Sequence[str], tmp_path: Path) -> None:
    """Two overlays in another mount namespace: the kernel has one file, so one probe has the keys of both."""
    library = copied_library(tmp_path)
    with program(["unshare", "-m", "sh", "-c", IMAGE.format(library=library, folder=tmp_path)]) as image:
        enter = ["nsenter", "-m", "-t", str(image.process.pid)]
        one, two = ({"LD_LIBRARY_PATH": str(tmp_path / name)} for name in ("one", "two"))
        command = [*enter, *handshakes(certificate, "1.3")]
        with program(command, **one) as first, program(command, **two) as second:
            opened = EbpfKeys()
            expected = first.lines() + second.lines()
    assert about(expected, opened.read()) == expected
    opened.close()


MAPPED = """
import mmap, sys
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
print("ready", flush=True)
sys.stdin.readline()
"""


def test_other_tls_libraries_are_named(certificate: Sequence[str], tmp_path: Path) -> None:
    other = tmp_path / "!other\x1b.so"  # named first
    other.write_bytes(b"\x7fELF and SERVER_HANDSHAKE_TRAFFIC_SECRET")
    with program([*PYTHON, MAPPED, str(other)]):
        opened = EbpfKeys()
    assert r"!other\x1b.so" in opened.warning
    assert "TLS library not supported" in opened.warning
    opened.close()


# where it does not work -----------------------------------------------------------------------------------------------

UNPRIVILEGED = """
from capture.keys.ebpf import EbpfKeys
from capture.keys.libbpf import BpfUnavailable
from capture.privileges import chosen_user, give_up
give_up(chosen_user("nobody", {}))
try:
    EbpfKeys()
except BpfUnavailable as reason:
    print(reason)
"""


def test_without_root(certificate: Sequence[str]) -> None:
    done = subprocess.run([*PYTHON, UNPRIVILEGED], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True)
    assert done.stdout.startswith("no permission to fetch keys by eBPF; use sudo")
    assert done.stdout.count("\n") == 1


def test_without_libbpf(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform.startswith("linux"):
        monkeypatch.setattr(libbpf, "_NAMES", ("libbpf.so.none",))
        with pytest.raises(BpfUnavailable, match="apt install libbpf1"):
            EbpfKeys()


def test_without_tls_library(certificate: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "_SYSTEM", ())
    monkeypatch.setattr(mapped, "mappings", lambda: iter(()))
    with pytest.raises(BpfUnavailable, match="found no TLS library"):
        EbpfKeys()


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "ppc64le")])
def test_other_systems(monkeypatch: pytest.MonkeyPatch, system: str, machine: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(BpfUnavailable, match="keys by eBPF need"):
        EbpfKeys()


def test_object_was_built_from_its_source() -> None:
    """`make bpf` writes the hash of the source into the object."""
    source = OBJECT.with_suffix(".c").read_bytes()
    assert hashlib.sha256(source).hexdigest().encode() + b"\0" in OBJECT.read_bytes()


def test_line_of_a_key_log() -> None:
    assert ebpf.line("CLIENT_RANDOM", b"\x01" * 32, b"\xff" * 48) == b"CLIENT_RANDOM %s %s\n" % (b"01" * 32, b"ff" * 48)
