"""Runs nginx with TLS, which writes a key log by the library of `packaging/keylog.c`; its access log is the truth."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .web_server import running_nginx

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "shop.example.com"
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format truth '$request_method|$request_uri|$server_protocol|$ssl_protocol|$host|$status|'
        '$body_bytes_sent|$http_user_agent';
    access_log {folder}/access.log truth;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000;
    absolute_redirect off;
    default_type text/plain;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        root {folder}/www;
        location = /hello {{ return 200 "hello\\n"; }}
        location = /chunked {{ return 200 "not in chunks here\\n"; }}
        location = /moved {{ return 302 /hello; }}
        location = /failing {{ return 500; }}
        location = /upload {{ return 201 "thanks\\n"; }}
    }}
}}
"""


class Row(NamedTuple):
    """A request as the server and the monitor log it."""

    method: str
    target: str
    version: str
    """Of HTTP."""
    tls: str
    host: str
    status: int
    response_bytes: int
    user_agent: str


class HttpsServer:
    """A running nginx."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.keys = folder / "keys.log"

    def rows(self) -> list[Row]:
        """Return the access log so far."""
        rows = []
        for line in (self.folder / "access.log").read_text().splitlines():
            method, target, version, tls, host, status, sent, agent = line.split("|")
            rows.append(Row(method, target, _http(version), _tls(tls), host, int(status), int(sent), agent))
        return rows

    def rows_when_quiet(self) -> list[Row]:
        """Return the access log once it has stopped growing: a response is sent before it is logged."""
        before, rows = None, self.rows()
        while before != rows:
            time.sleep(0.2)
            before, rows = rows, self.rows()
        return rows


def _http(version: str) -> str:
    return version.removeprefix("HTTP/").replace("2.0", "2")


def _tls(version: str) -> str:
    return version.replace("TLSv", "TLS ")


def built_library(folder: Path) -> Path:
    """Compile the library that makes programs with OpenSSL write a key log."""
    library = folder / "libkeylog.so"
    source = ROOT / "packaging" / "keylog.c"
    options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["gcc", *options, "-o", str(library), str(source), "-ldl"], check=True, timeout=60)
    return library


@contextmanager
def https_server(folder: Path, port: int) -> Iterator[HttpsServer]:
    """Run nginx on this port of loopback."""
    www = folder / "www"
    www.mkdir(parents=True)
    (www / "index.html").write_text("<p>index</p>\n" * 100)
    (www / "large").write_bytes(bytes(range(256)) * 2000)
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*request, *subject, *files], check=True, capture_output=True, timeout=60)
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    server = HttpsServer(folder, port)
    environment = {**os.environ, "LD_PRELOAD": str(built_library(folder)), "SSLKEYLOGFILE": str(server.keys)}
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with running_nginx(folder, command, environment):
        yield server
