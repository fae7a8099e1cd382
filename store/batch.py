"""Records of one bucket as columns: what every statistic needs of them is worked out once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add
from typing import Any

from store.distribution import bins_of
from store.packed import MOST_SECONDS, ONE, times, volumes
from traffic.records import Exchange, Request


@dataclass(frozen=True)
class Answers:
    """Exchanges, column by column."""

    records: Sequence[Exchange]
    seconds: Sequence[float | None]
    """Response times."""
    volumes: Sequence[int]
    """Packed: the body bytes of each."""
    measured: Sequence[int]
    """The same with its response time."""
    counted: Sequence[int]
    """The same, counted once."""
    bins: Sequence[int]
    """Of the response times, or NOT_TIMED."""


class Batch:
    """Records of one bucket, in the order they came."""

    def __init__(self, records: Sequence[Any]) -> None:
        self.records = records
        self.by_type: dict[type, list[Any]] = {}
        for record in records:
            self.by_type.setdefault(type(record), []).append(record)
        self.came = len(self.by_type.get(Request, ()))
        """Requests that came."""

    @cached_property
    def answers(self) -> Answers:
        """All exchanges."""
        exchanges = self.by_type.get(Exchange, [])
        seconds = plausible([exchange.response_time for exchange in exchanges])
        sizes = volumes([exchange.response_bytes for exchange in exchanges])
        measured = list(map(add, sizes, times(seconds)))
        return Answers(exchanges, seconds, sizes, measured, [packed + ONE for packed in measured], bins_of(seconds))

    @property
    def requests(self) -> list[Request]:
        """Those that came, and after them those that are known by an exchange alone."""
        return self._asked[0]

    @property
    def owners(self) -> list[int | None]:
        """For each exchange, where its request is in `requests`; None where it was not seen."""
        return self._asked[1]

    @cached_property
    def _asked(self) -> tuple[list[Request], list[int | None]]:
        requests: list[Request] = self.by_type.get(Request, [])
        places = dict(zip(map(id, requests), range(len(requests)), strict=True))
        asked = [exchange.request for exchange in self.answers.records]
        owners = list(map(places.get, map(id, asked)))
        if None in owners:
            requests = requests.copy()
            for number, request in enumerate(asked):
                if request is not None and owners[number] is None:
                    owners[number] = len(requests)
                    requests.append(request)
        return requests, owners


def plausible(seconds: list[float | None]) -> list[float | None]:
    """The times, at least 0 where a clock was set back, and less than damage makes of them."""
    known = [value for value in seconds if value is not None]
    if min(known, default=0.0) >= 0 and sum(known) < MOST_SECONDS:
        return seconds
    return [None if value is None or value != value else min(max(value, 0.0), MOST_SECONDS) for value in seconds]
