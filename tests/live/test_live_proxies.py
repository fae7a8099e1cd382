"""The client of each request is the one that nginx's realip module finds behind the same trusted proxies."""

import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from .monitor import command, running
from .test_live import BRISK, free_port
from .web_server import web_server

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]

TEMPLATE = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    log_format clients '$request_uri $remote_addr $realip_remote_addr';
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    real_ip_recursive on;
    set_real_ip_from 127.0.0.1;
    set_real_ip_from 10.0.0.0/8;
    server {{
        {listen}
        real_ip_header X-Forwarded-For;
        access_log {folder}/access.log clients;
        location / {{ return 200; }}
    }}
    server {{
        listen 127.0.0.1:ANNOUNCED proxy_protocol;
        real_ip_header proxy_protocol;
        access_log {folder}/access.log clients;
        location / {{ return 200; }}
    }}
    server {{
        listen 127.0.0.1:FRONT;
        location / {{
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_pass http://127.0.0.1:BACK;
        }}
    }}
}}
"""
PROXY, VISITOR = "127.0.0.1", "127.0.0.2"
LISTS = (
    "203.0.113.9", "198.51.100.1, 203.0.113.9", "203.0.113.9,10.0.0.3, 10.0.0.2", "10.0.0.7, 10.0.0.3", "2001:db8::9",
    "[2001:db8::9]:4711", "203.0.113.9:4711", "junk", "203.0.113.9, junk, 10.0.0.3", "unknown", "203.0.113.256",
)  # fmt: skip


def ask(port: int, target: str, source: str, *fields: str, before: bytes = b"") -> None:
    """Send a request from an address of this machine, after a preamble, and wait for the response."""
    with socket.create_connection((PROXY, port), timeout=30, source_address=(source, 0)) as client:
        head = [f"GET {target} HTTP/1.1", "Host: example.com", "Connection: close", *fields, "", ""]
        client.sendall(before + "\r\n".join(head).encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        while client.recv(1000):
            pass


def logged(file: Path) -> dict[str, tuple[str, str]]:
    """Return client and source by target, as in the monitor's log."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in file.read_text().splitlines()]
    return {line["url.path"]: (line["client.ip"], line["source.ip"]) for line in lines}


def test_clients_are_those_of_nginx(tmp_path: Path) -> None:
    back, announced, front = free_port(), free_port(), free_port()
    template = TEMPLATE.replace("ANNOUNCED", str(announced)).replace("FRONT", str(front)).replace("BACK", str(back))
    arguments = command(
        *("-i", "lo", "-p", f"{back},{announced}", "--log", str(tmp_path / "log")),
        *("--trusted-proxies", f"{PROXY},10.0.0.0/8"),
        **BRISK,
    )
    with (
        web_server(tmp_path / "web", [PROXY], back, template=template) as server,
        running(tmp_path, arguments) as monitor,
    ):
        for number, names in enumerate(LISTS):
            ask(back, f"/list/{number}", PROXY, f"X-Forwarded-For: {names}")
            ask(back, f"/liar/{number}", VISITOR, f"X-Forwarded-For: {names}")
            ask(front, f"/front/{number}", VISITOR, f"X-Forwarded-For: {names}")
        for number, name in enumerate(["203.0.113.9", "10.0.0.3"]):
            header = f"PROXY TCP4 {name} 127.0.0.1 4711 80\r\n".encode()
            ask(announced, f"/announced/{number}", PROXY, before=header)
            ask(announced, f"/announced/liar/{number}", VISITOR, before=header)
        words = [line.split() for line in (server.folder / "access.log").read_text().splitlines()]
        truth = {target: (client, source) for target, client, source in words}
        monitor.wait("all requests", lambda page: len(logged(tmp_path / "log")) >= len(truth))
        assert monitor.stop() == 0
    assert len(truth) == 3 * len(LISTS) + 4
    assert logged(tmp_path / "log") == truth
    assert truth["/list/2"] == ("203.0.113.9", PROXY)
    assert {truth[f"/front/{number}"] for number in range(len(LISTS))} == {(VISITOR, PROXY)}
