"""The proxies that are compared, on loopback: nginx, and ours with and without rules, before one nginx that answers.

All have one thread for requests, keep connections to the upstream, and offer TLS 1.3 with the same cipher. nginx writes
no log; ours is the whole monitor.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.connecting import HOST, opened
from bench.measure import CommandError, new_history
from bench.network import wait
from bench.running import PATIENCE, Program, free_port
from bench.waf import FOLDERS
from capture.core import CORE

CIPHER: Final = "TLS_AES_256_GCM_SHA384"
"""The first one that clients with OpenSSL ask for."""
BODY: Final = "x" * 100
FILE_SIZE: Final = 200_000_000
"""Bytes of `/file`."""
ATTACK: Final = "/?item=1%27%20union%20select%201,2--%20-"
ROUTE: Final = "/ enforce open 100ms"
"""How rules judge requests."""
NGINX, OURS, RULED = "nginx", "exercise.py proxy", "exercise.py proxy --crs"
ALONE, ALL = "master_process off", "worker_processes auto"
"""One process, or a worker for each processor, as Debian sets it and as our proxy has threads."""
TOOLS: Final = ("nginx", "wrk", "openssl")

_HEAD: Final = """
daemon off; {workers}; pid {folder}/{name}.pid; error_log {folder}/{name}.log crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 16000; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; sendfile on; tcp_nopush on;
    client_max_body_size 0;
    client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi; uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
"""
_SERVER: Final = """
    server {{
        listen {address} backlog=4096;
        location / {{ return 200 "{body}"; }}
        location = /file {{ root {folder}; }}
    }}
}}
"""
_PROXY: Final = """
    upstream server {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen {plain} backlog=4096;
        listen {tls} ssl backlog=4096;
        ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
        ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites {cipher};
        location / {{
            proxy_pass http://server; proxy_http_version 1.1; proxy_request_buffering off; proxy_max_temp_file_size 0;
            proxy_buffer_size 16k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
            proxy_set_header Connection ""; proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


class Ends(NamedTuple):
    """Ports of loopback."""

    plain: int
    tls: int
    """0 if it speaks no TLS."""

    @property
    def url(self) -> str:
        """Of the end without TLS."""
        return f"http://{HOST}:{self.plain}/"

    @property
    def tls_url(self) -> str:
        """Of the end with TLS."""
        return f"https://{HOST}:{self.tls}/"


class Proxy(NamedTuple):
    """A running proxy."""

    name: str
    process: int
    ends: Ends
    output: Path
    """What it has printed."""


def why_not() -> str:
    """Return why proxies cannot be compared here; empty if they can."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"not installed: {', '.join(missing)}"
    return "" if CORE is not None and hasattr(CORE, "Proxy") else "the proxy is part of the Rust core: make fast"


def rules() -> str:
    """Return the first folder of rules that exists; empty without one."""
    return next((folder for folder in FOLDERS if Path(folder).is_dir()), "")


def make_certificate(folder: Path) -> None:
    """Write a certificate and its key: a new pair each time.

    Raises:
        CommandError: that failed.
    """
    files = ["-keyout", str(folder / "key.new"), "-out", str(folder / "certificate.new")]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    request = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2", "-subj", "/CN=shop.example.com", *files]
    done = subprocess.run(request, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise CommandError(f"openssl: {done.stderr[-300:]}")
    for name in ("key", "certificate"):
        (folder / f"{name}.new").rename(folder / f"{name}.pem")


def start_server(folder: Path, port: int) -> Program:
    """Start the nginx that answers."""
    with (folder / "file").open("wb") as file:
        file.truncate(FILE_SIZE)
    address = f"{HOST}:{port}"
    return _nginx(folder, "server", _SERVER.format(folder=folder, address=address, body=BODY), (HOST, port), ALONE)


@contextmanager
def server(folder: Path) -> Iterator[Ends]:
    """Run the nginx that answers."""
    port = free_port()
    program = start_server(folder, port)
    try:
        yield Ends(port, 0)
    finally:
        program.stop()


@contextmanager
def nginx_proxy(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run nginx as a proxy before this port."""
    ends = Ends(free_port(), free_port())
    plain, tls = (f"{HOST}:{port}" for port in ends)
    text = _PROXY.format(folder=folder, plain=plain, tls=tls, upstream=f"{HOST}:{upstream}", cipher=CIPHER)
    program = _nginx(folder, "front", text, (HOST, ends.tls), ALL)
    try:
        yield Proxy(NGINX, program.number, ends, folder / "front.output")
    finally:
        program.stop()


@contextmanager
def our_proxy(folder: Path, upstream: int, crs: str = "") -> Iterator[Proxy]:
    """Run our proxy before this port, with the rules in a folder if one is given."""
    ends, name = Ends(free_port(), free_port()), "ruled" if crs else "ours"
    options = ("--ui", "console", "-q", *(("--crs", crs, "--route", ROUTE) if crs else ()))
    output = folder / f"{name}.output"
    program = start_ours(folder, ends, upstream, options, output)
    try:
        yield Proxy(RULED if crs else OURS, program.number, ends, output)
    finally:
        program.stop()


def start_ours(folder: Path, ends: Ends, upstream: int, options: Sequence[str], output: Path) -> Program:
    """Start our proxy, and wait until it answers; the options say how it is shown, and what else it does."""
    command = (
        sys.executable, "exercise.py", "proxy", "--listen", f"http://{HOST}:{ends.plain}", "--listen",
        f"https://{HOST}:{ends.tls}", "--cert", str(folder / "certificate.pem"), "--key", str(folder / "key.pem"),
        "--upstream", f"{HOST}:{upstream}", "--history", "none", "--no-color", *options,
    )  # fmt: skip
    program = Program(command, (HOST, ends.tls), output, new_history(folder))
    try:
        wait(lambda: status(ends.plain) == 200, "the proxy to answer")
        if "--crs" in options:
            wait(lambda: status(ends.plain, ATTACK) == 403, "its agent to load the rules", PATIENCE, 0.5)
    except BaseException:
        program.stop()
        raise
    return program


def status(port: int, path: str = "/") -> int:
    """Return the status of the response to a request."""
    connection, response = opened(port, tls=False, path=path)
    connection.close()
    return int(response.split()[1])


def _nginx(folder: Path, name: str, text: str, address: tuple[str, int], workers: str) -> Program:
    written = folder / f"{name}.conf"
    written.write_text(_HEAD.format(folder=folder, name=name, workers=workers) + text)
    return Program(["nginx", "-c", str(written), "-p", str(folder)], address, folder / f"{name}.output")
