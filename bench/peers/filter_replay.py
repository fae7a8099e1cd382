"""Measures the cost of filters: `python -m bench.peers.filter_replay FILE.pcap` prints figures as JSON."""

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bench.peers.decoder_alone import decoded
from dashboard.full.store_desk import BUCKETS, SLICE
from exercise_config import Config
from stats.loading import load
from store.filtering.filter import parse
from store.lens import Lens
from store.recent import Recent
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import Exchange, Record

BATCH: Final = 2000
"""Records that arrive in `Config.timeout` seconds on a busy host."""
FILTERS: Final = {
    "one term": "status:5xx",
    "three terms": "host:shop path:^/cart time>1ms",
    "seven terms": "host:shop path:^/api status:5xx method:POST ua:bot client:10.0.0.0/8 time>500ms",
    "a pattern of RE2": r"path:^/(cart|users)/\w+\.html",
}
PARTS: Final = {"none": "status:999", "4 %": "status:404", "all": ""}
"""Filters by the share of traffic that matches."""
SPANS: Final = {"2 min": 120, "24 h": 86400}
"""Seconds over which the exchanges came: on a busy host, and on a quiet one, where they fill thousands of buckets."""


def main() -> None:
    """Measure with the exchanges of a capture, up to the maximum that is kept."""
    config = Config()
    records = repeated(list(decoded(sys.argv[1])), config.max_recent_exchanges)
    exchanges = [record for record in records if type(record) is Exchange]
    # The collector would otherwise scan the benchmark's own records, which the program does not have.
    gc.freeze()
    figures = {"us to keep an exchange": kept(config, exchanges)}
    for name, text in FILTERS.items():
        figures[f"us per exchange, {name}"] = tested(text, exchanges)
    for span, seconds in SPANS.items():
        recent = Recent(config.max_recent_exchanges, config.max_recent_characters)
        recent.take(RecordBatch(stretched(exchanges, seconds)))
        for name, text in PARTS.items():
            whole, longest = replayed(config, recent, text)
            figures[f"ms to look at {len(recent):,} of {span}, {name} match"] = whole
            figures[f"ms of that at a time, {span}, {name} match"] = longest
    figures["% of the store's work that a filter adds which all match"] = added(config, records)
    print(json.dumps(figures))


def repeated(records: Sequence[Record], number: int) -> list[Record]:
    """Repeat the records, each time after the last, until there are so many exchanges."""
    shift, found, length = 0.0, list[Record](), records[-1].time - records[0].time
    exchanges = sum(type(record) is Exchange for record in records)
    for _ in range(-(-number // exchanges)):
        found += [later(record, shift) for record in records]
        shift += length
    return found


def stretched(exchanges: Sequence[Exchange], seconds: float) -> list[Exchange]:
    """Return the same exchanges spread evenly over so many seconds."""
    step, begin = seconds / len(exchanges), exchanges[0].time
    moved = (later(exchange, begin + number * step - exchange.time) for number, exchange in enumerate(exchanges))
    return [exchange for exchange in moved if isinstance(exchange, Exchange)]


def later(record: Record, shift: float) -> Record:
    """Return the same record, so many seconds later."""
    moved = record._replace(time=record.time + shift)
    if isinstance(moved, Exchange) and moved.request is not None:
        return moved._replace(request=moved.request._replace(time=moved.request.time + shift))
    return moved


def kept(config: Config, exchanges: Sequence[Exchange]) -> float:
    """Return the microseconds to keep an exchange."""
    recent = Recent(config.max_recent_exchanges // 2, config.max_recent_characters)
    return took(lambda: recent.take(RecordBatch(exchanges))) / len(exchanges) * 1e6


def tested(text: str, exchanges: Sequence[Exchange]) -> float:
    """Return the microseconds to test an exchange."""
    accepts = parse(text).accepts
    return took(lambda: [accepts(exchange) for exchange in exchanges]) / len(exchanges) * 1e6


def replayed(config: Config, recent: Recent, text: str) -> tuple[float, float]:
    """Return the milliseconds until a new filter has scanned everything, and those of the longest step."""
    lens, steps, now = Lens(parse(text), recent, new_store(config)), list[float](), recent.latest(1)[0].time
    span = BUCKETS * config.dashboard_bucket_size
    steps.append(took(lambda: lens.advance(now)))
    while lens.waiting:
        steps.append(took(lambda: lens.replay(SLICE, span)))
    steps.append(took(lambda: lens.advance(now)))
    return sum(steps) * 1000, max(steps) * 1000


def added(config: Config, records: Sequence[Record]) -> float:
    """Return the processor time of a lens in percent of that of its main store."""
    store, lens = new_store(config), Lens(parse(""), Recent(1, 1), new_store(config))
    plain = filtered = 0.0
    for first in range(0, len(records), BATCH):
        batch, now = RecordBatch(records[first : first + BATCH]), records[: first + BATCH][-1].time
        plain += took(partial(store.add, batch)) + took(partial(store.advance, now))
        filtered += took(partial(lens.take, batch)) + took(partial(lens.advance, now))
    return 100 * filtered / plain


def new_store(config: Config) -> Store:
    """Return a store with all default statistics."""
    return Store(load(config.statistics), config.dashboard_bucket_size, config.max_retention_length, config.max_keys)


def took(work: Callable[[], object]) -> float:
    """Return the processor seconds of an action."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
