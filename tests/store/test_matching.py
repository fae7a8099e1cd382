"""Records of a run that is about some exchanges only."""

from filter_samples import BOT, EXCHANGE, UNPAIRED

from store.filtering.filter import parse
from store.matching import matching


def test_each_exchange_that_matches_comes_behind_its_request() -> None:
    records = [EXCHANGE.request, BOT.request, EXCHANGE, UNPAIRED, BOT]
    assert matching(parse("host:shop"), records) == [EXCHANGE.request, EXCHANGE]
    assert matching(parse("status:200"), records) == [EXCHANGE.request, EXCHANGE, UNPAIRED]
    assert matching(parse("status:404"), records) == []


def test_a_request_counts_once_however_far_its_exchange_is_behind() -> None:
    wanted = parse("ua:bot")
    assert matching(wanted, [BOT.request]) == []
    assert matching(wanted, [BOT]) == [BOT.request, BOT]


def test_what_is_no_exchange_passes() -> None:
    assert matching(parse("status:404"), ["a packet", EXCHANGE]) == ["a packet"]
