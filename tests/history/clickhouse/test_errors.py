"""What goes wrong between us and ClickHouse, as one line that names the fix."""

import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme
from clickhouse_server import AddressOf
from sensor_records import ALERT, bucket, record

from history.address import StoreAddress
from history.clickhouse import connect
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.door import Column
from history.clickhouse.errors import refusal
from history.clickhouse.reading import ClickhouseFleet
from history.clickhouse.schema import Place
from history.clickhouse.target import ClickhouseTarget
from history.record import StoreError
from store.sums import Sums


def complaint(address: StoreAddress, secret: str = "") -> str:
    """Return what is said when the server is asked for something."""
    with closing(ConnectDoor(address, secret)) as door, pytest.raises(StoreError) as caught:
        door.query("SELECT 1")
    text = str(caught.value)
    assert (caught.value.refused, "\n" in text) == (False, False)
    assert text.startswith(f"{address}: ")
    return text.removeprefix(f"{address}: ")


def test_a_wrong_password_is_named(address_of: AddressOf) -> None:
    assert complaint(address_of("sensor"), "wrong").startswith("wrong user, password or certificate; see password_file")


def test_missing_tables_are_made_by_store_init(address_of: AddressOf, door: ConnectDoor) -> None:
    target = ClickhouseTarget(address_of("sensor"), "let me in")
    with closing(target), pytest.raises(StoreError, match=r"run: exercise.py store init --store URL") as caught:
        target.send([record(1, bucket(1000, shop={"/a": Sums(1)}))])
    assert not caught.value.refused


def test_who_may_only_read_cannot_send(address_of: AddressOf, place: Place) -> None:
    target = ClickhouseTarget(address_of("reader"), "read only")
    with closing(target), pytest.raises(StoreError, match=r"the user lacks a right; see exercise.py store users"):
        target.send([record(1, bucket(1000, shop={"/a": Sums(1)}))])


def test_a_reader_does_not_write(address_of: AddressOf, place: Place) -> None:
    fleet = ClickhouseFleet(address_of("reader"), "read only")
    with closing(fleet), pytest.raises(StoreError, match="only read here"):
        fleet.write_alert(ALERT)


def test_values_that_no_column_can_hold_are_refused_for_good(door: ConnectDoor, place: Place) -> None:
    with pytest.raises(StoreError, match="records cannot be stored") as caught:
        door.insert(place.table("buckets"), [Column("count", "UInt64")], [[2**64]])
    assert caught.value.refused
    assert door.query("SELECT 1") == [[1]]


def test_an_unknown_error_is_told_in_one_short_line() -> None:
    address = StoreAddress("clickhouse", "db", 8443, "web-1", "web")
    text = str(refusal(address, 999, "Code: 999.\n\x1b[31m" + "x" * 500))
    assert text.startswith("clickhouse://web-1@db:8443/web: error 999: Code: 999. [31mxxx")
    assert len(text) < 300


def test_a_server_that_is_too_old(address_of: AddressOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "OLDEST", (99, 1))
    assert complaint(address_of("default")).endswith("is too old; 24.3 or later is needed")


def test_a_server_that_is_something_else() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = StoreAddress("clickhouse", "127.0.0.1", server.server_address[1], "default", "web", tls=False)
        assert complaint(address).startswith("no answer from ClickHouse: HTTP driver received HTTP status 501")
        server.shutdown()


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    with pytest.raises(StoreError, match=r"run: pip install -r requirements-clickhouse\.txt"):
        ConnectDoor(StoreAddress("clickhouse", "db"), "")


def test_a_server_that_does_not_listen() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = StoreAddress("clickhouse", "127.0.0.1", unused.getsockname()[1], "default", "web", tls=False)
    assert complaint(address) == "connection refused; is the server up, and the port right?"


def test_a_host_that_is_not_known() -> None:
    assert complaint(StoreAddress("clickhouse", "nowhere.invalid", 8443, "default", "web")) == "host not found"


class Tls:
    """A server that ends TLS, demands client certificates, and passes everything on."""

    def __init__(self, port: int, folder: Path) -> None:
        self.authority, self.stranger = trustme.CA(), trustme.CA()
        self.folder = folder
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert("localhost").configure_cert(context)
        self.authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # with 1.3, a refusal comes later, and may be lost
        self._context, self._to = context, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def address(self, authority: trustme.CA, client: trustme.CA | None, host: str = "localhost") -> StoreAddress:
        ca, cert, key = (str(self.folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
        authority.cert_pem.write_to_path(ca)
        own = (client or authority).issue_cert("sensor")
        own.private_key_pem.write_to_path(key)
        own.cert_chain_pems[0].write_to_path(cert)
        port = self.listener.getsockname()[1]
        address = StoreAddress("clickhouse", host, port, "sensor", "web", ca=ca)
        return address if client is None else replace(address, cert=cert, key=key)

    def _serve(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._pass_on, args=(connection,), daemon=True).start()

    def _pass_on(self, connection: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(connection, server_side=True) as inside,
            socket.create_connection(("127.0.0.1", self._to)) as outside,
        ):
            threading.Thread(target=_copy, args=(outside, inside), daemon=True).start()
            _copy(inside, outside)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while block := one.recv(65536):
            other.sendall(block)


@pytest.fixture
def tls(clickhouse: int, tmp_path: Path) -> Iterator[Tls]:
    server = Tls(clickhouse, tmp_path)
    yield server
    server.listener.close()


def test_a_client_with_a_certificate_is_served(tls: Tls) -> None:
    with closing(ConnectDoor(tls.address(tls.authority, tls.authority), "let me in")) as door:
        assert door.query("SELECT 'by TLS'") == [["by TLS"]]


def test_a_server_is_not_trusted_blindly(tls: Tls) -> None:
    assert complaint(tls.address(tls.stranger, tls.authority), "let me in").startswith("its certificate is not trusted")


def test_a_certificate_for_another_name_is_not_accepted(tls: Tls) -> None:
    address = tls.address(tls.authority, tls.authority, "127.0.0.1")
    assert complaint(address, "let me in").startswith("its certificate is for another name")


def test_a_client_without_a_certificate_is_told_so(tls: Tls) -> None:
    assert complaint(tls.address(tls.authority, None), "let me in").startswith("it wants a certificate")


def test_a_certificate_that_the_server_does_not_trust(tls: Tls) -> None:
    assert complaint(tls.address(tls.authority, tls.stranger), "let me in").startswith(
        "it does not trust our certificate"
    )


def test_tls_to_a_port_without_it(clickhouse: int) -> None:
    address = StoreAddress("clickhouse", "127.0.0.1", clickhouse, "default", "web")
    assert complaint(address).startswith("no TLS at this port")


def test_certificates_that_cannot_be_read(tls: Tls) -> None:
    address = replace(tls.address(tls.authority, None), ca="/nowhere/ca.pem")
    assert complaint(address, "let me in").startswith("cannot read a file of ca=, cert= or key=")
