"""A file that was sent, with its hashes. No decoder emits it: an inspector does, which has seen all of its bytes."""

from typing import Final, NamedTuple

DOWNLOAD: Final = "download"
UPLOAD: Final = "upload"
DIRECTIONS: Final = (DOWNLOAD, UPLOAD)


class FileTransfer(NamedTuple):
    """A body, or a file of a form, that was captured as a whole."""

    time: float
    """Capture time of the request, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    host: str
    """Requested host name in lower case without port; empty if unknown."""
    path: str
    """Requested path without query; empty if unknown."""
    direction: str
    """One of DIRECTIONS, as the client sees it."""
    media_type: str
    """As the sender says, in lower case without parameters; empty if it says nothing."""
    size: int
    """Bytes without content codings."""
    md5: str
    """In hexadecimal digits, like the others. Feeds still list files by MD5 and SHA-1."""
    sha1: str
    sha256: str
