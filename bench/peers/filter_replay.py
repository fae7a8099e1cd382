"""What filters cost: `python -m bench.peers.filter_replay FILE.pcap`. Prints figures as JSON."""

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
"""Records that come in `Config.timeout` seconds on a busy host."""
FILTERS: Final = {
    "one term": "status:5xx",
    "three terms": "host:shop path:^/cart time>1ms",
    "seven terms": "host:shop path:^/api status:5xx method:POST ua:bot client:10.0.0.0/8 time>500ms",
    "a pattern of RE2": r"path:^/(cart|users)/\w+\.html",
}
PARTS: Final = {"none": "status:999", "4 %": "status:404", "all": ""}
"""How much of the traffic matches."""
SPANS: Final = {"2 min": 120, "24 h": 86400}
"""Seconds in which they came: a busy host, and a quiet one, whose exchanges fall into thousands of buckets."""


def main() -> None:
    """Measure with the exchanges of a capture, as many as are kept at most."""
    config = Config()
    records = repeated(list(decoded(sys.argv[1])), config.max_recent_exchanges)
    exchanges = [record for record in records if type(record) is Exchange]
    gc.freeze()  # else the collector looks at the benchmark's own records, and the program has none of these
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
    """Until there are so many exchanges, each time after the last."""
    shift, found, length = 0.0, list[Record](), records[-1].time - records[0].time
    exchanges = sum(type(record) is Exchange for record in records)
    for _ in range(-(-number // exchanges)):
        found += [later(record, shift) for record in records]
        shift += length
    return found


def stretched(exchanges: Sequence[Exchange], seconds: float) -> list[Exchange]:
    """The same ones, at even distances over so many seconds."""
    step, begin = seconds / len(exchanges), exchanges[0].time
    moved = (later(exchange, begin + number * step - exchange.time) for number, exchange in enumerate(exchanges))
    return [exchange for exchange in moved if isinstance(exchange, Exchange)]


def later(record: Record, shift: float) -> Record:
    """The same, so many seconds later."""
    moved = record._replace(time=record.time + shift)
    if isinstance(moved, Exchange) and moved.request is not None:
        return moved._replace(request=moved.request._replace(time=moved.request.time + shift))
    return moved


def kept(config: Config, exchanges: Sequence[Exchange]) -> float:
    """Microseconds for each exchange that is kept one by one."""
    recent = Recent(config.max_recent_exchanges // 2, config.max_recent_characters)
    return took(lambda: recent.take(RecordBatch(exchanges))) / len(exchanges) * 1e6


def tested(text: str, exchanges: Sequence[Exchange]) -> float:
    """Microseconds to test an exchange."""
    accepts = parse(text).accepts
    return took(lambda: [accepts(exchange) for exchange in exchanges]) / len(exchanges) * 1e6


def replayed(config: Config, recent: Recent, text: str) -> tuple[float, float]:
    """Milliseconds until a new filter has looked at all, and of the longest step."""
    lens, steps, now = Lens(parse(text), recent, new_store(config)), list[float](), recent.latest(1)[0].time
    span = BUCKETS * config.dashboard_bucket_size
    steps.append(took(lambda: lens.advance(now)))
    while lens.waiting:
        steps.append(took(lambda: lens.replay(SLICE, span)))
    steps.append(took(lambda: lens.advance(now)))
    return sum(steps) * 1000, max(steps) * 1000


def added(config: Config, records: Sequence[Record]) -> float:
    """Percent of processor time that a lens takes beside the store it stands beside."""
    store, lens = new_store(config), Lens(parse(""), Recent(1, 1), new_store(config))
    plain = filtered = 0.0
    for first in range(0, len(records), BATCH):
        batch, now = RecordBatch(records[first : first + BATCH]), records[: first + BATCH][-1].time
        plain += took(partial(store.add, batch)) + took(partial(store.advance, now))
        filtered += took(partial(lens.take, batch)) + took(partial(lens.advance, now))
    return 100 * filtered / plain


def new_store(config: Config) -> Store:
    """With all default statistics."""
    return Store(load(config.statistics), config.dashboard_bucket_size, config.max_retention_length, config.max_keys)


def took(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
