"""A ClickHouse cluster on this host: two replicas of one shard, and ZooKeeper, as plain processes on free ports.

It needs Debian's packages clickhouse-server (18.16) and zookeeper; nothing of them is run as a service. All files are
in one folder.
"""

import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from bench.measure import CommandError
from bench.network import wait

CLUSTER: Final = "pair"
"""Name of the cluster, for the statements."""
HOST: Final = "127.0.0.1"
PORTS: Final = range(20_000, 32_000)
"""Ports to choose from, below those of outgoing connections."""
SESSION: Final = 3
"""Seconds until ZooKeeper forgets a client that was killed. Until then the client's successor cannot write."""
ZOOKEEPER_JARS: Final = Path("/usr/share/java/zookeeper.jar")
SERVER: Final = "clickhouse-server"

_ZOOKEEPER: Final = """
dataDir={folder}/data
clientPortAddress={host}
clientPort={port}
tickTime=500
minSessionTimeout=1000
admin.enableServer=false
"""
_SERVER: Final = """
<yandex>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <http_port>{http}</http_port>
  <tcp_port>{native}</tcp_port>
  <interserver_http_port>{between}</interserver_http_port>
  <interserver_http_host>{host}</interserver_http_host>
  <listen_host>{host}</listen_host>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
  <mark_cache_size>268435456</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <zookeeper>
    <node><host>{host}</host><port>{zookeeper}</port></node>
    <session_timeout_ms>{session}</session_timeout_ms>
  </zookeeper>
  <macros><shard>1</shard><replica>{name}</replica></macros>
  <remote_servers>
    <{cluster}><shard><internal_replication>true</internal_replication>{replicas}</shard></{cluster}>
  </remote_servers>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
</yandex>
"""
_REPLICA: Final = "<replica><host>{host}</host><port>{port}</port></replica>"
_USERS: Final = """
<yandex>
  <profiles>
    <default>
      <max_memory_usage>4000000000</max_memory_usage>
      <load_balancing>in_order</load_balancing>
    </default>
  </profiles>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </default>
  </users>
  <quotas><default></default></quotas>
</yandex>
"""


def why_not() -> str | None:
    """Return why no cluster can run here; None if one can."""
    if program() is None:
        return "clickhouse-server is not installed"
    if not ZOOKEEPER_JARS.exists():
        return "zookeeper is not installed"
    return None if shutil.which("java") else "java is not installed"


def program() -> str | None:
    """Return the path of the server, which is in /usr/sbin."""
    return shutil.which(SERVER) or shutil.which(SERVER, path="/usr/sbin:/usr/local/sbin")


class Process:
    """A program that can be killed and started again."""

    def __init__(self, command: list[str], folder: Path, port: int) -> None:
        """`port` is where it is asked whether it has started."""
        self.folder = folder
        self.port = port
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._running is not None
        return self._running.pid

    @property
    def runs(self) -> bool:
        """Whether it is running."""
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Start it, and wait until it accepts connections.

        Raises:
            CommandError: it ended, or took too long.
        """
        with (self.folder / "output").open("ab") as output:
            self._running = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder
            )
        wait(lambda: not self.runs or self.answers(), f"{self._command[0]} to start", seconds=60)
        if not self.runs:
            text = (self.folder / "output").read_text(errors="replace")
            raise CommandError(f"{self._command[0]} ended with {self._running.returncode}: {text[-500:]}")

    def answers(self) -> bool:
        """Return whether it serves clients."""
        return bool(_said(self.port, b"GET /ping HTTP/1.0\r\n\r\n"))

    def kill(self) -> None:
        """End it as a failing host would: at once."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stop it without closing its connections, as a network that drops everything would."""
        assert self._running is not None
        self._running.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on after `pause`."""
        assert self._running is not None
        self._running.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._running is not None and self.runs:
            self._running.send_signal(number)
            self._running.wait(timeout=30)


class ZooKeeper(Process):
    """The one server of ZooKeeper."""

    def answers(self) -> bool:
        """It accepts connections before it serves them."""
        return b"Mode: standalone" in _said(self.port, b"srvr")


class Replica(Process):
    """One of the two servers."""

    def __init__(self, folder: Path, native: int, http: int) -> None:
        super().__init__([program() or SERVER, f"--config-file={folder}/config.xml"], folder, http)
        self.native = native
        """Port of the native protocol, for clickhouse-driver."""
        self.http = http


class Cluster:
    """ZooKeeper and two servers. `start` starts all of them."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(7)
        self.zookeeper = _zookeeper(folder / "zookeeper", ports[0])
        pairs = list(zip(ports[1::3], ports[2::3], ports[3::3], strict=True))
        members = "".join(_REPLICA.format(host=HOST, port=native) for native, _, _ in pairs)
        self.replicas = [
            _replica(folder / f"replica{number}", ports[0], each, members) for number, each in enumerate(pairs, 1)
        ]

    def start(self) -> None:
        """Start ZooKeeper, then the servers."""
        self.zookeeper.start()
        for replica in self.replicas:
            replica.start()

    def stop(self) -> None:
        """Kill all of them: their files are removed anyway."""
        for each in (*self.replicas, self.zookeeper):
            each.kill()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Provide a running cluster until the end of the block."""
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def free_ports(number: int) -> list[int]:
    """Return ports that are free now, all different.

    The system gives none of PORTS to connections, so they are still free when a killed server starts again.
    """
    candidates = random.sample(PORTS, 50 * number)
    return list(islice((port for port in candidates if _is_free(port)), number))


def _zookeeper(folder: Path, port: int) -> ZooKeeper:
    folder.mkdir(parents=True)
    settings = folder / "zoo.cfg"
    settings.write_text(_ZOOKEEPER.format(folder=folder, host=HOST, port=port))
    logging = "-Dzookeeper.root.logger=WARN,CONSOLE"
    heap = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # two cores are shared with the servers
    main = "org.apache.zookeeper.server.ZooKeeperServerMain"
    return ZooKeeper(["java", *heap, logging, "-cp", str(ZOOKEEPER_JARS), main, str(settings)], folder, port)


def _replica(folder: Path, zookeeper: int, ports: tuple[int, int, int], members: str) -> Replica:
    native, http, between = ports
    folder.mkdir(parents=True)
    (folder / "users.xml").write_text(_USERS)
    configuration = _SERVER.format(
        folder=folder, host=HOST, name=folder.name, cluster=CLUSTER, replicas=members, zookeeper=zookeeper,
        native=native, http=http, between=between, session=SESSION * 1000,
    )  # fmt: skip
    (folder / "config.xml").write_text(configuration)
    return Replica(folder, native, http)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _said(port: int, words: bytes) -> bytes:
    """Return what a port answers before it closes the connection; nothing if it is closed."""
    try:
        with socket.create_connection((HOST, port), timeout=5) as probe:
            probe.sendall(words)
            return b"".join(iter(lambda: probe.recv(4096), b""))
    except OSError:
        return b""
