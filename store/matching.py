"""Reduces a batch to the exchanges and other records that match a filter."""

from typing import Any

from store.filtering.filter import Filter
from traffic.batch import Batch, RecordBatch
from traffic.records import Exchange, Request


def with_request(exchange: Exchange) -> tuple[Any, ...]:
    """Return the request, then the exchange, as the decoder does."""
    return (exchange,) if exchange.request is None else (exchange.request, exchange)


def matching(wanted: Filter, batch: Batch) -> RecordBatch:
    """Return the matching exchanges, each after its request; so a request arrives only when its exchange is over.

    Other records that match are returned, too; those of kinds without fields pass through.
    """
    accepts, found = wanted.accepts, list[Any]()
    for record in batch.records():
        kind = type(record)
        if kind is Exchange:
            if accepts(record):
                found += with_request(record)
        elif kind is not Request and wanted.passes(record):
            found.append(record)
    return RecordBatch(found)
