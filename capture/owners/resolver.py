"""Finds the owners of connections and of sockets that listen."""

import functools
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable
from typing import Final

from capture.owners.cgroups import ContainerId
from capture.owners.containers import Containers
from capture.owners.control_groups import ControlGroups
from capture.owners.networks import Network, Networks
from capture.owners.owner import Ends, Found, Listener, Listeners, Owner
from capture.owners.processes import Process, Processes
from capture.owners.sock_diag import LISTEN, Socket

MOST_ADDRESSES: Final = 3000
"""Maximum addresses of this host. If it has more, none are reported, so that all connections are asked for."""
MOST_LISTENERS: Final = 1000
"""Maximum sockets that listen. Connections to others are asked for one by one."""
SURVEY: Final = 5.0
"""Seconds between looks at all processes, if there are new ones."""
FORWARDERS: Final = frozenset(
    {"docker-proxy", "conmon", "rootlessport", "rootlesskit", "pasta", "slirp4netns", "kube-proxy"}
)
"""Processes that listen at the published ports of containers, to which the kernel sends most connections past them."""
_NO_NETWORK: Final = 2**32 - 1
_ANY: Final = ("0.0.0.0", "::")


class Resolver:
    """Knows the sockets of this host."""

    def __init__(
        self,
        networks: Networks,
        processes: Processes,
        containers: Containers,
        groups: ControlGroups,
        ports: Container[int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Only those that listen at `ports` are reported."""
        self._networks = networks
        self._processes = processes
        self._containers = containers
        self._groups = groups
        self._ports = ports
        self._clock = clock
        self._accepting: tuple[int, ...] = ()
        self._forwarding: frozenset[int] = frozenset()
        self._surveyed: tuple[frozenset[int], frozenset[int]] = frozenset(), frozenset()
        self._next_survey = 0.0

    def refresh(self) -> Listeners:
        """Look at the networks of this host; return who listens there."""
        numbers = frozenset(self._processes.numbers())
        self._networks.refresh(numbers)
        networks = self._networks.open
        found = [(network, one) for network in networks for one in network.listening() if one.local_port in self._ports]
        found = found[:MOST_LISTENERS]
        inodes = frozenset(one.inode for _, one in found)
        self._survey(inodes, numbers)
        holders = self._processes.holders(inodes)
        self._accepting = tuple({number for sharing in holders.values() for number in sharing if len(sharing) > 1})
        sockets = [(one, self._listeners(network, one, holders.get(one.inode, ()))) for network, one in found]
        self._forwarding = frozenset(one.inode for one, told in sockets if any(map(_forwards, told)))
        return Listeners(self._local(networks), tuple(one for _, told in sockets for one in told))

    def _survey(self, inodes: frozenset[int], numbers: frozenset[int]) -> None:
        """Find all holders of sockets that listen. Workers that start later hold them too, so look again at times."""
        now = self._clock()
        if inodes == self._surveyed[0] and (numbers == self._surveyed[1] or now < self._next_survey):
            return
        if self._processes.survey():
            self._surveyed, self._next_survey = (inodes, numbers), now + SURVEY

    def owners(self, asked: Iterable[Ends]) -> list[Found]:
        """Return the owners of connections, as far as they are known."""
        time = self._clock()
        sockets = {ends: one for ends in asked if (one := self._socket(ends)) is not None}
        served = any(one.local_port in self._ports for one in sockets.values())
        holders = self._processes.holders((one.inode for one in sockets.values()), self._accepting if served else ())
        owners = ((ends, self._told(one, holders.get(one.inode, ()))) for ends, one in sockets.items())
        return [Found(ends, time, owner) for ends, owner in owners if owner != Owner()]

    def _told(self, one: Socket, holders: tuple[int, ...]) -> Owner:
        """Return the owner of a connection. Of those who listen for it, not all may have been found."""
        owner = self._owner(one, holders)
        return owner._replace(process_id=None) if one.state == LISTEN else owner

    def _socket(self, ends: Ends) -> Socket | None:
        """Return the socket of a connection on this host: that of the server, if it is here, else of the client.

        Who listens is an answer only if the addresses are translated; otherwise it is reported apart.
        """
        found = self._server(ends) or (None if self._is_served(ends) else self._client(ends))
        if found is not None and found.inode not in self._forwarding:
            return found if found.state != LISTEN else None
        translated = self._networks.translated(ends)
        if translated is None:
            return None
        return self._server(translated.server_side) or self._client(translated.client_side)

    def _is_served(self, ends: Ends) -> bool:
        return any(network.has(ends.server) for network in self._networks.open)

    def _server(self, ends: Ends) -> Socket | None:
        """Return the socket of the server, or the one that listens for it."""
        return self._local_socket((ends.server, ends.server_port), (ends.client, ends.client_port))

    def _client(self, ends: Ends) -> Socket | None:
        found = self._local_socket((ends.client, ends.client_port), (ends.server, ends.server_port))
        return found if found is not None and found.state != LISTEN else None

    def _local_socket(self, local: tuple[str, int], remote: tuple[str, int]) -> Socket | None:
        sockets = (one.connected(local, remote) for one in self._networks.open if one.has(local[0]))
        held = [one for one in sockets if one is not None and one.inode]
        return min(held, key=lambda one: one.state == LISTEN, default=None)

    def _owner(self, one: Socket, holders: tuple[int, ...]) -> Owner:
        """Return the owner of a socket; its process is unknown if nobody was found to hold it."""
        processes = [found for number in sorted(holders) if (found := self._processes.process(number))]
        if not processes:
            return self._unheld(one)
        # A service manager that opens the sockets of its services holds them too.
        serving = [process for process in processes if process.number > 1] or processes
        owner = self._described(serving[0])
        return owner if len(serving) == 1 else _common(owner, [self._described(process) for process in serving])

    def _unheld(self, one: Socket) -> Owner:
        """Return what the kernel tells of a socket without its process."""
        container = self._groups.container(one.cgroup)
        if container is None:
            return Owner(user=user_name(one.user))
        return self._contained(Owner(), container, "")

    def _described(self, process: Process) -> Owner:
        container = process.container
        if container is None:
            return Owner(process.name, process.number, user_name(process.user))
        # A container has its own list of users, so a number is all that is certain.
        user = "root" if process.user == 0 else str(process.user)
        return self._contained(Owner(process.name, process.number, user), container, home_of(process.user))

    def _contained(self, owner: Owner, container: ContainerId, home: str) -> Owner:
        names = self._containers.names(container, home)
        return owner._replace(
            container=names.name,
            container_id=container.id if container.is_numbered else "",
            container_image=names.image,
            pod=names.pod or container.pod,
        )

    def _listeners(self, network: Network, one: Socket, holders: tuple[int, ...]) -> list[Listener]:
        owner = self._owner(one, holders)
        if owner == Owner():
            return []
        addresses = _ANY if one.dual and one.local == "::" else (one.local,)
        shared = (owner.process_id is None and bool(owner.process)) or owner.process in FORWARDERS
        return [Listener(network.number, address, one.local_port, shared, owner) for address in addresses]

    def _local(self, networks: Iterable[Network]) -> tuple[tuple[str, int], ...]:
        """Return the addresses of this host. One that several networks have belongs to ours, or else to none."""
        networks = tuple(networks)
        own = next((network.addresses for network in networks if network.number == 0), frozenset[str]())
        times = Counter(address for network in networks for address in network.addresses)
        found = (
            (address, network.number if times[address] == 1 or network.number == 0 else _NO_NETWORK)
            for network in networks
            for address in sorted(network.addresses)
            if network.number == 0 or address not in own
        )
        local = tuple(dict(found).items())
        return local if len(local) <= MOST_ADDRESSES else ()


def _forwards(listener: Listener) -> bool:
    return listener.owner.process in FORWARDERS


def _common(first: Owner, owners: Iterable[Owner]) -> Owner:
    """Return what the processes that share a socket have in common; all have the name of the first."""
    owners = tuple(owners)
    same = {
        field: getattr(first, field) if len({getattr(one, field) for one in owners}) == 1 else ""
        for field in Owner._fields
        if field not in ("process", "process_id")
    }
    return Owner(process=first.process, process_id=None, **same)


@functools.lru_cache(maxsize=1000)
def user_name(number: int) -> str:
    """Return the name of a user; its number if it has none."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


@functools.lru_cache(maxsize=1000)
def home_of(number: int) -> str:
    """Return the home folder of a user; empty if it has none."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_dir
    except KeyError:
        return ""
