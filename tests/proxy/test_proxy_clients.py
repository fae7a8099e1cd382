"""Programs that people use, through the proxy: curl, nghttp, h2load, wrk, a browser and WebSockets."""

import os
import re
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates_made import client, issued
from inline_proxy import HAS_PROXY, STRANGERS, Inline, inline
from programs import nginx, run

pytest.importorskip("websockets", reason="the WebSockets are made with it")
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

pytestmark = [
    pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast"),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="not installed: nginx"),
]
UPLOAD = 5_000_000
REQUESTS = 3000


def installed(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"not installed: {name}")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "hello").write_text("hello\n")
    (folder / "large").write_bytes(os.urandom(3_000_000))
    (folder / "upload").write_bytes(os.urandom(UPLOAD))
    (folder / "page.html").write_text(
        "<p id=p>before</p><script src=script.js></script><img src=missing.png><link rel=stylesheet href=style.css>"
    )
    (folder / "script.js").write_text("document.getElementById('p').textContent = 'after ' + location.protocol")
    (folder / "style.css").write_text("p { color: red }")
    return folder


@pytest.fixture(scope="module")
def proxy(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inline]:
    """A proxy with TLS and without, before nginx."""
    shop = issued("127.0.0.1", "localhost")
    offer = ([(shop.chain, shop.key, "shop.pem")], b"", False, True, True)
    with (
        nginx(tmp_path_factory.mktemp("nginx"), pages) as port,
        inline(f"127.0.0.1:{port}", listeners=(True, False), offer=offer, proxy_threads=2, **STRANGERS) as running,
    ):
        yield running


def curl(proxy: Inline, path: str, *options: str, tls: bool = True) -> str:
    url = f"https://127.0.0.1:{proxy.ports[0]}" if tls else f"http://127.0.0.1:{proxy.ports[1]}"
    return run("curl", "-sSk", *options, url + path)


WAYS = {
    "HTTP/1.1": (("--http1.1",), False, "1.1"),
    "HTTP/1.0": (("--http1.0",), False, "1"),
    "HTTP/2 without asking": (("--http2-prior-knowledge",), False, "2"),
    "an upgrade to HTTP/2, which is not taken up": (("--http2",), False, "1.1"),
    "HTTP/1.1 and TLS": (("--http1.1",), True, "1.1"),
    "HTTP/2 and TLS": (("--http2",), True, "2"),
    "TLS 1.2": (("--tls-max", "1.2"), True, "2"),
}


@installed("curl")
@pytest.mark.parametrize(("options", "tls", "version"), WAYS.values(), ids=WAYS)
def test_curl(proxy: Inline, pages: Path, options: tuple[str, ...], tls: bool, version: str) -> None:
    assert curl(proxy, "/hello", *options, tls=tls) == "hello\n"
    form = "%{http_version} %{http_code} %{size_download}"
    assert curl(proxy, "/large", *options, "-o", os.devnull, "-w", form, tls=tls) == f"{version} 200 3000000"
    assert curl(proxy, "/hello", *options, "-I", "-o", os.devnull, "-w", "%{http_code}", tls=tls) == "200"
    assert curl(proxy, "/missing", *options, "-o", os.devnull, "-w", "%{http_code}", tls=tls) == "404"
    upload = ("-H", "Expect: 100-continue", "--data-binary", f"@{pages / 'upload'}", "-w", "%{http_code}")
    assert curl(proxy, "/upload", *options, *upload, "-o", os.devnull, tls=tls) == "201"


@installed("curl")
@pytest.mark.parametrize("tls", [False, True])
def test_curl_goes_on_where_a_download_ended(proxy: Inline, pages: Path, tmp_path: Path, tls: bool) -> None:
    whole, part = (pages / "large").read_bytes(), tmp_path / "part"
    part.write_bytes(whole[:1_000_000])
    curl(proxy, "/large", "-C", "-", "-o", str(part), tls=tls)
    assert part.read_bytes() == whole
    ranged = curl(proxy, "/hello", "-r", "1-3", "-w", " %{http_code}", tls=tls)
    assert ranged == "ell 206"


