"""Large transfers by curl through a proxy: bytes/s, and the processor time of the proxy for them."""

import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from bench.measure import CommandError
from bench.proxies import FILE_SIZE, Proxy
from bench.running import family_seconds

_SAID: Final = "%{http_code} %{size_download} %{size_upload} %{time_total}"
_PATIENCE: Final = 120.0


class Transfer(NamedTuple):
    """One transfer."""

    rate: float
    """Bytes/s."""
    cpu: float
    """Processor seconds of the proxy for a GB."""


def has_curl() -> bool:
    """Return whether transfers can be measured here."""
    return shutil.which("curl") is not None


def download(proxy: Proxy, *, tls: bool) -> Transfer:
    """Fetch the large file through a proxy."""
    return _transferred(proxy, ["-o", "/dev/null", f"{_url(proxy, tls=tls)}file"])


def upload(proxy: Proxy, folder: Path, *, tls: bool) -> Transfer:
    """Send the large file through a proxy."""
    return _transferred(proxy, ["-o", "/dev/null", "-T", str(folder / "file"), f"{_url(proxy, tls=tls)}upload"])


def curl_said(text: str) -> tuple[int, float]:
    """Return the bytes and seconds of a transfer from curl's line.

    Raises:
        CommandError: the response was an error, or the transfer is not whole.
    """
    status, received, sent, seconds = text.split()
    size = max(int(received), int(sent))
    if status != "200" or size != FILE_SIZE:
        raise CommandError(f"curl: status {status} after {size:,} bytes of {FILE_SIZE:,}")
    return size, float(seconds)


def _transferred(proxy: Proxy, words: list[str]) -> Transfer:
    command = ["curl", "-s", "-S", "-k", "--http1.1", "-H", "Expect:", "-H", "Host: shop.example.com", "-w", _SAID]
    before = family_seconds(proxy.process)
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise CommandError(f"curl: {done.stderr[-300:]}")
    size, seconds = curl_said(done.stdout)
    return Transfer(size / seconds, (family_seconds(proxy.process) - before) * 1e9 / size)


def _url(proxy: Proxy, *, tls: bool) -> str:
    return proxy.ends.tls_url if tls else proxy.ends.url
