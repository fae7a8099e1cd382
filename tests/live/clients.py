"""Runs real clients: curl, wrk, and one that pipelines over a plain socket. Each call returns when all is sent."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

WRK_SCRIPT = """
-- {requests} requests, then silence: none is unfinished when wrk ends. The last response creates a file.
local paths = {{"/hello", "/hello?page=2", "/large", "/chunked", "/missing", "/moved", "/"}}
local methods = {{"GET", "GET", "GET", "PUT"}}
local number, sent, answered = 0, 0, 0
local function one()
    number = number + 1
    local fields = {{["Host"] = "load.example.com", ["User-Agent"] = "wrk/" .. number % 3}}
    return wrk.format(methods[number % #methods + 1], paths[number % #paths + 1], fields)
end
request = function()
    local text = ""
    for _ = 1, {pipelined} do text = text .. one() end
    return text
end
delay = function()
    sent = sent + 1
    if sent > {requests} / {pipelined} then return 3600000 end
    return {delay}
end
response = function()
    answered = answered + 1
    if answered == {requests} then io.open("{answered}", "w"):close() end
end
"""
PATIENCE = 60
"""Seconds that wrk may take."""

CURL_VISITS = (
    # arguments, paths
    (["-A", "curl test"], ["/", "/hello?a=1#x", "/missing", "/large"]),
    (["-A", "Mozilla/5.0 (X11; Linux x86_64)", "-I"], ["/hello", "/missing", "/large"]),
    (["-A", "curl test", "-X", "DELETE"], ["/upload", "/nothing"]),
    (["-A", "curl test", "-d", "name=value"], ["/upload", "/upload", "/failing"]),
    (["-A", "uploader", "-X", "PUT", "-H", "Expect: 100-continue", "--data-binary", "@LARGE"], ["/upload"]),
    (["-A", "uploader", "-H", "Transfer-Encoding: chunked", "--data-binary", "@LARGE"], ["/upload"]),
    (["-A", "old", "--http1.0"], ["/chunked", "/forbidden", "/moved"]),
    (["-A", "redirected", "-L"], ["/moved"]),
    (["-A", "ranges", "-r", "0-99"], ["/large"]),
    (["-A", "encoded", "--compressed"], ["/chunked", "/nothing"]),
)


def curl(base: str, body: Path, inside: Sequence[str] = ()) -> None:
    """Send each of `CURL_VISITS` over a keep-alive connection, with its own host name."""
    for number, (arguments, paths) in enumerate(CURL_VISITS):
        options = [str(body).join(["@", ""]) if argument == "@LARGE" else argument for argument in arguments]
        urls = [text for path in paths for text in (base + path, "-o", "/dev/null")]
        host = ["-H", f"Host: Site{number % 2}.example.com"]
        subprocess.run([*inside, "curl", "-sS", "-m", "60", "-g", *options, *host, *urls], check=True, timeout=100)


def wrk(base: str, folder: Path, requests: int, pipelined: int = 1, delay: int = 4, inside: Sequence[str] = ()) -> None:
    """Send requests over four connections, each `delay` milliseconds after the previous response."""
    script, answered = (folder / f"wrk-{requests}-{pipelined}.{kind}" for kind in ("lua", "answered"))
    script.write_text(WRK_SCRIPT.format(requests=requests, pipelined=pipelined, delay=delay, answered=answered))
    command = [*inside, "wrk", "-t1", "-c4", f"-d{PATIENCE}s", "--timeout", f"{PATIENCE}s", "-s", str(script), base]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not answered.exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0]
    assert answered.exists(), said
    assert "Socket errors" not in said, said


def pipeline(address: str, port: int, requests: int, piece: int) -> None:
    """Send requests on one connection without waiting for responses, in pieces of `piece` bytes."""
    paths = ("/hello", "/large", "/nothing", "/missing", "/chunked", "/upload")
    text = b""
    for number in range(requests):
        method, body = (b"POST", b"x" * number) if number % 6 == 5 else (b"HEAD" if number % 5 == 4 else b"GET", b"")
        last = b"Connection: close\r\n" if number == requests - 1 else b""
        text += b"%s %s HTTP/1.1\r\nHost: pipe.example.com\r\n" % (method, paths[number % 6].encode())
        text += b"User-Agent: pipeline\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), last, body)
    with socket.create_connection((address, port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(text), piece):
            connection.sendall(text[start : start + piece])
        while connection.recv(1 << 20):
            pass


if __name__ == "__main__":  # to run inside a network namespace
    pipeline(sys.argv[1], *map(int, sys.argv[2:]))
