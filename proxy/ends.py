"""Where the proxy listens, and to whom it passes requests, as texts of the command line say."""

import socket
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

SCHEMES: Final = {
    "http": (False, False), "https": (True, False), "h2c": (False, True), "h2": (True, True),
}  # fmt: skip
"""Whether an upstream speaks TLS, and HTTP/2."""
INHERITED: Final = "fd"
"""In place of an address: a socket that systemd has opened, by its number from 0."""
_PORTS: Final = {False: 80, True: 443}


class EndError(ValueError):
    """A text names no address. It is one line for the user."""


class Listening(NamedTuple):
    """A socket that clients connect to."""

    address: str
    """`192.0.2.1:443` or `[2001:db8::1]:443`; of a socket that was handed over, how the user wrote it."""
    port: int
    """0 if it is known only later."""
    inherited: int | None
    """The number of a socket that was handed over."""
    tls: bool


class Upstream(NamedTuple):
    """A server behind the proxy."""

    name: str
    """As the user wrote it."""
    place: str
    """`192.0.2.1:8080`, `[2001:db8::1]:8080` or `unix:/path`."""
    server_name: str | None
    """The name that its certificate must be for; None without TLS."""
    http2: bool


def listening(text: str, has_certificates: bool) -> Listening:
    """Return where `:443`, `https://[::1]:8443`, `http://:80` or `fd:0` listens; with certificates, the default is TLS.

    Raises:
        EndError: it is none of these.
    """
    scheme, rest = text.split("://", 1) if "://" in text else ("", text)
    if scheme not in ("", "http", "https"):
        raise EndError(f"--listen {text}: {scheme}:// is unknown; use http:// or https://")
    tls = scheme == "https" or (not scheme and has_certificates)
    if tls and not has_certificates:
        raise EndError(f"--listen {text}: TLS needs --cert and --key")
    if rest.startswith(f"{INHERITED}:"):
        number = rest.removeprefix(f"{INHERITED}:")
        if not number.isascii() or not number.isdigit():
            raise EndError(f"--listen {text}: the number of a socket follows fd:, as in fd:0")
        return Listening(text, 0, int(number), tls)
    split = _split(f"//{rest}", "--listen", text)
    port = _port(split, "--listen", text)
    if port is None:
        port = _PORTS[tls]
    return Listening(_joined(_numeric(split.hostname or "::", text), port), port, None, tls)


def upstream(text: str) -> Upstream:
    """Return the server that `127.0.0.1:8080`, `https://app.example`, `h2c://10.0.0.1:50051` or `unix:/path` names.

    Raises:
        EndError: it is none of these, or its name cannot be found.
    """
    if text.startswith("unix:"):
        path = text.removeprefix("unix:").removeprefix("//")
        if not path.startswith("/"):
            raise EndError(f"--upstream {text}: an absolute path follows unix:")
        return Upstream(text, f"unix:{path}", None, False)
    scheme, rest = text.split("://", 1) if "://" in text else ("http", text)
    if scheme not in SCHEMES:
        raise EndError(f"--upstream {text}: {scheme}:// is unknown; use {', '.join(SCHEMES)} or unix:")
    tls, http2 = SCHEMES[scheme]
    split = _split(f"//{rest}", "--upstream", text)
    port = _port(split, "--upstream", text)
    if not split.hostname or port == 0:
        raise EndError(f"--upstream {text}: a host and port are needed, and the port is not 0")
    port = port or _PORTS[tls]
    return Upstream(text, _joined(_found(split.hostname, port, text), port), split.hostname if tls else None, http2)


def _split(url: str, option: str, text: str) -> SplitResult:
    try:
        split = urlsplit(url)
    except ValueError:
        raise EndError(f"{option} {text}: not an address and port") from None
    if split.username is not None:
        raise EndError(f"{option} {text}: a host and port are needed, without a user")
    if split.path not in ("", "/") or split.query or split.fragment:
        raise EndError(f"{option} {text}: a host and port are needed, without a path")
    return split


def _port(split: SplitResult, option: str, text: str) -> int | None:
    try:
        return split.port
    except ValueError:
        raise EndError(f"{option} {text}: the port is not a number from 0 to 65535") from None


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _numeric(host: str, text: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        raise EndError(f"--listen {text}: {host} is not an address; leave it out for all of this host") from None


def _found(host: str, port: int, text: str) -> str:
    """Return the address of a host, once and for all."""
    try:
        return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as reason:
        raise EndError(f"--upstream {text}: {host} is not found ({reason.strerror or reason})") from None
