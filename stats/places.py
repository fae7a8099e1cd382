"""Country, continent and network of an address. Everything is looked up locally.

Countries come from the package iptocc, which has the delegations of the Internet registries (where an address is
registered, for IPv4 and IPv6), or from the MaxMind file `country_database`. Networks come from the MaxMind file
`network_database`: GeoLite2-ASN, or any other file with the same fields.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final

from stats.continents import CONTINENTS
from stats.loading import StatisticError
from traffic.text import UNKNOWN

PRIVATE: Final = "(private)"
"""Addresses outside public networks: RFC 1918, RFC 4193, loopback, link-local and others (RFC 6890)."""
CACHED: Final = 8192
"""Number of addresses whose result is cached."""

Lookup = Callable[[str], str]
"""Returns the name of the place for an address."""


def countries(database: str = "") -> Lookup:
    """Return a look-up for country codes such as `DE` (ISO 3166-1 alpha-2), from a MaxMind file if one is given.

    Raises:
        StatisticError: the file cannot be read, or the package is missing.
    """
    if database:
        return _place(_of_file(database, _country), PRIVATE, UNKNOWN)
    try:
        from iptocc import country_code
    except ImportError:
        raise StatisticError(
            "countries need the package iptocc: pip install -r requirements-places.txt; or set"
            " country_database to a MaxMind file"
        ) from None
    return _place(country_code, PRIVATE, UNKNOWN)


def continents(database: str = "") -> Lookup:
    """Return a look-up for continents such as `Europe`.

    Raises:
        StatisticError: the file cannot be read, or the package is missing.
    """
    country = countries(database)

    def continent(address: str) -> str:
        code = country(address)
        return code if code.startswith("(") else CONTINENTS.get(code, UNKNOWN)

    return continent


def networks(database: str) -> Lookup:
    """Return a look-up for networks such as `AS15169 GOOGLE` (RFC 1930).

    Raises:
        StatisticError: no file is given, or it cannot be read.
    """
    if not database:
        raise StatisticError("networks need a MaxMind file: set network_database to a GeoLite2-ASN.mmdb")
    return _place(_of_file(database, _network), PRIVATE, UNKNOWN)


def _place(look: Callable[[str], str | None], private: str, unknown: str) -> Lookup:
    @lru_cache(maxsize=CACHED)
    def place(address: str) -> str:
        try:
            is_global = ip_address(address).is_global
        except ValueError:
            return unknown
        return (look(address) or unknown) if is_global else private

    return place


def _of_file(path: str, name_of: Callable[[Any], str | None]) -> Callable[[str], str | None]:
    try:
        import maxminddb
    except ImportError:
        raise StatisticError(f"{path} needs the package maxminddb: pip install -r requirements-places.txt") from None
    try:
        # It is read into memory, because root rights are dropped before the first look-up.
        reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
    except OSError as error:
        raise StatisticError(f"{path} cannot be read: {error.strerror}") from error
    except maxminddb.InvalidDatabaseError as error:
        raise StatisticError(f"{path} is not a MaxMind file") from error
    has_six = reader.metadata().ip_version == 6
    return lambda address: name_of(reader.get(address)) if has_six or ":" not in address else None


def _country(found: Any) -> str | None:
    """Return the country code from GeoLite2-Country and City, and from files that have it at the top level."""
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code if isinstance(code, str) else None


def _network(found: Any) -> str | None:
    if not isinstance(found, dict) or "autonomous_system_number" not in found:
        return None
    return f"AS{found['autonomous_system_number']} {found.get('autonomous_system_organization', '')}".rstrip()
