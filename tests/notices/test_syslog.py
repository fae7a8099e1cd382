"""Sends to a real rsyslog with its own configuration, and to test sockets."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates
from notice_samples import ALERT, DISMISSED, LIMITS, RAISED, soon

from notices.errors import Unavailable
from notices.syslog import Syslog
from notices.syslog_format import FACILITIES
from notices.syslog_message import syslog_message
from notices.syslog_place import Place
from notices.tls import authorities
from notices.worker import Worker

RSYSLOG = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")
needs_rsyslog = pytest.mark.skipif(RSYSLOG is None, reason="rsyslogd is not installed: apt-get install rsyslog")
DAEMON = FACILITIES["daemon"]
CONFIGURATION = """
module(load="imudp") module(load="imtcp") module(load="imuxsock" SysSock.Use="off")
template(name="all" type="string" string="%jsonmesg%\\n")
ruleset(name="keep") {{ action(type="omfile" file="{folder}/log" template="all" asyncWriting="off") }}
input(type="imudp" address="127.0.0.1" port="{port}" ruleset="keep")
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="keep")
input(type="imuxsock" socket="{folder}/usual" ruleset="keep")
input(type="imuxsock" socket="{folder}/socket" useSpecialParser="off" ignoreTimestamp="off" ruleset="keep")
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Rsyslog:
    """A running daemon."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.places = {
            "udp": Place("udp", "127.0.0.1", port),
            "tcp": Place("tcp", "127.0.0.1", port),
            "unix": Place("unix", path=str(folder / "socket")),
            "bsd": Place("bsd", path=str(folder / "usual")),
        }

    @property
    def messages(self) -> list[dict[str, Any]]:
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    @contextmanager
    def running(self) -> Iterator[None]:
        configuration = self.folder / "rsyslog.conf"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        command = [str(RSYSLOG), "-n", "-f", str(configuration), "-i", str(self.folder / "pid")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert soon(
                lambda: (self.folder / "socket").exists() and (self.folder / "usual").exists() and self._listens()
            )
            yield
        finally:
            process.terminate()
            process.wait(60)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def rsyslog(tmp_path: Path) -> Rsyslog:
    return Rsyslog(tmp_path, free_port())


@needs_rsyslog
@pytest.mark.parametrize("scheme", ["udp", "tcp", "unix"])
def test_a_daemon_gets_and_understands_every_notice(rsyslog: Rsyslog, scheme: str) -> None:
    with rsyslog.running():
        syslog = Syslog(rsyslog.places[scheme], DAEMON, 5)
        syslog.send(RAISED)
        syslog.send(DISMISSED)
        assert soon(lambda: len(rsyslog.messages) == 2)
    raised, dismissed = rsyslog.messages
    assert raised["msg"] == f"Alert: request rate - {ALERT.explanation}"
    assert (raised["syslogfacility"], raised["syslogseverity"], raised["pri"]) == ("3", "4", "28")
    assert (dismissed["msgid"], dismissed["syslogseverity"]) == ("DISMISSED", "5")
    assert raised["hostname"] == "web-1.example.com"
    assert raised["app-name"] == "http-monitor"
    assert raised["timereported"] == "2026-11-22T17:02:10.000Z"
    assert 'signal="request_rate"' in raised["structured-data"]
    assert raised["structured-data"].startswith(f'[notice@32473 id="{RAISED.identity}"')


@needs_rsyslog
def test_a_daemon_understands_the_format_of_the_local_socket_by_default(rsyslog: Rsyslog) -> None:
    with rsyslog.running():
        Syslog(rsyslog.places["bsd"], FACILITIES["local0"], 5).send(DISMISSED)
        assert soon(lambda: rsyslog.messages)
    (message,) = rsyslog.messages
    assert message["programname"] == "http-monitor"
    assert (message["syslogfacility"], message["syslogseverity"]) == ("16", "5")
    assert message["msg"] == f" {DISMISSED.headline} - {ALERT.explanation}"


@needs_rsyslog
@pytest.mark.parametrize("scheme", ["udp", "tcp", "unix"])
def test_a_recovered_daemon_gets_the_queued_notices_in_order(rsyslog: Rsyslog, scheme: str) -> None:
    worker = Worker(Syslog(rsyslog.places[scheme], DAEMON, 5), LIMITS, chance=lambda: 1.0)
    worker.tell(RAISED)
    worker.tell(DISMISSED)
    assert soon(worker.complaints)
    reason = "no such file or directory" if scheme == "unix" else "connection refused"
    assert worker.complaints()[0].startswith(f"syslog {rsyslog.places[scheme].title}: {reason}; tried ")
    with rsyslog.running():
        assert soon(lambda: len(rsyslog.messages) == 2)
    assert [message["msgid"] for message in rsyslog.messages] == ["RAISED", "DISMISSED"]
    assert worker.complaints() == []


def received(server: socket.socket, send: Callable[[], None]) -> bytes:
    """Return everything received on one connection."""
    parts: list[bytes] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            while part := connection.recv(65536):
                parts.append(part)

    thread = threading.Thread(target=serve)
    thread.start()
    send()
    thread.join()
    return b"".join(parts)


def test_over_tcp_the_message_is_counted_in_octets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        syslog = Syslog(Place("tcp", "127.0.0.1", server.getsockname()[1]), DAEMON, 5)
        frame = received(server, lambda: syslog.send(RAISED))
    length, _, message = frame.partition(b" ")
    assert int(length) == len(message)
    assert message.startswith(b"<28>1 2026-11-22T17:02:10.000Z web-1.example.com http-monitor ")


def test_over_tls_the_certificate_is_checked(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    trusting = authorities(certificates.authority, "notice_authorities")
    plain = socket.create_server(("127.0.0.1", 0))
    with certificates.server.wrap_socket(plain, server_side=True) as server:
        place = Place("tls", "localhost", server.getsockname()[1])
        frame = received(server, lambda: Syslog(place, DAEMON, 5, trusting).send(RAISED))
    length, _, message = frame.partition(b" ")
    assert int(length) == len(message) > 100


@pytest.mark.parametrize(
    ("host", "trusts", "words"),
    [
        ("localhost", False, "certificate rejected: unable to get local issuer certificate"),
        ("127.0.0.1", True, "certificate rejected: IP address mismatch"),
    ],
)
def test_a_wrong_certificate_is_rejected(tmp_path: Path, host: str, trusts: bool, words: str) -> None:
    certificates = Certificates(tmp_path)
    context = authorities(certificates.authority if trusts else "", "notice_authorities")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            with pytest.raises(Unavailable, match=f"^{words}"):
                Syslog(Place("tls", host, server.getsockname()[1]), DAEMON, 5, context).send(RAISED)

        thread = threading.Thread(target=refused, args=(server, certificates))
        thread.start()
        refuse()
        thread.join()


def refused(server: socket.socket, certificates: Certificates) -> None:
    connection, _ = server.accept()
    with connection, pytest.raises(ssl.SSLError):
        certificates.server.wrap_socket(connection, server_side=True)


def test_over_udp_and_the_local_socket_a_message_is_a_datagram(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as network,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local,
    ):
        network.bind(("127.0.0.1", 0))
        local.bind(str(tmp_path / "log"))
        Syslog(Place("udp", "127.0.0.1", network.getsockname()[1]), DAEMON, 5).send(RAISED)
        Syslog(Place("unix", path=str(tmp_path / "log")), DAEMON, 5).send(RAISED)
        assert network.recv(65536) == local.recv(65536) == syslog_message(RAISED, DAEMON, os.getpid())


def test_a_local_socket_that_is_a_stream_gets_messages_ended_by_nul(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "log"))
        server.listen()
        syslog = Syslog(Place("unix", path=str(tmp_path / "log")), DAEMON, 5)
        message = received(server, lambda: syslog.send(RAISED))
    assert message.startswith(b"<28>1 ")
    assert message.index(b"\0") == len(message) - 1


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_a_closed_port_is_reported(scheme: str) -> None:
    with pytest.raises(Unavailable, match=r"^connection refused$"):
        Syslog(Place(scheme, "127.0.0.1", free_port()), DAEMON, 5).send(RAISED)


def test_a_connection_that_is_never_accepted_times_out() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        syslog = Syslog(Place("tcp", "127.0.0.1", server.getsockname()[1]), DAEMON, 0.2)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        with pytest.raises(Unavailable, match=r"^timed out$"):
            syslog.send(RAISED)
        for filler in fillers:
            filler.close()
