"""Writes a file that was sent as a line of JSON, with the field names of the Elastic Common Schema, like exchanges.

Pure; `docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any

from traffic.file_transfer import FileTransfer
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment


def file_line(file: FileTransfer) -> str:
    """Write the file as one JSON object without a line end."""
    return encoded({name: value for name, value in file_fields(file) if value not in (None, "")})


def file_fields(file: FileTransfer) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    yield "@timestamp", moment(microseconds(file.time))
    yield "event.category", ["file"]
    yield "event.action", f"file-{file.direction}"
    yield "client.ip", file.client
    yield "source.ip", file.client
    yield "source.port", file.client_port or None
    yield "destination.ip", file.server
    yield "destination.port", file.server_port or None
    yield "url.domain", file.host
    yield "url.path", file.path
    yield "file.size", file.size
    yield "file.mime_type", file.media_type
    yield "file.hash.md5", file.md5
    yield "file.hash.sha1", file.sha1
    yield "file.hash.sha256", file.sha256
    yield "ecs.version", ECS_VERSION
