"""Runs a real nginx with its own configuration; its access log is the truth to compare with."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format truth '$msec|$status|$request_method|$request_uri|$host|$http_user_agent';
    access_log {folder}/access.log truth;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000;
    absolute_redirect off;
    default_type text/plain;
    server {{
        {listen}
        root {folder}/www;
        location = /hello {{ return 200 "hello\\n"; }}
        location = /nothing {{ return 204; }}
        location = /moved {{ return 302 /hello; }}
        location = /forbidden {{ return 403; }}
        location = /failing {{ return 500; }}
        location = /upload {{ return 201 "thanks\\n"; }}
        location = /chunked {{ ssi on; ssi_types text/plain; }}
    }}
}}
"""


class Visit(NamedTuple):
    """One line of the access log."""

    time: float
    """Time of logging, in seconds since the epoch."""
    status: str
    method: str
    target: str
    host: str
    user_agent: str

    @property
    def section(self) -> str:
        """The section as the monitor names it; only for targets that are a path."""
        return f"{self.host}/{self.target.partition('?')[0].split('/')[1]}"


class WebServer:
    """A running nginx."""

    def __init__(self, folder: Path, port: int):
        self.folder = folder
        self.port = port

    def visits(self) -> list[Visit]:
        """Return the access log so far."""
        visits = []
        for line in (self.folder / "access.log").read_text().splitlines():
            moment, *texts = line.split("|", 5)
            visits.append(Visit(float(moment), *texts))
        return visits

    def visits_when_quiet(self) -> list[Visit]:
        """Return the access log once it has stopped growing: a response is sent before it is logged."""
        before, visits = None, self.visits()
        while before != visits:
            time.sleep(0.2)
            before, visits = visits, self.visits()
        return visits


class Totals(NamedTuple):
    """Requests by the keys of the dashboard."""

    statuses: Counter[str]
    methods: Counter[str]
    sections: Counter[str]
    user_agents: Counter[str]
    domains: Counter[str]


def totals(visits: Iterable[Visit]) -> Totals:
    """Count the access log."""
    counted = Totals(Counter(), Counter(), Counter(), Counter(), Counter())
    for visit in visits:
        keys = (visit.status, visit.method, visit.section, visit.user_agent, visit.host)
        for counter, key in zip(counted, keys, strict=True):
            counter[key] += 1
    return counted


@contextmanager
def web_server(
    folder: Path,
    addresses: Sequence[str],
    port: int,
    inside: Sequence[str] = (),
    template: str = CONFIGURATION,
) -> Iterator[WebServer]:
    """Run nginx on these addresses; `inside` is the command that enters its network namespace."""
    www = folder / "www"
    www.mkdir(parents=True)
    (www / "index.html").write_text("<p>index</p>\n" * 100)
    (www / "large").write_bytes(bytes(range(256)) * 2000)
    (www / "chunked").write_text("all of it in chunks\n" * 500)
    listen = " ".join(f"listen {address}:{port};" for address in addresses)
    configuration = folder / "nginx.conf"
    configuration.write_text(template.format(folder=folder, listen=listen))
    command = [*inside, "nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with running_nginx(folder, command):
        yield WebServer(folder, port)


@contextmanager
def running_nginx(folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run nginx, whose configuration puts `nginx.pid` into the folder."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            _await_pid_file(folder / "nginx.pid", process)
            yield
        finally:
            process.terminate()


def _await_pid_file(file: Path, process: "subprocess.Popen[str]") -> None:
    """nginx writes it once it listens."""
    until = time.monotonic() + 60
    while not (file.exists() and file.read_text().strip()):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise RuntimeError(f"nginx did not start: {process.stderr.read() if process.stderr else ''}")
        time.sleep(0.02)
