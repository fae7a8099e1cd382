"""Parses the addresses of syslog daemons."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from notices.errors import NoticeError

PORTS: Final = {"udp": 514, "tcp": 514, "tls": 6514}
"""Usual port of each way over the network."""
_LOCAL: Final = "bsd"


@dataclass(frozen=True)
class Place:
    """The address of a daemon."""

    scheme: str
    """`udp`, `tcp`, `tls`, `unix`, or `bsd` for a local socket and the format of syslog(3)."""
    host: str = ""
    port: int = 0
    path: str = ""
    """Path of the local socket."""

    @property
    def title(self) -> str:
        """Name for messages to the user."""
        return self.path or f"{self.host} ({self.scheme})"


def syslog_place(text: str, origin: str) -> Place:
    """Parse `udp://host:514`, `tcp://host:601`, `tls://host:6514`, or the path of a local socket: `/dev/log` or
    `bsd:/dev/log`.

    Raises:
        NoticeError: the text is none of these; `origin` says where it is from.
    """
    if text.startswith("/"):
        return Place("unix", path=text)
    if text.startswith(f"{_LOCAL}:/"):
        return Place(_LOCAL, path=text[len(_LOCAL) + 1 :])
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NoticeError(f"{origin}: the address is malformed") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise NoticeError(f"{origin}: write tls://host:port, tcp://host:port, udp://host:port or the path of a socket")
    return Place(parts.scheme, parts.hostname, port or PORTS[parts.scheme])
