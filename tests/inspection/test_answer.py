"""What is believed of a worker's answer."""

import json

import pytest
from contents import content

from inspection.answer import MOST_FILES, MOST_FINDINGS, Answer, Failed, answer_in, answered
from inspection.channel import WrongMessage
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding

EXCHANGE = content("/cart")
FOUND = ["sqli", "word", "high", "a reason", "some evidence", "T1190"]
HASHED = ["download", "text/html", "12", "0" * 32, "1" * 40, "2" * 64]
FILE = FileTransfer(
    1000.0, "203.0.113.9", 40000, "10.0.0.5", 80, "shop.example.com", "/cart", "download", "text/html", 12, *HASHED[3:]
)
FINDING = Finding(
    1000.0, "sqli", "word", "high", "203.0.113.9", 40000, "10.0.0.5", 80, "shop.example.com", "/cart", "a reason",
    "some evidence", "T1190",
)  # fmt: skip


def read(text: str) -> Answer:
    return answer_in(text.encode(), EXCHANGE, ("word", "other"), 100)


def test_what_is_written_is_read() -> None:
    answer = Answer((FINDING,), (Failed("other", "Traceback"),), (FILE,))
    assert answer_in(answered(answer, 100), EXCHANGE, ("word", "other"), 100) == answer


def test_a_traceback_has_no_control_characters() -> None:
    text = "Traceback:\n  File \x1b]0;pwned\x07\nKeyError: \x9b2J"
    answer = answer_in(answered(Answer((), (Failed("other", text),)), 100), EXCHANGE, ("other",), 100)
    assert [each.text for each in answer.failed] == ["Traceback:\n  File \\x1b]0;pwned\\x07\nKeyError: \\x9b2J"]


def test_who_when_and_where_is_taken_from_the_exchange() -> None:
    forged = FINDING._replace(time=5.0, client="192.0.2.1", client_port=1, server="192.0.2.2", host="bank", path="/x")
    assert answer_in(answered(Answer((forged,)), 100), EXCHANGE, ("word",), 100).findings == (FINDING,)
    elsewhere = FILE._replace(time=5.0, client="192.0.2.1", server="192.0.2.2", host="bank", path="/x")
    assert answer_in(answered(Answer(files=(elsewhere,)), 100), EXCHANGE, (), 100).files == (FILE,)


def test_a_media_type_is_made_printable() -> None:
    (file,) = read(json.dumps([[], [], [["upload", "a\x1b/\ud800", *HASHED[2:]]]])).files
    assert file.media_type == r"a\x1b/?"


def test_texts_are_cut_and_printable() -> None:
    texts = ["r\x1b[2J" + "x" * 500, "word", "high", "\ud800\u202e", "", ""]
    (found,) = read(json.dumps([[texts], [], []])).findings
    assert found.rule.startswith(r"r\x1b[2Jxxx")
    assert (len(found.rule), found.reason) == (100, r"?\u202e")
    (short,) = json.loads(answered(Answer((FINDING._replace(evidence="y" * 500),)), 20))[0]
    assert short[4] == "y" * 20


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[[], []",
        "[[], []]",
        "[[], [], [], []]",
        "[1, 2, 3]",
        "[" * 100_000,
        f"[[], [[{'9' * 100_000}]], []]",
        "[[[1, 2, 3, 4, 5, 6]], [], []]",
        "[[NaN], [], []]",
        json.dumps([[FOUND[:5]], [], []]),
        json.dumps([[[*FOUND[:5], None]], [], []]),
        json.dumps([[["sqli", "word", "urgent", "", "", ""]], [], []]),
        json.dumps([[["sqli", "stranger", "high", "", "", ""]], [], []]),
        json.dumps([[FOUND] * (MOST_FINDINGS + 1), [], []]),
        json.dumps([[], [["stranger", "Traceback"]], []]),
        json.dumps([[], [["word", ""]] * 3, []]),
        json.dumps([[], [], [HASHED[:5]]]),
        json.dumps([[], [], [["sideways", *HASHED[1:]]]]),
        json.dumps([[], [], [[*HASHED[:2], "-1", *HASHED[3:]]]]),
        json.dumps([[], [], [[*HASHED[:5], "0" * 63]]]),
        json.dumps([[], [], [["download\n", *HASHED[1:]]]]),
        json.dumps([[], [], [HASHED] * (MOST_FILES + 1)]),
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(WrongMessage):
        read(text)
