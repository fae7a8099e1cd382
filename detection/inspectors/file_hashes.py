"""Hashes of files that were captured as a whole, for the log and for threat intelligence."""

from collections.abc import Iterator
from hashlib import md5, sha1, sha256

from detection.inspector import Inspected
from detection.malware.files import CarriedFile, files_of
from traffic.content import Content
from traffic.file_transfer import FileTransfer


class FileHashes:
    """Tells of each body, and of each file of a form, its hashes. What was cut or lost in part has none."""

    name, title = "file_hashes", "Hashes of files"

    def inspect(self, exchange: Inspected) -> Iterator[FileTransfer]:
        """See `detection.inspector`."""
        return (_hashed(file, exchange.content) for file in files_of(exchange) if file.is_whole)


def _hashed(file: CarriedFile, content: Content) -> FileTransfer:
    hashes = (make(file.content, usedforsecurity=False).hexdigest() for make in (md5, sha1, sha256))
    return FileTransfer(
        content.time, content.client, content.client_port, content.server, content.server_port, content.host,
        content.path, file.direction, file.media_type, len(file.content), *hashes,
    )  # fmt: skip
