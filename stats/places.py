"""Where an address is: its country, its continent, its network. Nothing is asked of anybody on the way.

Countries come from the package iptocc, which holds the delegations of the Internet registries (where an address is
registered, for IPv4 and IPv6), or from the MaxMind file that `country_database` names. Networks come from the one that
`network_database` names: GeoLite2-ASN, or what else has the same fields.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final

from stats.continents import CONTINENTS
from stats.loading import StatisticError

UNKNOWN: Final = "(unknown)"
PRIVATE: Final = "(private)"
"""Addresses that are in no public network: RFC 1918, RFC 4193, loopback, link-local and the like (RFC 6890)."""
REMEMBERED: Final = 8192
"""Addresses whose place is not looked up again."""

Place = Callable[[str], str]
"""From an address as text to the name of a place."""


def countries(database: str = "") -> Place:
    """Codes of countries, as `DE` (ISO 3166-1 alpha-2); from a MaxMind file, if one is named.

    Raises:
        StatisticError: there is no such file, or the package for it is missing.
    """
    if database:
        return _place(_of_file(database, _country), PRIVATE, UNKNOWN)
    try:
        from iptocc import country_code
    except ImportError:
        raise StatisticError(
            "countries need the package iptocc: pip install -r requirements-places.txt; or name a MaxMind file"
            " in country_database"
        ) from None
    return _place(country_code, PRIVATE, UNKNOWN)


def continents(database: str = "") -> Place:
    """Names of continents, as `Europe`.

    Raises:
        StatisticError: as `countries`.
    """
    country = countries(database)

    def continent(address: str) -> str:
        code = country(address)
        return code if code.startswith("(") else CONTINENTS.get(code, UNKNOWN)

    return continent


def networks(database: str) -> Place:
    """Numbers and names of networks, as `AS15169 GOOGLE` (RFC 1930).

    Raises:
        StatisticError: no file was named, or it cannot be read.
    """
    if not database:
        raise StatisticError("networks need a MaxMind file: name GeoLite2-ASN.mmdb in network_database")
    return _place(_of_file(database, _network), PRIVATE, UNKNOWN)


def _place(look: Callable[[str], str | None], private: str, unknown: str) -> Place:
    @lru_cache(maxsize=REMEMBERED)
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
        reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)  # root is given up before it is asked
    except OSError as error:
        raise StatisticError(f"{path} cannot be read: {error.strerror}") from error
    except maxminddb.InvalidDatabaseError as error:
        raise StatisticError(f"{path} is no MaxMind file") from error
    has_six = reader.metadata().ip_version == 6
    return lambda address: name_of(reader.get(address)) if has_six or ":" not in address else None


def _country(found: Any) -> str | None:
    """Of GeoLite2-Country and City, and of files that have the code at their top."""
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code if isinstance(code, str) else None


def _network(found: Any) -> str | None:
    if not isinstance(found, dict) or "autonomous_system_number" not in found:
        return None
    return f"AS{found['autonomous_system_number']} {found.get('autonomous_system_organization', '')}".rstrip()
