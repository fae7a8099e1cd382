"""Which of the sockets of a host is that of a connection, and who owns it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capture.owners.cgroups import ContainerId
from capture.owners.conntrack import Translated
from capture.owners.containers import Containers
from capture.owners.owner import Ends, Found, Listener, Listeners, Owner
from capture.owners.processes import Process
from capture.owners.resolver import Resolver, user_name
from capture.owners.sock_diag import LISTEN, Socket
from capture.ports import parse_ports

ID = "9f2c" * 16
HOST, WEB, FAR = "10.0.0.1", "172.17.0.2", "192.0.2.9"
NOW = 1000.5


def listening(address: str, port: int, inode: int, *, dual: bool = False) -> Socket:
    return Socket(LISTEN, address, port, "::" if dual else "0.0.0.0", 0, 0, inode, 0, dual)


def connected(
    local: str, port: int, remote: str, remote_port: int, inode: int, user: int = 0, group: int = 0
) -> Socket:
    return Socket(1, local, port, remote, remote_port, user, inode, group, False)


class Net:
    """A network with these sockets, which the kernel would find as it does."""

    def __init__(self, number: int, addresses: set[str], sockets: list[Socket]) -> None:
        self.number = number
        self.addresses = frozenset(addresses)
        self.sockets = sockets

    def has(self, address: str) -> bool:
        return address in self.addresses

    def listening(self) -> list[Socket]:
        return [one for one in self.sockets if one.state == LISTEN]

    def connected(self, local: tuple[str, int], remote: tuple[str, int]) -> Socket | None:
        for one in self.sockets:
            if (one.local, one.local_port, one.remote, one.remote_port) == (*local, *remote):
                return one
        return next((one for one in self.listening() if one.local_port == local[1]), None)


class Host:
    """A host with networks and processes."""

    def __init__(self, *networks: Net) -> None:
        self.networks = networks
        self.held: dict[int, tuple[int, ...]] = {}
        self.processes: dict[int, Process] = {}
        self.groups: dict[int, ContainerId] = {}
        self.translated: dict[Ends, Translated] = {}
        self.surveys = 0

    def process(self, number: int, name: str, *inodes: int, user: int = 0, container: str = "") -> None:
        self.processes[number] = Process(number, name, user, ContainerId(container) if container else None)
        for inode in inodes:
            self.held[inode] = (*self.held.get(inode, ()), number)

    def survey(self) -> bool:
        self.surveys += 1
        return True

    def resolver(self, root: Path) -> Resolver:
        networks: Any = SimpleNamespace(
            open=self.networks, refresh=lambda numbers: None, translated=self.translated.get
        )
        processes: Any = SimpleNamespace(
            numbers=lambda: sorted(self.processes),
            survey=self.survey,
            holders=lambda inodes, first=(): {one: self.held[one] for one in inodes if one in self.held},
            process=self.processes.get,
        )
        groups: Any = SimpleNamespace(container=self.groups.get)
        return Resolver(networks, processes, Containers(root), groups, parse_ports("80,8080"), lambda: NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def owner_of(host: Host, root: Path, ends: Ends) -> Owner | None:
    found = host.resolver(root).owners([ends])
    assert [(one.ends, one.time) for one in found] in ([], [(ends, NOW)])
    return found[0].owner if found else None


INBOUND = Ends(FAR, 5000, HOST, 80)
OUTBOUND = Ends(HOST, 5000, FAR, 80)


def test_a_client_is_found(root: Path) -> None:
    host = Host(Net(0, {HOST}, [connected(HOST, 5000, FAR, 80, 7)]))
    host.process(44, "curl", 7)
    assert owner_of(host, root, OUTBOUND) == Owner("curl", 44, user_name(0))


def test_a_server_is_found_by_the_connection_that_it_accepted(root: Path) -> None:
    host = Host(Net(0, {HOST}, [listening("0.0.0.0", 80, 1), connected(HOST, 80, FAR, 5000, 8)]))
    host.process(10, "nginx", 1)
    host.process(11, "nginx", 1, 8, user=33)
    assert owner_of(host, root, INBOUND) == Owner("nginx", 11, user_name(33))


def test_a_connection_that_nobody_has_accepted_is_no_answer(root: Path) -> None:
    host = Host(Net(0, {HOST}, [listening("0.0.0.0", 80, 1), connected(HOST, 80, FAR, 5000, 0)]))
    host.process(10, "nginx", 1)
    assert owner_of(host, root, INBOUND) is None, "who listens is reported apart"


def test_with_both_ends_here_the_server_owns_the_connection(root: Path) -> None:
    ends = Ends(HOST, 5000, HOST, 80)
    sockets = [connected(HOST, 80, HOST, 5000, 8), connected(HOST, 5000, HOST, 80, 7), listening("0.0.0.0", 80, 1)]
    host = Host(Net(0, {HOST}, sockets))
    host.process(10, "nginx", 1, 8)
    host.process(44, "curl", 7)
    found = owner_of(host, root, ends)
    assert found is not None
    assert found.process == "nginx"
    host.networks[0].sockets.pop(0)
    assert owner_of(host, root, ends) is None, "never the client in place of the server"


def test_the_client_counts_if_the_network_of_the_server_is_not_followed(root: Path) -> None:
    host = Host(Net(0, {HOST}, [connected(HOST, 5000, WEB, 80, 7)]))
    host.process(44, "curl", 7)
    found = owner_of(host, root, Ends(HOST, 5000, WEB, 80))
    assert found is not None
    assert found.process == "curl"


def test_a_server_in_the_network_of_a_container_is_found(root: Path) -> None:
    host = Host(Net(0, {HOST}, []), Net(3, {WEB}, [connected(WEB, 80, FAR, 5000, 8)]))
    host.process(11, "nginx", 8, user=101, container=ID)
    assert owner_of(host, root, Ends(FAR, 5000, WEB, 80)) == Owner("nginx", 11, "101", ID[:12], ID)


def test_without_a_process_user_and_container_may_be_known(root: Path) -> None:
    host = Host(Net(0, {HOST}, [connected(HOST, 5000, FAR, 80, 7, user=33, group=5)]))
    assert owner_of(host, root, OUTBOUND) == Owner(user=user_name(33))
    host.groups[5] = ContainerId(ID)
    assert owner_of(host, root, OUTBOUND) == Owner(container=ID[:12], container_id=ID)


def test_connections_of_others_have_no_owner(root: Path) -> None:
    host = Host(Net(0, {HOST}, [connected(HOST, 5000, FAR, 80, 7)]))
    assert owner_of(host, root, Ends(FAR, 1, "192.0.2.10", 80)) is None


def test_a_published_port_belongs_to_the_container(root: Path) -> None:
    host = Host(
        Net(0, {HOST}, [listening("0.0.0.0", 80, 1)]),
        Net(3, {WEB}, [listening("0.0.0.0", 8000, 2), connected(WEB, 8000, FAR, 5000, 8)]),
    )
    host.process(9, "docker-proxy", 1)
    host.process(11, "nginx", 2, container=ID)
    host.process(12, "nginx", 2, 8, container=ID)
    resolver = host.resolver(root)
    (proxy,) = resolver.refresh().sockets
    assert (proxy.owner.process, proxy.shared) == ("docker-proxy", True), "each connection is asked for"
    assert resolver.owners([INBOUND]) == [], "the kernel does not translate it"
    host.translated[INBOUND] = Translated(INBOUND, Ends(FAR, 5000, WEB, 8000))
    assert [one.owner for one in resolver.owners([INBOUND])] == [Owner("nginx", 12, "root", ID[:12], ID)]
    host.networks[1].sockets.pop()
    (found,) = resolver.owners([INBOUND])
    assert (found.owner.process, found.owner.process_id) == ("nginx", None), "it is over, but its server is known"


def test_a_port_that_nobody_here_serves_may_be_that_of_a_container(root: Path) -> None:
    host = Host(Net(0, {HOST}, []), Net(3, {WEB}, [connected(WEB, 8000, FAR, 5000, 8)]))
    host.process(12, "nginx", 8, container=ID)
    host.translated[INBOUND] = Translated(INBOUND, Ends(FAR, 5000, WEB, 8000))
    assert owner_of(host, root, INBOUND) == Owner("nginx", 12, "root", ID[:12], ID)


def test_a_server_that_is_here_is_not_looked_for_behind_translation(root: Path) -> None:
    host = Host(Net(0, {HOST}, [listening("0.0.0.0", 80, 1)]))
    host.process(10, "nginx", 1)
    resolver = host.resolver(root)
    resolver.refresh()
    host.translated[INBOUND] = Translated(INBOUND, Ends(FAR, 5000, WEB, 8000))
    assert resolver.owners([INBOUND]) == []


def test_a_client_in_a_container_is_found_behind_the_address_of_the_host(root: Path) -> None:
    host = Host(Net(0, {HOST}, []), Net(3, {WEB}, [connected(WEB, 4000, FAR, 80, 7)]))
    host.process(44, "curl", 7, container=ID)
    host.translated[OUTBOUND] = Translated(Ends(WEB, 4000, FAR, 80), OUTBOUND)
    assert owner_of(host, root, OUTBOUND) == Owner("curl", 44, "root", ID[:12], ID)


def listeners(host: Host, root: Path) -> Listeners:
    return host.resolver(root).refresh()


def test_those_who_listen_at_the_monitored_ports_are_reported(root: Path) -> None:
    sockets = [listening("0.0.0.0", 80, 1), listening("::", 8080, 2, dual=True), listening("0.0.0.0", 22, 3)]
    host = Host(Net(0, {HOST}, sockets))
    host.process(10, "nginx", 1)
    host.process(20, "java", 2, 3)
    web, java = Owner("nginx", 10, user_name(0)), Owner("java", 20, user_name(0))
    assert listeners(host, root) == Listeners(
        ((HOST, 0),),
        (
            Listener(0, "0.0.0.0", 80, False, web),
            Listener(0, "0.0.0.0", 8080, False, java),
            Listener(0, "::", 8080, False, java),
        ),
    )


def test_processes_that_share_a_socket_are_one_owner_without_a_number(root: Path) -> None:
    host = Host(Net(0, {HOST}, [listening("0.0.0.0", 80, 1)]))
    host.process(10, "nginx", 1)
    host.process(11, "nginx", 1, user=33)
    host.process(12, "nginx", 1, user=33)
    (found,) = listeners(host, root).sockets
    assert found == Listener(0, "0.0.0.0", 80, True, Owner("nginx"))


def test_a_service_manager_that_holds_the_sockets_of_a_service_does_not_own_them(root: Path) -> None:
    host = Host(Net(0, {HOST}, [listening("0.0.0.0", 80, 1)]))
    host.process(1, "systemd", 1)
    host.process(50, "app", 1)
    (found,) = listeners(host, root).sockets
    assert (found.owner.process, found.owner.process_id, found.shared) == ("app", 50, False)


def test_an_address_of_several_networks_is_ours_or_nobodys(root: Path) -> None:
    networks = [Net(0, {HOST, "127.0.0.1"}, []), Net(1, {WEB, "127.0.0.1"}, []), Net(2, {WEB, FAR}, [])]
    assert dict(listeners(Host(*networks), root).local) == {HOST: 0, "127.0.0.1": 0, WEB: 2**32 - 1, FAR: 2}


def test_holders_are_surveyed_only_when_something_has_changed(root: Path) -> None:
    host = Host(Net(0, {HOST}, [listening("0.0.0.0", 80, 1)]))
    host.process(10, "nginx", 1)
    resolver = host.resolver(root)
    resolver.refresh()
    resolver.refresh()
    assert host.surveys == 1
    host.networks[0].sockets.append(listening("0.0.0.0", 8080, 2))
    resolver.refresh()
    assert host.surveys == 2


def test_found_owners_come_with_their_connections(root: Path) -> None:
    host = Host(Net(0, {HOST}, [connected(HOST, 5000, FAR, 80, 7), connected(HOST, 5001, FAR, 80, 9)]))
    host.process(44, "curl", 7)
    other = OUTBOUND._replace(client_port=5001)
    found = host.resolver(root).owners([OUTBOUND, other, INBOUND])
    assert found == [
        Found(OUTBOUND, NOW, Owner("curl", 44, user_name(0))),
        Found(other, NOW, Owner(user=user_name(0))),
    ]
