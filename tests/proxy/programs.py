"""Other people's programs at both ends of the proxy."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fronts import free_port, program

NGHTTPD: Final = shutil.which("nghttpd")


@contextmanager
def nghttpd(pages: Path, *options: str, certificate: Path | None = None) -> Iterator[int]:
    """Serve files by HTTP/2, in clear text without a certificate, whose key is in the same file; yield the port."""
    port = free_port()
    assert NGHTTPD is not None
    start, end = (["--no-tls"], []) if certificate is None else ([], [str(certificate)] * 2)
    with program([NGHTTPD, *start, "--address=127.0.0.1", f"--htdocs={pages}", *options, str(port), *end], port):
        yield port


def run(*command: str, seconds: float = 30, check: bool = True) -> str:
    """Run a client to its end, and return its output."""
    done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    if check:
        assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-2000:]
    return done.stdout.decode(errors="replace")


_CONFIGURATION: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000; client_max_body_size 100m;
    types {{ text/html html; text/javascript js; text/css css; }} default_type text/plain;
    server {{
        listen 127.0.0.1:{port};
        root {pages};
        location = /upload {{ client_body_in_file_only clean; proxy_pass http://127.0.0.1:{port}/taken; }}
        location = /taken {{ return 201; }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, pages: Path) -> Iterator[int]:
    """Serve files, and read uploads to `/upload`; yield the port."""
    port, written = free_port(), folder / "nginx.conf"
    written.write_text(_CONFIGURATION.format(folder=folder, pages=pages, port=port))
    folder.chmod(0o755)
    with program(["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(written)], port):
        yield port
