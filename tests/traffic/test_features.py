"""The features of requests, which the core finds if somebody asks for them: the same however the bytes arrive."""

import pytest
from decoders import core_decoder, fed, finished
from http2_wire import Http2Talk
from wire import Talk, get, ok

from capture.core import CORE
from detection.unseen.features import CATEGORY, FEATURES, amount
from traffic.content import Content
from traffic.features import COUNT, unpacked
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import Exchange

ASKED = Limits(features=True)
FORM = b"POST /a?b=c HTTP/1.1\r\nHost: shop\r\nContent-Length: 15\r\n\r\nx=1' or '1'='1&"
NAMES = [feature.name for feature in FEATURES]

pytestmark = pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core")


def described(talk: Talk | Http2Talk, *protocols: str, content: bool = False) -> list[str]:
    """Return the features of the exchanges of a talk, which records and the column agree about."""
    made = core_decoder(*protocols, limits=ASKED, wanted=[Content] if content else [])
    made.feed(Frames.of(talk.frames))
    made.finish()
    table = made.take().table(Exchange)
    texts = [record.features for record in table.records()]
    assert table.features().tolist() == unpacked(texts).tolist()
    assert made.held == 0
    return texts


def value(text: str, name: str) -> int:
    return int(unpacked([text])[0, NAMES.index(name)])


def test_the_core_and_this_program_name_the_same_features() -> None:
    assert CORE is not None
    assert CORE.feature_names() == NAMES
    assert len(NAMES) == COUNT
    kinds = [feature.kind for feature in FEATURES]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0] == CATEGORY


@pytest.mark.parametrize("size", [1, 7, 1460])
def test_features_do_not_depend_on_how_the_bytes_arrive(size: int) -> None:
    assert CORE is not None
    head, body = FORM[:-15], FORM[-15:]
    talk = Talk(segment_size=size).client(FORM + get("/second")).server(ok() + ok())
    first, second = described(talk)
    assert (first, second) == (CORE.request_features(head, body), CORE.request_features(get("/second"), b""))
    assert value(first, "broken_quotes") > 0 == value(second, "broken_quotes")


@pytest.mark.parametrize("size", [1, 1460])
def test_features_of_http2_are_those_of_its_head_written_as_http1(size: int) -> None:
    assert CORE is not None
    talk = Http2Talk().request(1, "/pay?a=b", method="POST", host="shop", body=b"a=<b").response(1, body=b"one")
    (found,) = described(talk, "http2")
    (again,) = described(talk, "http2", content=True)
    assert found == again == CORE.request_features(b"POST /pay?a=b HTTP/2\r\nhost: shop\r\n\r\n", b"a=<b")


def test_nobody_gets_features_who_did_not_ask() -> None:
    records = fed(core_decoder(), Talk().client(get()).server(ok()).frames)
    assert [record.features for record in records if isinstance(record, Exchange)] == [""]


def test_a_head_that_was_cut_has_no_features() -> None:
    made = core_decoder(limits=ASKED)
    records = fed(made, Talk().client(b"GET /a HTTP/1.1\r\nHost: sh").frames) + finished(made)
    assert [record.features for record in records if isinstance(record, Exchange)] in ([], [""])


def test_texts_of_another_version_are_no_features() -> None:
    assert unpacked(["", "00ff"]).tolist() == [[0] * len(FEATURES)] * 2


@pytest.mark.parametrize(("step", "least"), [(0, 0), (3, 3), (4, 4), (7, 7), (8, 8), (9, 10), (12, 16), (36, 1024)])
def test_steps_are_told_as_amounts(step: int, least: int) -> None:
    assert amount(step) == least


def test_several_threads_find_the_same_features() -> None:
    assert CORE is not None
    talk = Talk().client(FORM + get("/second")).server(ok() + ok())
    made = CORE.Decoders(2, bytes(port == 80 for port in range(2**16)), ASKED)
    made.feed(Frames.of(talk.frames))
    made.finish()
    assert [record.features for record in made.take().table(Exchange).records()] == described(talk)