@installed("curl")
def test_curl_keeps_its_connection(proxy: Inline) -> None:
    base = f"https://127.0.0.1:{proxy.ports[0]}/hello"
    for version in ("--http1.1", "--http2"):
        made = run("curl", "-sk", version, "-w", "%{num_connects}\n", *[base, "-o", os.devnull] * 4)
        assert made.split() == ["1", "0", "0", "0"]


@installed("nghttp")
def test_nghttp(proxy: Inline) -> None:
    for url in (f"https://127.0.0.1:{proxy.ports[0]}/hello", f"http://127.0.0.1:{proxy.ports[1]}/hello"):
        assert run("nghttp", "--no-verify-peer", url) == "hello\n"


@installed("h2load")
@pytest.mark.parametrize("tls", [False, True])
def test_h2load_has_no_failures(proxy: Inline, tls: bool) -> None:
    scheme, port = ("https", proxy.ports[0]) if tls else ("http", proxy.ports[1])
    done = run("h2load", "-n", str(REQUESTS), "-c", "20", "-m", "10", f"{scheme}://127.0.0.1:{port}/hello")
    assert f"{REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout" in done
    assert f"status codes: {REQUESTS} 2xx" in done


@installed("wrk")
@pytest.mark.parametrize("tls", [False, True])
def test_wrk_has_no_errors(proxy: Inline, tls: bool) -> None:
    scheme, port = ("https", proxy.ports[0]) if tls else ("http", proxy.ports[1])
    done = run("wrk", "-t1", "-c32", "-d1s", f"{scheme}://127.0.0.1:{port}/hello")
    assert "Socket errors" not in done
    assert "Non-2xx" not in done
    found = re.search(r"(\d+) requests in", done)
    assert found is not None
    assert int(found[1]) > 200


@installed("chromium-headless-shell")
@pytest.mark.parametrize("tls", [False, True])
def test_a_browser_shows_a_page(proxy: Inline, tmp_path: Path, tls: bool) -> None:
    scheme, port = ("https", proxy.ports[0]) if tls else ("http", proxy.ports[1])
    options = ("--no-sandbox", "--ignore-certificate-errors", "--disable-gpu", f"--user-data-dir={tmp_path}")
    shown = run("chromium-headless-shell", *options, "--dump-dom", f"{scheme}://127.0.0.1:{port}/page.html")
    assert f'<p id="p">after {scheme}:</p>' in shown


def chat(socket: ServerConnection) -> None:
    """Send each message back, doubled."""
    for message in socket:
        socket.send(message + message)  # type: ignore[operator]


@pytest.mark.parametrize("tls", [False, True])
def test_websockets_pass_both_ways(tls: bool) -> None:
    shop = issued("127.0.0.1")
    offer = ([(shop.chain, shop.key, "shop.pem")], b"", False, True, True)
    with serve(chat, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        behind = f"127.0.0.1:{server.socket.getsockname()[1]}"
        with inline(behind, listeners=(tls,), offer=offer if tls else None) as proxy:
            context: ssl.SSLContext | None = client() if tls else None
            url = f"{'wss' if tls else 'ws'}://127.0.0.1:{proxy.port}/chat"
            with connect(url, ssl=context, proxy=None) as socket:
                for size in (0, 1, 125, 126, 70_000):
                    socket.send(b"x" * size)
                    assert socket.recv(5) == b"x" * 2 * size
                assert socket.ping(b"there?").wait(5)
                socket.close(1000, "done")
                assert (socket.close_code, socket.close_reason) == (1000, "done")
            assert proxy.count("upgrades") == 1
        with inline(behind, proxy_upgrades=()) as proxy, pytest.raises(InvalidStatus, match="403"):
            connect(f"ws://127.0.0.1:{proxy.port}/chat", proxy=None)
        server.shutdown()
        thread.join()
