"""What a key log costs a web server with TLS, and what the monitor costs that reads it beside the packets.

In each round nginx runs without a key log, with one (`packaging/keylog.c`), and with one while the monitor decrypts.
One load keeps its connections, the other makes one for each request, so that handshakes are all that counts. The set-up
is that of `bench.live`; with few cores, the processor time of a request says more than the rate of requests.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import live
from bench.measure import ROOT, CommandError, Figure, table
from bench.network import INTERFACE, SERVER_ADDRESS, Namespaces, WebServer, network
from bench.watching import MONITORS, OURS, LoadRun, Testbed, WatchedTool
from capture.core import how_to_decrypt

KEPT, EACH = "connections are kept", "a connection for each request"
ADDRESS: Final = f"https://{SERVER_ADDRESS}/"
TLS: Final = (
    "ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;"
)


class Round(NamedTuple):
    """The runs of one round."""

    plain: LoadRun
    keyed: LoadRun
    """With a key log."""
    watched: LoadRun
    """With a key log and the monitor."""

    @property
    def tax(self) -> float:
        """Additional processor time of the server per request for the key log, in percent."""
        return 100 * (_of_server(self.keyed) / _of_server(self.plain) - 1)

    @property
    def own_tax(self) -> float:
        """Additional processor time per request for the monitor, in percent of that of server and client."""
        return 100 * (self.watched.per_request / self.keyed.per_request - 1)

    @property
    def lost_rate(self) -> float:
        """Requests/s that the server loses to the key log, in percent."""
        return 100 * (1 - self.keyed.load.rate / self.plain.load.rate)

    @property
    def own_lost_rate(self) -> float:
        """Requests/s that the server loses to the monitor, in percent."""
        return 100 * (1 - self.watched.load.rate / self.keyed.load.rate)


Results = dict[str, list[Round]]
"""The rounds of each load."""


def measure(quick: bool, say: Callable[[str], None]) -> Results:
    """Measure both loads; nothing where that is impossible."""
    if why := why_not():
        say(f"https: {why}")
        return {}
    rounds, seconds = (1, 2) if quick else (5, 4)
    results: Results = {KEPT: [], EACH: []}
    with network() as sides, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for number in range(rounds):
            for load, done in results.items():
                say(f"https: round {number + 1} of {rounds}, {load}")
                done.append(_round(sides, folder, seconds, closes=load == EACH))
    return results


def why_not() -> str:
    """Return why it cannot be measured here; empty if it can."""
    missing = [tool for tool in ("gcc", "openssl") if shutil.which(tool) is None]
    return live.why_not() or how_to_decrypt() or (f"not installed: {', '.join(missing)}" if missing else "")


def prepare(folder: Path) -> None:
    """Make a certificate, and compile the library that writes the key log.

    Raises:
        CommandError: that failed.
    """
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench", *files]
    source = ROOT / "packaging" / "keylog.c"
    library = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(folder / "libkeylog.so"), str(source), "-ldl"]
    for command in (request, library):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise CommandError(f"{command[0]}: {done.stderr[-300:]}")


def _round(sides: Namespaces, folder: Path, seconds: float, *, closes: bool) -> Round:
    plain = Testbed(sides, folder, _server, ADDRESS, closes)
    keyed = plain._replace(serve=_server_with_keys)
    return Round(plain.run(None, seconds), keyed.run(None, seconds), keyed.run(_monitor(folder), seconds))


def _server(inside: list[str], folder: Path) -> WebServer:
    return WebServer(inside, folder, TLS.format(folder=folder))


def _server_with_keys(inside: list[str], folder: Path) -> WebServer:
    keys = folder / "keys.log"
    keys.unlink(missing_ok=True)
    preloaded = {"LD_PRELOAD": str(folder / "libkeylog.so"), "SSLKEYLOGFILE": str(keys)}
    return WebServer(inside, folder, TLS.format(folder=folder), preloaded)


def _monitor(folder: Path) -> WatchedTool:
    ours = next(monitor for monitor in MONITORS if monitor.name == OURS)
    options = ("-i", INTERFACE, "-p", "443", "--no-color", "--keys", str(folder / "keys.log"))
    return ours._replace(command=(sys.executable, "exercise.py", *options))


def _of_server(run: LoadRun) -> float:
    """Return the server's processor microseconds per request."""
    return 1e6 * run.server_cpu / run.load.requests


HEADS: Final = (
    *("load", "requests/s without a key log", "with it", "with it and the monitor"),
    *("server's CPU us a request without", "with it", "tax of the key log %", "of the monitor: extra CPU a request %"),
    *("own CPU us a packet", "packets dropped, of all", "requests missed, of all"),
)


def report(results: Results) -> str:
    """Return the Markdown table."""
    if not results:
        return f"Not measured: {why_not()}."
    return table(HEADS, (_row(load, rounds) for load, rounds in results.items()))


def _row(load: str, rounds: Sequence[Round]) -> list[str]:
    return [
        load,
        *(Figure.of(run.load.rate for run in runs).text() for runs in zip(*rounds, strict=True)),
        *(
            Figure.of(map(_of_server, runs)).text(".1f")
            for runs in ([r.plain for r in rounds], [r.keyed for r in rounds])
        ),
        Figure.of(each.tax for each in rounds).text(".1f"),
        Figure.of(each.own_tax for each in rounds).text(".1f"),
        Figure.of(each.watched.per_packet for each in rounds).text(".2f"),
        live.of_all([(each.watched.dropped, each.watched.packets) for each in rounds]),
        live.of_all([(each.watched.missed, each.watched.served) for each in rounds]),
    ]


def facts(results: Results) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {
        load: {
            "key_log_tax_percent": [each.tax for each in rounds],
            "own_tax_percent": [each.own_tax for each in rounds],
            "key_log_lost_rate_percent": [each.lost_rate for each in rounds],
            "own_lost_rate_percent": [each.own_lost_rate for each in rounds],
            "dropped": [each.watched.dropped for each in rounds],
            "missed": [each.watched.missed for each in rounds],
            "rounds": [[{**run._asdict(), "load": run.load._asdict()} for run in each] for each in rounds],
        }
        for load, rounds in results.items()
    }
