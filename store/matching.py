"""Records of the exchanges that match a filter, as if there were no others."""

from typing import Any

from store.filtering.filter import Filter
from traffic.batch import Batch, RecordBatch
from traffic.records import Exchange, Request


def with_request(exchange: Exchange) -> tuple[Any, ...]:
    """As the decoder gives them out: the request, then the exchange."""
    return (exchange,) if exchange.request is None else (exchange.request, exchange)


def matching(wanted: Filter, batch: Batch) -> RecordBatch:
    """The exchanges that match, each behind its request: so a request comes when its exchange is over, and late.

    What is neither request nor exchange passes.
    """
    accepts, found = wanted.accepts, list[Any]()
    for record in batch.records():
        kind = type(record)
        if kind is Exchange:
            if accepts(record):
                found += with_request(record)
        elif kind is not Request:
            found.append(record)
    return RecordBatch(found)
