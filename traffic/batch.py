"""What a decoder hands over: the records of a while, kind by kind and column by column.

Whoever counts takes whole columns of a `Table`: numbers as arrays, and texts as codes, so that work is done once for
each distinct text and not once for each record. Whoever needs single records asks for `records`.

`Batch` and `Table` are the contract, which the core (`core/core.pyi`) keeps too; `RecordBatch` makes one of records.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from traffic.records import DnsAnswer, Exchange, IpPacket, Request, TcpConnection, TlsHello

ABSENT: Final = -1
"""Code of a text that is None, and whole number that stands for None; of a float it is NaN."""

_ENDS: Final = ("client", "server")
_PORTS: Final = ("client_port", "server_port")
_ASKED: Final = ("method", "host", "target", "version", "user_agent", "referrer", "authority", "path", "section")
"""Texts of a request, which its exchange has too: None where the request was not seen."""

TEXTS: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        Request: frozenset((*_ENDS, *_ASKED, "domain")),
        Exchange: frozenset((*_ENDS, *_ASKED, "domain", "content_type", "ending")),
        TcpConnection: frozenset((*_ENDS, "ending")),
        TlsHello: frozenset((*_ENDS, "server_name")),
        IpPacket: frozenset(("source", "destination")),
        DnsAnswer: frozenset((*_ENDS, "name")),
    }
)
"""By kind of record, the columns of texts. The domain of an exchange is its server where the request was not seen."""

INTEGERS: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        Request: frozenset((*_PORTS, "ordinal")),
        Exchange: frozenset((*_PORTS, "status", "request_bytes", "response_bytes", "missing_bytes", "ordinal")),
        TcpConnection: frozenset((*_PORTS, "requests", "resent_bytes")),
        TlsHello: frozenset(_PORTS),
        IpPacket: frozenset(("protocol", "source_port", "destination_port", "length")),
        DnsAnswer: frozenset(("code",)),
    }
)
"""The columns of whole numbers, from 0 up. The ordinal of an exchange is that of its request."""

FLOATS: Final[Mapping[type, frozenset[str]]] = MappingProxyType(
    {
        Request: frozenset(("time",)),
        Exchange: frozenset(("time", "request_time", "response_time", "total_time", "answered")),
        TcpConnection: frozenset(("time", "started", "connect_time")),
        TlsHello: frozenset(("time",)),
        IpPacket: frozenset(("time",)),
        DnsAnswer: frozenset(("time",)),
    }
)
"""The columns of seconds: times since the epoch, and spans."""


class Texts(NamedTuple):
    """A column of texts. Codes are of this batch alone."""

    codes: NDArray[np.int32]
    """One for each row: the place of its text in `values`, or ABSENT."""
    values: Sequence[str]
    """Distinct texts. One that no row has may be among them."""


class Table(Protocol):
    """The records of one kind, a row each, in the order in which they were given out."""

    def __len__(self) -> int:
        """Number of rows."""

    def texts(self, name: str) -> Texts:
        """A column of `TEXTS`.

        Raises:
            KeyError: there is no such column.
        """

    def numbers(self, name: str) -> NDArray[Any]:
        """A column of `INTEGERS` (int64) or `FLOATS` (float64). It must not be written to.

        Raises:
            KeyError: there is no such column.
        """

    def records(self) -> list[Any]:
        """A record for each row."""


class Batch(Protocol):
    """Records of all kinds."""

    def __len__(self) -> int:
        """Number of records."""

    def table(self, kind: type) -> Table:
        """The records of one kind; an empty table where there are none."""

    def records(self) -> list[Any]:
        """All records, in the order in which they were given out."""


class RecordTable:
    """A `Table` made of records."""

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
                self._numbers[name] = np.array(self._values(name), np.float64)  # which makes NaN of None
            else:
                raise KeyError(name)
        return self._numbers[name]

    def records(self) -> list[Any]:
        """See `Table`."""
        return self._records

    def _values(self, name: str) -> list[Any]:
        if self._kind is not Exchange or (name not in _ASKED and name not in ("request_time", "ordinal")):
            return list(map(attrgetter(name), self._records))
        its = attrgetter("time" if name == "request_time" else name)
        return [None if one.request is None else its(one.request) for one in self._records]


class RecordBatch:
    """A `Batch` made of records of any kind; of kinds that are not of `traffic.records` there are but the records."""

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
    """A column of these texts."""
    codes: dict[str | None, int] = {None: ABSENT}
    rows = [codes.setdefault(value, len(codes) - 1) for value in values]
    return Texts(np.array(rows, np.int32), list(codes)[1:])  # type: ignore[arg-type]  # None is the first
