"""The addresses of stores of many sensors. Pure.

    clickhouse://USER@HOST[:PORT]/DATABASE[?cluster=NAME&tls=no&ca=FILE&cert=FILE&key=FILE&password_file=FILE]
    https://HOST[:PORT][?ca=FILE&cert=FILE&key=FILE&token_file=FILE]      a collector, for sensors only
    /FOLDER                                                               a collector's own files, for readers only

TLS is off only with `tls=no` or on this host. Secrets are in files, never in an address, which `ps` shows to all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

CLICKHOUSE: Final = "clickhouse"
COLLECTOR: Final = "https"
FOLDER: Final = "folder"
DATABASE: Final = "http_monitor"
"""The database of an address that names none."""
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_PORTS: Final = {(CLICKHOUSE, True): 8443, (CLICKHOUSE, False): 8123, (COLLECTOR, True): 8444, (COLLECTOR, False): 8444}
_OPTIONS: Final = {
    CLICKHOUSE: ("cluster", "tls", "ca", "cert", "key", "password_file"),
    COLLECTOR: ("tls", "ca", "cert", "key", "token_file"),
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class AddressError(ValueError):
    """The address of a store is wrong. The text is one line for the user."""


@dataclass(frozen=True)
class StoreAddress:
    """The address of a store."""

    kind: str
    """CLICKHOUSE, COLLECTOR or FOLDER."""
    host: str = ""
    port: int = 0
    user: str = ""
    database: str = ""
    cluster: str = ""
    """Name of the ClickHouse cluster; empty for a single server."""
    tls: bool = True
    ca: str = ""
    """File with the certificates that are trusted; empty for those of the system."""
    cert: str = ""
    """File with the client's certificate, and `key` with its key."""
    key: str = ""
    secret_file: str = ""
    """File with the password or token; empty for none."""
    folder: str = ""

    def __str__(self) -> str:
        """Return the address without its options, for the user."""
        if self.kind == FOLDER:
            return self.folder
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}://{user}{host}:{self.port}" + (f"/{self.database}" if self.database else "")


def parse_store(text: str) -> StoreAddress:
    """Parse the address of a store.

    Raises:
        AddressError: it is wrong.
    """
    if "://" not in text:
        return StoreAddress(FOLDER, folder=text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else [])
    except ValueError as reason:
        raise AddressError(f"{text!r} is not the address of a store: {reason}") from reason
    _check(text, parts, options)
    kind, clickhouse = parts.scheme, parts.scheme == CLICKHOUSE
    tls = options["tls"] == "yes" if "tls" in options else host not in LOOPBACK
    return StoreAddress(
        kind,
        host,
        port or _PORTS[kind, tls],
        parts.username or ("default" if clickhouse else ""),
        _name(parts.path.strip("/") or DATABASE) if clickhouse else "",
        _name(options["cluster"]) if "cluster" in options else "",
        tls,
        options.get("ca", ""),
        options.get("cert", ""),
        options.get("key", ""),
        options.get("password_file", "") or options.get("token_file", ""),
    )


def _check(text: str, parts: SplitResult, options: Mapping[str, str]) -> None:
    kind = parts.scheme
    if kind not in _OPTIONS:
        raise AddressError(f"{kind}:// is not a kind of store; use clickhouse://, https:// or a folder")
    if not parts.hostname:
        raise AddressError(f"{text!r} names no host")
    if parts.password is not None:
        raise AddressError("a password in the address is visible in `ps`; use ?password_file=FILE")
    for name in options:
        if name not in _OPTIONS[kind]:
            raise AddressError(f"unknown option {name!r}; {kind}:// has {', '.join(_OPTIONS[kind])}")
    if options.get("tls", "no") not in ("yes", "no"):
        raise AddressError("tls must be yes or no")
    if bool(options.get("cert")) != bool(options.get("key")):
        raise AddressError("cert and key must both be given")


def _name(word: str) -> str:
    if _NAME.fullmatch(word) is None:
        raise AddressError(f"{word!r} is not a name; use letters, digits and _")
    return word
