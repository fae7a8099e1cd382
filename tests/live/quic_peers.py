"""Runs a QUIC server and its clients (aioquic) on loopback, which count the bytes that they send."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent, StreamDataReceived
from aioquic.quic.packet import QuicProtocolVersion

V1, V2 = QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2


class Visit(NamedTuple):
    """A connection of a client, on which it asks for so many bytes."""

    name: str
    size: int
    version: int = V1


class Moved(NamedTuple):
    """Connections, and bytes that were sent, by name of the server."""

    connections: Counter[str]
    down: Counter[str]
    up: Counter[str]


class Counting:
    """A transport that counts the bytes it sends, by port of the receiver."""

    def __init__(self, transport: Any) -> None:
        self.sent: Counter[int] = Counter()
        self._transport = transport

    def sendto(self, data: bytes, address: Any = None) -> None:
        self.sent[address[1]] += len(data)
        self._transport.sendto(data, address)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Server(QuicConnectionProtocol):
    """Answers a number with so many bytes."""

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, StreamDataReceived) and event.end_stream:
            self._quic.send_stream_data(event.stream_id, bytes(int(event.data)), end_stream=True)
            self.transmit()


class _Client(QuicConnectionProtocol):
    def connection_made(self, transport: Any) -> None:
        self.counting = Counting(transport)
        super().connection_made(self.counting)  # type: ignore[arg-type]  # in place of a transport


def visit(folder: Path, port: int, visits: Sequence[Visit]) -> Moved:
    """Serve these visits, one after the other. The server has each client start again with a Retry packet."""
    return asyncio.run(_visit(folder, port, visits))


async def _visit(folder: Path, port: int, visits: Sequence[Visit]) -> Moved:
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["test"])
    _certify(folder, configuration, {one.name for one in visits})
    server = await serve("127.0.0.1", port, configuration=configuration, create_protocol=_Server, retry=True)
    counting = Counting(server._transport)
    server._transport = counting  # type: ignore[assignment]  # in place of a transport
    moved = Moved(Counter(), Counter(), Counter())
    for one in visits:
        own_port, sent = await _fetch(folder, port, one)
        moved.connections[one.name] += 1
        moved.down[one.name] += counting.sent[own_port]
        moved.up[one.name] += sent
    server.close()
    return moved


def _certify(folder: Path, configuration: QuicConfiguration, names: set[str]) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued = authority.issue_cert(*names)
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "server.pem")
    configuration.load_cert_chain(folder / "server.pem", folder / "key.pem")


async def _fetch(folder: Path, port: int, one: Visit) -> tuple[int, int]:
    """Return the port of the client, and the bytes that it sent."""
    configuration = QuicConfiguration(alpn_protocols=["test"], server_name=one.name)
    configuration.original_version, configuration.supported_versions = one.version, [one.version]
    configuration.load_verify_locations(str(folder / "authority.pem"))
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=_Client) as client:
        reader, writer = await client.create_stream()
        writer.write(b"%d" % one.size)
        writer.write_eof()
        assert len(await reader.read()) == one.size
        assert isinstance(client, _Client)
        own_port: int = client.counting.get_extra_info("sockname")[1]
    await client.wait_closed()
    return own_port, client.counting.sent[port]
