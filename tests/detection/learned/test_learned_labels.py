"""Reading labels: what counts, what is left out and why, and who wins if two lines disagree."""

import json

import pytest
from labelled import bad, good, hexadecimal, line, visit

from detection.learned.labels import LONGEST_LINE, LabelReader, Labels
from traffic.features import DIGITS
from view.exchange_line import Discretion, exchange_line


def read(*lines: str) -> Labels:
    reader = LabelReader(DIGITS)
    reader.read(f"{each}\n".encode() for each in lines)
    return reader.labels()


def changed(**fields: object) -> str:
    """Return a good line with other fields; those that are None are missing."""
    found = {**json.loads(line(visit("198.51.100.1"), "good")), **fields}
    return json.dumps({name: value for name, value in found.items() if value is not None})


def test_a_line_of_the_log_with_a_label_is_an_example_with_what_a_model_uses() -> None:
    visited = visit("203.0.113.9", status=404, quotes=5)
    (example,) = read(line(visited, "bad")).examples
    assert example.is_bad
    kept = example.exchange
    assert (kept.client, kept.domain, kept.status) == ("203.0.113.9", "shop.example", 404)
    assert (kept.response_bytes, kept.response_time) == (3000, 0.01)
    assert kept.features == visited.features


def test_the_screen_writes_the_same_lines() -> None:
    visited = visit("203.0.113.9")
    assert json.loads(exchange_line(visited, Discretion(), "bad")) == json.loads(line(visited, "bad"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("no json", "not JSON"),
        ("[" * 10_000, "not JSON"),
        ("[1]", "not a JSON object"),
        (changed(label=None), "no label"),
        (changed(label="ugly"), 'its label is not "good", "bad" or "none"'),
        (changed(label=["good"]), 'its label is not "good", "bad" or "none"'),
        (changed(**{"http_monitor.ending": None}), "not a line about an exchange"),
        (changed(**{"http_monitor.features": None}), "no features"),
        (changed(**{"http_monitor.features": hexadecimal()[2:]}), "its features are of another version"),
        (changed(**{"http_monitor.features": "é" * DIGITS}), "its features are of another version"),
        (changed(**{"http_monitor.features": 12}), "its features are of another version"),
        (changed(**{"http.response.status_code": "200"}), "http.response.status_code is not a whole number"),
        (changed(**{"http.response.body.bytes": -1}), "http.response.body.bytes is not a whole number"),
        (changed(**{"http.response.body.bytes": 2**63}), "http.response.body.bytes is not a whole number"),
        (changed(**{"client.ip": 7}), "client.ip is not a text"),
        (changed(more="x" * LONGEST_LINE), f"more than {LONGEST_LINE:,} bytes"),
    ],
)
def test_a_wrong_line_is_told_by_number_and_reason_and_left_out(wrong: str, reason: str) -> None:
    labels = read(line(visit("198.51.100.1"), "good"), "", wrong)
    assert [(each.is_bad, each.exchange.client) for each in labels.examples] == [(False, "198.51.100.1")]
    (problem,) = labels.problems
    assert problem.sentence == f"line 3: {reason}"


def test_many_wrong_lines_are_counted_by_reason_most_frequent_first() -> None:
    labels = read("x", *([changed(label=None)] * 5), "y")
    assert [each.sentence for each in labels.problems] == ["lines 2, 3, 4 and 2 more: no label", "lines 1, 7: not JSON"]


def test_bytes_that_are_no_text_are_no_label() -> None:
    reader = LabelReader(DIGITS)
    reader.read([b"\xff\xfe\n", b'{"label": "\xff"}\n'])
    assert [each.reason for each in reader.labels().problems] == ["not JSON"]


def test_a_mark_that_was_taken_back_is_no_example() -> None:
    one, two = visit("203.0.113.9", 1), visit("203.0.113.9", 2)
    labels = read(line(one, "bad"), line(two, "bad"), line(one, "none"))
    assert [each.exchange.request.target for each in labels.examples if each.exchange.request] == ["/items/2"]
    assert (labels.taken_back, labels.contradicted) == (1, ())


def test_of_contradictory_lines_the_later_one_counts_and_that_is_told() -> None:
    one = visit("203.0.113.9", 1)
    labels = read(line(one, "bad"), line(one, "bad"), line(one, "good"))
    assert [each.is_bad for each in labels.examples] == [False]
    assert (labels.repeated, labels.contradicted) == (1, (3,))


def test_a_mark_that_is_taken_back_and_made_anew_contradicts_nothing() -> None:
    one = visit("203.0.113.9", 1)
    labels = read(line(one, "bad"), line(one, "none"), line(one, "good"))
    assert [each.is_bad for each in labels.examples] == [False]
    assert labels.contradicted == ()


def test_several_files_are_one() -> None:
    count, reader = 40, LabelReader(DIGITS)
    reader.read(line(each, "good").encode() for each in good(count))
    reader.read(line(each, "bad").encode() for each in bad(count))
    assert [each.is_bad for each in reader.labels().examples] == [False] * count + [True] * count


def test_no_more_lines_are_read_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detection.learned.labels.MOST_LINES", 3)
    labels = read(*(line(visit("198.51.100.1", number), "good") for number in range(5)))
    assert len(labels.examples) == 3
    assert [each.sentence for each in labels.problems] == ["line 4: only 3 lines are read"]
