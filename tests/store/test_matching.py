"""The records of a run with `--only`."""

from filter_samples import BOT, EXCHANGE, UNPAIRED

from store.filtering.filter import parse
from store.matching import matching
from traffic.batch import RecordBatch


def test_each_matching_exchange_follows_its_request() -> None:
    records = [EXCHANGE.request, BOT.request, EXCHANGE, UNPAIRED, BOT]
    assert matching(parse("host:shop"), RecordBatch(records)).records() == [EXCHANGE.request, EXCHANGE]
    assert matching(parse("status:200"), RecordBatch(records)).records() == [EXCHANGE.request, EXCHANGE, UNPAIRED]
    assert matching(parse("status:404"), RecordBatch(records)).records() == []


def test_a_request_counts_once_however_late_its_exchange() -> None:
    wanted = parse("ua:bot")
    assert matching(wanted, RecordBatch([BOT.request])).records() == []
    assert matching(wanted, RecordBatch([BOT])).records() == [BOT.request, BOT]


def test_other_records_pass_through() -> None:
    assert matching(parse("status:404"), RecordBatch(["a packet", EXCHANGE])).records() == ["a packet"]
