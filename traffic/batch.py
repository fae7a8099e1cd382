"""The records that a decoder hands over, in one table per kind of record, column by column.

Statistics read whole columns of a `Table`: numbers are arrays and texts are codes, so work is done once per distinct
text and not once per record. Callers that need single records use `records`.

`Batch` and `Table` are the contract, which the core (`core/core.pyi`) keeps too; `RecordBatch` builds one from records.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from traffic.content import Content
from traffic.features import unpacked
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding
from traffic.records import (
    DnsAnswer,
    DnsLookup,
    Exchange,
    IpPacket,
    QuicConnection,
    Request,
    Strain,
    TcpConnection,
    TlsHandshake,
    TlsHello,
)

ABSENT: Final = -1
"""Code of a missing text, and value of a missing whole number. A missing float is NaN."""

_ENDS: Final = ("client", "server")
_PORTS: Final = ("client_port", "server_port")
_ASKED: Final = (
    "method", "host", "target", "version", "user_agent", "referrer", "authority", "path", "section", "request_headers",
)  # fmt: skip
"""Texts of a request that its exchange repeats; they are None if the request was not seen."""
_OUTCOME: Final = (
    "domain", "content_type", "ending", "response_headers", "protocol", "operation", "close_reason", "tls_version",
    "server_name", "process", "user", "container", "container_id", "container_image", "pod", "oddities",
)  # fmt: skip
"""Texts of an exchange itself. Its oddities are separated by commas."""
_COUNTS: Final = (
    "status", "request_bytes", "response_bytes", "missing_bytes", "ordinal",
    "grpc_status", "request_messages", "response_messages", "close_code", "control_frames", "fragments",
    "process_id", "response_oddities",
)  # fmt: skip
"""Whole numbers of an exchange."""
_QUIC_COUNTS: Final = (
    "ech", "zero_rtt", "retry", "migrated", "client_packets", "client_bytes", "server_packets", "server_bytes",
)  # fmt: skip
"""Whole numbers of a QUIC connection; those that are true or false are 1 or 0."""
_SPANS: Final = ("request_time", "response_time", "total_time", "duration", "answered", "first_message_time")
"""Times and durations of an exchange. The request time is the `time` of its request."""
_HANDSHAKE: Final = (
    "server_name", "version", "cipher", "alpn", "offered_alpn", "ja3", "ja3s", "ja4", "post_quantum", "alert",
    "alert_side", "certificate_subject", "certificate_names", "certificate_issuer",
    "certificate_sha1", "certificate_sha256", "outcome",
)  # fmt: skip
"""Texts of a TLS handshake."""
_LOOKUP: Final = (
    "kind", "transport", "name", "type", "rcode", "flags", "dnssec", "ede", "operation", "ending",
)  # fmt: skip
"""Texts of a DNS lookup."""
_FINDING: Final = ("rule", "detector", "severity", "host", "path", "reason", "evidence", "technique")
"""Texts of a finding."""
_FILE: Final = ("host", "path", "direction", "media_type", "md5", "sha1", "sha256")
"""Texts of a file that was sent."""

TEXTS: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        Request: frozenset((*_ENDS, "source", *_ASKED, "domain")),
        Exchange: frozenset((*_ENDS, "source", *_ASKED, *_OUTCOME)),
        TcpConnection: frozenset((*_ENDS, "ending")),
        TlsHello: frozenset((*_ENDS, "server_name")),
        TlsHandshake: frozenset((*_ENDS, *_HANDSHAKE)),
        IpPacket: frozenset(("source", "destination")),
        DnsAnswer: frozenset((*_ENDS, "name")),
        QuicConnection: frozenset((*_ENDS, "version", "server_name", "alpn", "ja4", "user_agent")),
        DnsLookup: frozenset((*_ENDS, *_LOOKUP)),
        Strain: frozenset((*_ENDS, "kind")),
        Finding: frozenset((*_ENDS, *_FINDING)),
        FileTransfer: frozenset((*_ENDS, *_FILE)),
    }
)
"""Text columns of each kind of record. If the request was not seen, the domain of an exchange is its server."""

INTEGERS: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        Request: frozenset((*_PORTS, "ordinal")),
        Exchange: frozenset((*_PORTS, *_COUNTS)),
        TcpConnection: frozenset((*_PORTS, "requests", "resent_bytes")),
        TlsHello: frozenset(_PORTS),
        TlsHandshake: frozenset((*_PORTS, "resumed", "hello_retry", "ech", "starttls")),
        IpPacket: frozenset(("protocol", "source_port", "destination_port", "length")),
        DnsAnswer: frozenset(("code",)),
        QuicConnection: frozenset((*_PORTS, *_QUIC_COUNTS)),
        DnsLookup: frozenset((*_PORTS, "answers", "retries", "truncated", "size")),
        Strain: frozenset((*_PORTS, "amount", "bytes")),
        Finding: frozenset(_PORTS),
        FileTransfer: frozenset((*_PORTS, "size")),
    }
)
"""Columns of whole numbers, all 0 or more. The ordinal of an exchange is that of its request."""

FLOATS: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        Request: frozenset(("time",)),
        Exchange: frozenset(("time", *_SPANS)),
        TcpConnection: frozenset(("time", "started", "connect_time")),
        TlsHello: frozenset(("time",)),
        TlsHandshake: frozenset(("time", "started", "handshake_time", "connect_time", "not_before", "not_after")),
        IpPacket: frozenset(("time",)),
        DnsAnswer: frozenset(("time",)),
        QuicConnection: frozenset(("time", "started", "duration")),
        DnsLookup: frozenset(("time", "started", "response_time")),
        Strain: frozenset(("time", "since")),
        Finding: frozenset(("time",)),
        FileTransfer: frozenset(("time",)),
        Content: frozenset(("time",)),  # heads and bodies are in its records only
    }
)
"""Columns in seconds: times since the epoch, and durations."""


class Texts(NamedTuple):
    """A column of texts. Its codes are valid in this batch only."""

    codes: NDArray[np.int32]
    """One code per row: the index of its text in `values`, or ABSENT."""
    values: Sequence[str]
    """Distinct texts. Some may not be used by any row."""


class Table(Protocol):
    """The records of one kind, one per row, in the order in which they were emitted."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def texts(self, name: str) -> Texts:
        """Return a column of `TEXTS`.

        Raises:
            KeyError: There is no such column.
        """

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of `INTEGERS` (int64) or `FLOATS` (float64). Callers must not write to it.

        Raises:
            KeyError: There is no such column.
        """

    def features(self) -> NDArray[np.uint8]:
        """Return the features of the requests of exchanges, one row of `traffic.features.COUNT` bytes each: zeros where
        they were not found.

        Raises:
            KeyError: The records are no exchanges.
        """

    def records(self) -> list[Any]:
        """Return one record per row."""


class Batch(Protocol):
    """Records of all kinds."""

    def __len__(self) -> int:
        """Return the number of records."""

    def table(self, kind: type) -> Table:
        """Return the records of one kind; the table is empty if there are none."""

    def records(self) -> list[Any]:
        """Return all records in the order in which they were emitted."""


def failed_calls(exchanges: Table) -> NDArray[np.bool_]:
    """Select the gRPC calls with another status than OK. They are errors of the server, as a status of 5xx is."""
    return np.asarray(exchanges.numbers("grpc_status") > 0)


class RecordTable:
    """A `Table` built from records."""

    def __init__(self, kind: type, records: list[Any]) -> None:
        self._kind = kind
        self._records = records
        self._texts: dict[str, Texts] = {}
        self._numbers: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def texts(self, name: str) -> Texts:
        """See `Table`."""
        if name not in self._texts:
            if name not in TEXTS.get(self._kind, ()):
                raise KeyError(name)
            self._texts[name] = coded(self._values(name))
        return self._texts[name]

    def numbers(self, name: str) -> NDArray[Any]:
        """See `Table`."""
        if name not in self._numbers:
            if name in INTEGERS.get(self._kind, ()):
                values = [ABSENT if value is None else value for value in self._values(name)]
                self._numbers[name] = np.array(values, np.int64)
            elif name in FLOATS.get(self._kind, ()):
                self._numbers[name] = np.array(self._values(name), np.float64)  # this turns None into NaN
            else:
                raise KeyError(name)
        return self._numbers[name]

    def features(self) -> NDArray[np.uint8]:
        """See `Table`."""
        if self._kind is not Exchange:
            raise KeyError("features")
        return unpacked([record.features for record in self._records])

    def records(self) -> list[Any]:
        """See `Table`."""
        return self._records

    def _values(self, name: str) -> list[Any]:
        if self._kind is Exchange and name == "oddities":
            return [", ".join(record.oddities) for record in self._records]
        if self._kind is not Exchange or (name not in _ASKED and name not in ("request_time", "ordinal")):
            return list(map(attrgetter(name), self._records))
        its = attrgetter("time" if name == "request_time" else name)
        return [None if one.request is None else its(one.request) for one in self._records]


class RecordBatch:
    """A `Batch` built from records. Kinds unknown to `traffic.records` have records but no columns."""

    def __init__(self, records: Iterable[Any] = ()) -> None:
        self._records = list(records)
        self._by_kind: dict[type, list[Any]] = {}
        for record in self._records:
            self._by_kind.setdefault(type(record), []).append(record)
        self._tables: dict[type, RecordTable] = {}

    def __len__(self) -> int:
        return len(self._records)

    def table(self, kind: type) -> RecordTable:
        """See `Batch`."""
        if kind not in self._tables:
            self._tables[kind] = RecordTable(kind, self._by_kind.get(kind, []))
        return self._tables[kind]

    def records(self) -> list[Any]:
        """See `Batch`."""
        return self._records


def coded(values: Iterable[str | None]) -> Texts:
    """Encode texts as a column."""
    codes: dict[str | None, int] = {None: ABSENT}
    rows = [codes.setdefault(value, len(codes) - 1) for value in values]
    return Texts(np.array(rows, np.int32), list(codes)[1:])  # type: ignore[arg-type]  # None is the first
