"""What keys by eBPF cost: `python -m bench.key_tax [ROUNDS]`, as root, with nginx, wrk and openssl.

First OpenSSL alone: a handshake and a request, client and server in one process, with and without the probes in turn.
Then nginx on one core, saturated by wrk on another. Rates are medians. Processor times are the lowest, because other
programs only add to them.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from bench.measure import cpu_seconds, ratio, table
from bench.network import wait
from capture.keys.ebpf import EbpfKeys

SECONDS: Final = 3
CONNECTIONS: Final = 32
PORT: Final = 44390
READ: Final = 0.1
"""Seconds between two reads of the keys."""
CONFIGURATION: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 100000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl backlog=1024; ssl_protocols {version};
        ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
        location / {{ return 200 "{body}"; }}
    }}
}}
"""
CLOSE: Final = ("-H", "Connection: close")


class Load(NamedTuple):
    """How the server did in one run."""

    rate: float
    """Requests per second."""
    cost: float
    """Microseconds of processor time per request."""


@contextmanager
def certified() -> Iterator[Path]:
    """Provide a folder with a certificate and its key."""
    with tempfile.TemporaryDirectory() as name:
        make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        files = ["-keyout", f"{name}/key.pem", "-out", f"{name}/certificate.pem"]
        subprocess.run([*make.split(), *files], check=True, capture_output=True)
        yield Path(name)


@contextmanager
def web_server(version: str, folder: Path) -> Iterator[int]:
    """Run nginx with TLS on the first core, and provide the number of its process."""
    text = CONFIGURATION.format(folder=folder, port=PORT, version=version, body="x" * 1000)
    (folder / "nginx.conf").write_text(text)
    command = ["taskset", "-c", "0", "nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait((folder / "nginx.pid").exists, "nginx to start")
        yield server.pid
    finally:
        server.terminate()
        server.wait(timeout=10)


def loaded(server: int, options: tuple[str, ...], keys: EbpfKeys | None) -> tuple[Load, int]:
    """Saturate the server; return its load and the number of secrets that were read."""
    before, found = cpu_seconds(server), 0
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *options]
    client = subprocess.Popen([*command, f"https://127.0.0.1:{PORT}/"], stdout=subprocess.PIPE, text=True)
    while client.poll() is None:
        found += keys.read().count(b"\n") if keys else 0
        time.sleep(READ)
    output = client.communicate()[0]
    requests = int(re.search(r"(\d+) requests in", output)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]
    return Load(rate, 1e6 * (cpu_seconds(server) - before) / requests), found


def compared(version: str, options: tuple[str, ...], rounds: int, folder: Path) -> list[str]:
    """Return the cells of a row: keys per second, warnings, rates and costs."""
    pairs, secrets, warning = [], 0, ""
    with web_server(version, folder) as server:
        for number in range(rounds):
            results = {}
            for probed in (False, True) if number % 2 else (True, False):
                keys = EbpfKeys() if probed else None
                results[probed], found = loaded(server, options, keys)
                secrets += found
                if keys is not None:
                    warning = keys.warning or warning
                    keys.close()
            pairs.append((results[False], results[True]))
    return [f"{secrets / rounds / SECONDS:,.0f}", warning or "0", *_rates(pairs), *_costs(pairs)]


def _rates(pairs: list[tuple[Load, Load]]) -> list[str]:
    """Medians without and with probes, and the median change."""
    without, with_ = zip(*((one.rate, other.rate) for one, other in pairs), strict=True)
    change = ratio(with_, without).median - 1
    return [f"{median(without):,.0f}", f"{median(with_):,.0f}", f"{change:+.1%}"]


def _costs(pairs: list[tuple[Load, Load]]) -> list[str]:
    """The lowest without and with probes, because other programs only add to it."""
    without, with_ = (min(pair[side].cost for pair in pairs) for side in (0, 1))
    return [f"{without:.1f}", f"{with_:.1f}", f"{with_ / without - 1:+.1%}"]


def alone(rounds: int, folder: Path) -> Iterator[list[str]]:
    """Yield rows: the lowest microseconds of processor time without and with probes, and the change."""
    command = [sys.executable, "-m", "bench.peers.tls_in_memory", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peers:
        _answer(peers, "")
        for what in ("handshake TLSv1.3", "handshake TLSv1.2", "request TLSv1.3"):
            times: dict[bool, list[int]] = {False: [], True: []}
            for number in range(2 * rounds):
                keys = EbpfKeys() if number % 2 else None
                times[keys is not None] += map(int, _answer(peers, f"{what}\n").split())
                if keys is not None:
                    keys.close()
            without, with_ = (min(times[probed]) / 1000 for probed in (False, True))
            yield [what, f"{without:.2f}", f"{with_:.2f}", f"{with_ / without - 1:+.1%}"]


def _answer(peers: "subprocess.Popen[str]", line: str) -> str:
    assert peers.stdin is not None
    assert peers.stdout is not None
    peers.stdin.write(line)
    peers.stdin.flush()
    return peers.stdout.readline()


def main() -> int:
    """Print the tables."""
    if os.geteuid() != 0:
        print("probing needs root; use sudo", file=sys.stderr)
        return 2
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with certified() as folder:
        print(table(("client and server", "CPU us", "with keys", "change"), alone(rounds, folder)), flush=True)
        heads = ("nginx", "keys/s", "warnings", "requests/s", "with keys", "change", "CPU us", "with keys", "change")
        loads = ((version, options) for version in ("TLSv1.3", "TLSv1.2") for options in ((), CLOSE))
        names = {(): "keep-alive", CLOSE: "a connection per request"}
        rows = ([f"{load[0]}, {names[load[1]]}", *compared(*load, rounds, folder)] for load in loads)
        print(table(heads, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
