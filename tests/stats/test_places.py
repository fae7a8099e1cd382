"""Countries, continents and networks of clients."""

import sys
from pathlib import Path
from typing import Any

import pytest
from records import exchange, request

from stats.continents import CONTINENTS
from stats.loading import StatisticError, load
from stats.places import continents, countries
from store.store import Store
from traffic.batch import RecordBatch

pytest.importorskip("iptocc", reason="the packages of requirements-places.txt are not there")
pytest.importorskip("maxminddb", reason="the packages of requirements-places.txt are not there")

REQUEST = request(client="8.8.8.8")
EXCHANGE = exchange(REQUEST, request_bytes=300)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a MaxMind file with countries and networks."""
    writer = pytest.importorskip("mmdb_writer")
    netaddr = pytest.importorskip("netaddr")
    tree = writer.MMDBWriter(4, "Test", languages=["en"])
    google = {
        "autonomous_system_number": 15169,
        "autonomous_system_organization": "GOOGLE",
        "country": {"iso_code": "CH"},
    }
    tree.insert_network(netaddr.IPSet(["8.8.8.0/24"]), google)
    tree.insert_network(netaddr.IPSet(["9.9.9.0/24"]), {"country": "FR"})
    path = tmp_path_factory.mktemp("places") / "test.mmdb"
    tree.to_db_file(str(path))
    return str(path)


@pytest.mark.parametrize(
    ("address", "country", "continent"),
    [
        ("8.8.8.8", "US", "North America"),
        ("2a01:4f8::1", "DE", "Europe"),
        ("240e::1", "CN", "Asia"),
        ("10.0.0.1", "(private)", "(private)"),
        ("::1", "(private)", "(private)"),
        ("fe80::1", "(private)", "(private)"),
        ("2c0f:ffff::1", "(unknown)", "(unknown)"),
        ("no address", "(unknown)", "(unknown)"),
    ],
)
def test_where_an_address_is_registered(address: str, country: str, continent: str) -> None:
    assert (countries()(address), continents()(address)) == (country, continent)


def test_every_country_is_in_one_of_seven_continents() -> None:
    assert len(set(CONTINENTS.values())) == 7
    assert len(CONTINENTS) == 250


def volumes(name: str, *records: Any, **settings: object) -> dict[str, float]:
    store = Store(load([name], settings), 10, 60, 100)
    store.add(RecordBatch(records))
    assert not store.failures
    return {row.key: row.window.bytes or row.window.count for row in store.top(name, 100).rows}


@pytest.mark.parametrize(
    ("name", "key", "amount"),
    [
        ("uploaded_per_country", "US", 300),
        ("downloaded_per_country", "US", 5000),
        ("uploaded_per_continent", "North America", 300),
        ("downloaded_per_continent", "North America", 5000),
        ("uploaded_per_network", "AS15169 GOOGLE", 300),
        ("downloaded_per_network", "AS15169 GOOGLE", 5000),
    ],
)
def test_volumes_add_up_by_the_clients_place(name: str, key: str, amount: int, database: str) -> None:
    private = EXCHANGE._replace(client="192.168.1.1", request_bytes=1, response_bytes=2)
    none = EXCHANGE._replace(request_bytes=0, response_bytes=0)
    found = volumes(name, EXCHANGE, EXCHANGE, private, none, network_database=database)
    assert found == {key: 2 * amount, "(private)": 1 if amount == 300 else 2}


def test_a_database_file_takes_precedence_over_the_package(database: str) -> None:
    clients = ("8.8.8.8", "9.9.9.9", "1.1.1.1", "2a01:4f8::1")  # the file has no IPv6
    records = [REQUEST._replace(client=client) for client in clients]
    found = volumes("top_countries", *records, country_database=database)
    assert found == {"CH": 1, "FR": 1, "(unknown)": 2}


@pytest.mark.parametrize("content", [None, b"no database"])
def test_an_invalid_database_file_is_reported(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "GeoLite2-ASN.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        StatisticError, match=r"GeoLite2-ASN\.mmdb (cannot be read: No such file|is not a MaxMind file)"
    ):
        load(["uploaded_per_network"], {"network_database": str(path)})


def test_networks_need_a_file() -> None:
    with pytest.raises(StatisticError, match=r"set network_database to a GeoLite2-ASN\.mmdb"):
        load(["uploaded_per_network"])


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iptocc", None)
    with pytest.raises(StatisticError, match=r"pip install -r requirements-places\.txt"):
        load(["top_countries"])
