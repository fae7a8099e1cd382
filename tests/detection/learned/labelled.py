"""Labelled exchanges of many clients, of which the bad ones have more quotation marks in their values."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from records import exchange, request

from detection.learned.examples import Examples
from detection.learned.inputs import FEATURES
from detection.learned.model import Codes
from detection.unseen.features import FEATURES as OF_REQUEST
from traffic.records import Exchange
from view.exchange_line import Discretion, exchange_line

PLACES = {feature.name: place for place, feature in enumerate(FEATURES)}
ORDINARY = {"method": 7, "path_length": 9, "path_depth": 2, "user_agent": 40, "fields": 8}


def hexadecimal(**codes: int) -> str:
    """Return the features of a request, which are zero unless they are named."""
    row = bytearray(len(OF_REQUEST))
    for name, code in codes.items():
        row[PLACES[name]] = code
    return row.hex()


def visit(client: str, number: int = 0, host: str = "shop.example", status: int = 200, **codes: int) -> Exchange:
    """Return an exchange of a client, with ordinary features but those that are named."""
    asked = request(time=1000.0 + number, client=client, source=client, host=host, target=f"/items/{number}")
    return exchange(
        asked, time=1000.1 + number, client=client, source=client, status=status, response_time=0.01,
        response_bytes=3000 + 100 * (number % 7), features=hexadecimal(**{**ORDINARY, **codes}),
    )  # fmt: skip


def good(count: int = 200, clients: int = 20) -> list[Exchange]:
    return [
        visit(f"198.51.100.{number % clients}", number, path_length=6 + number % 5, quotes=int(number % 40 == 0))
        for number in range(count)
    ]


def bad(count: int = 60, clients: int = 10) -> list[Exchange]:
    return [
        visit(f"203.0.113.{number % clients}", number, path_length=6 + number % 5, quotes=4 + number % 3, status=404)
        for number in range(count)
    ]


def line(visited: Exchange, label: str, **others: Any) -> str:
    """Return the line of the log with a label, as jq adds it."""
    return json.dumps({**json.loads(exchange_line(visited, Discretion())), "label": label, **others})


def lines(good_ones: list[Exchange], bad_ones: list[Exchange]) -> Iterator[str]:
    yield from (line(each, "good") for each in good_ones)
    yield from (line(each, "bad") for each in bad_ones)


def examples(good_ones: int, bad_ones: int, seed: int, told: bool = True) -> Examples:
    """Return examples of 40 good and 15 bad clients with random features, some of which say which are bad."""
    random = np.random.default_rng(seed)
    codes: Codes = random.integers(0, 120, (good_ones + bad_ones, len(FEATURES))).astype(np.uint8)
    is_bad: NDArray[np.bool_] = np.arange(len(codes)) >= good_ones
    groups = np.where(is_bad, 100 + random.integers(0, 15, len(codes)), random.integers(0, 40, len(codes)))
    if told:
        codes[is_bad, PLACES["quotes"]] += 70
        codes[is_bad, PLACES["path_depth"]] //= 3
        codes[is_bad, PLACES["user_agent"]] = 7
    return Examples(codes, is_bad, groups.astype(np.intp), "client")
