"""Exchanges as CSV: the fields of the log as columns."""

import csv
import json
import string
from io import StringIO

from records import ended, request

from view.exchange_csv import COLUMNS, csv_lines
from view.exchange_line import Discretion, exchange_line

WHOLE = Discretion(queries=True)
EXCHANGE = ended(
    request(1.0, target="/a?b=1", host="shop:81", user_agent='a "b", c', referrer="http://a/"), 200, 0.1
)._replace(oddities=("one", "two"))


def table(*exchanges: object) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO("".join(csv_lines(exchanges, WHOLE)))))  # type: ignore[arg-type]


def test_a_row_has_every_field_of_the_line_in_the_log() -> None:
    call = EXCHANGE._replace(protocol="grpc", operation="shop.Cart/Add", grpc_status=0, request_messages=1)
    socket = EXCHANGE._replace(protocol="websocket", first_message_time=0.1, close_code=1000, close_reason="bye")
    for exchange in (call, socket, EXCHANGE):
        (row,) = table(exchange)
        assert {name for name, value in row.items() if value} == set(json.loads(exchange_line(exchange, WHOLE)))
    assert row["user_agent.original"] == 'a "b", c'
    assert row["http_monitor.oddities"] == "one; two"
    assert row["http.response.status_code"] == "200"
    assert tuple(row) == COLUMNS


def test_no_cell_is_a_formula() -> None:
    for first in string.punctuation:
        (row,) = table(EXCHANGE._replace(content_type=f"{first}1+1"))
        assert (row["http.response.mime_type"][0] == "'") is (first in "=+-@'")


def test_without_exchanges_there_is_only_the_heading() -> None:
    assert list(csv_lines([], WHOLE)) == [",".join(COLUMNS) + "\r\n"]


def test_named_header_fields_are_the_last_columns() -> None:
    named = EXCHANGE._replace(response_headers="x-cache: HIT\ncookie: a")
    one, other = table(EXCHANGE, named)
    assert tuple(one)[-2:] == ("http.response.headers.x-cache", "http.response.headers.cookie")
    assert (one["http.response.headers.x-cache"], other["http.response.headers.x-cache"]) == ("", "HIT")
    assert other["http.response.headers.cookie"] == "***"
