"""Exchanges carry the owner of their connection, as far as the decoder was told it; only the core does that."""

from typing import Any

import numpy as np
import pytest
from decoders import core_decoder
from wire import Talk, get, ok

from traffic.batch import TEXTS
from traffic.decoder import Decoder
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import Exchange

CURL = ("curl", 44, "ann", "", "", "", "")
NGINX = ("nginx", None, "", "", "", "", "")
WORKER = ("nginx", 11, "33", "web", "9f" * 32, "nginx:1.29", "shop/cart")
FIELDS = ("process", "process_id", "user", "container", "container_id", "container_image", "pod")
LIMITS = Limits(owners=100)
TIME = 1000.0


def talk(client_port: int = 50000, time: float = TIME) -> Talk:
    return Talk(client_port=client_port, time=time).client(get()).server(ok())


ENDS = ("10.0.0.1", 50000, "10.0.0.2", 80)


def frames(*talks: Talk) -> Frames:
    return Frames.of([frame for one in talks for frame in one.frames])


def owner_of(exchange: Exchange) -> tuple[object, ...]:
    return tuple(getattr(exchange, name) for name in FIELDS)


def owners_in(decoder: Any) -> list[tuple[Any, ...]]:
    return [owner_of(exchange) for exchange in decoder.take().records() if isinstance(exchange, Exchange)]


def test_an_owner_that_is_known_before_is_attached() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.set_owners([WORKER, CURL], [(*ENDS, TIME, 1)])
    decoder.feed(frames(talk()))
    assert owners_in(decoder) == [CURL]


def test_an_owner_that_is_found_before_the_batch_is_taken_is_attached() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.feed(frames(talk()))
    assert decoder.asked_owners(2000) == [ENDS]
    decoder.set_owners([CURL], [(*ENDS, TIME + 1, 0)])
    assert owners_in(decoder) == [CURL]
    assert decoder.health.unknown_owners == 0


def test_an_owner_that_stays_unknown_is_counted_and_asked_for_again() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.feed(frames(talk()))
    decoder.asked_owners(2000)
    assert owners_in(decoder) == [("", None, "", "", "", "", "")]
    assert decoder.health.unknown_owners == 1
    assert decoder.asked_owners(2000) == [ENDS]


def test_who_listens_owns_the_exchanges_from_the_first_on() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.set_listeners([WORKER], [("10.0.0.2", 4)], [(4, "0.0.0.0", 80, False, 0)])
    decoder.feed(frames(talk()))
    assert decoder.asked_owners(2000) == []
    assert owners_in(decoder) == [WORKER]


def test_the_worker_that_accepted_counts_once_it_is_found() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.set_listeners([NGINX], [("10.0.0.2", 4)], [(4, "0.0.0.0", 80, True, 0)])
    both = talk().client(get()).server(ok())
    first = len(talk().frames)
    decoder.feed(Frames.of(both.frames[:first]))
    assert decoder.asked_owners(2000) == [ENDS]
    assert owners_in(decoder) == [NGINX]
    decoder.set_owners([WORKER], [(*ENDS, TIME + 1, 0)])
    decoder.feed(Frames.of(both.frames[first:]))
    assert owners_in(decoder) == [WORKER]
    assert decoder.health.unknown_owners == 0


def test_connections_between_other_hosts_are_neither_asked_for_nor_unknown() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.set_listeners([NGINX], [("10.0.0.9", 0)], [(0, "0.0.0.0", 80, False, 0)])
    decoder.feed(frames(talk()))
    assert decoder.asked_owners(2000) == []
    assert owners_in(decoder) == [("", None, "", "", "", "", "")]
    assert decoder.health.unknown_owners == 0


def test_a_new_connection_between_the_same_ports_has_an_owner_of_its_own() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.set_owners([CURL], [(*ENDS, TIME, 0)])
    decoder.feed(frames(talk()))
    later = Talk(client_port=50000, time=TIME + 60, first=(700_000, 900_000)).client(get()).server(ok())
    decoder.feed(frames(later))
    decoder.finish()
    assert owners_in(decoder) == [CURL, ("", None, "", "", "", "", "")]


def test_columns_have_the_owners_too() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.set_owners([WORKER, CURL], [(*ENDS, TIME, 0), ("10.0.0.1", 50001, *ENDS[2:], TIME, 1)])
    decoder.feed(frames(talk(), talk(50001), talk(50002)))
    batch = decoder.take()
    table = batch.table(Exchange)
    for place, name in enumerate(FIELDS):
        expected = [WORKER[place], CURL[place], None if name == "process_id" else ""]
        if name in TEXTS[Exchange]:
            texts = table.texts(name)
            assert [texts.values[code] for code in texts.codes] == expected
        else:
            assert table.numbers(name).tolist() == [11, 44, -1]
            assert table.numbers(name).dtype == np.int64
    assert [owner_of(one) for one in table.records()] == [WORKER, CURL, ("", None, "", "", "", "", "")]


def test_owners_are_forgotten_at_a_limit_which_is_counted() -> None:
    decoder = core_decoder(limits=Limits(owners=2))
    decoder.set_owners([CURL], [("10.0.0.1", 50000 + port, *ENDS[2:], TIME, 0) for port in range(5)])
    decoder.feed(frames(*(talk(50000 + port) for port in range(5))))
    assert [process for process, *_ in owners_in(decoder)] == ["", "", "", "curl", "curl"]
    health = decoder.health
    assert (health.forgotten_owners, health.unknown_owners) == (3, 3)


def test_questions_are_bounded_and_counted() -> None:
    decoder = core_decoder(limits=LIMITS)
    decoder.feed(frames(*(talk(20000 + port) for port in range(1100))))
    asked = decoder.asked_owners(24)
    assert [port for _, port, _, _ in asked] == list(range(21099, 21075, -1)), "the latest, which may still be there"
    assert len(decoder.asked_owners(2000)) == 1000
    decoder.take()
    assert decoder.health.unasked_owners >= 1100 - 1024


def test_without_a_resolver_nothing_is_asked_or_counted() -> None:
    decoder = core_decoder()
    decoder.set_owners([CURL], [(*ENDS, TIME, 0)])
    decoder.feed(frames(talk()))
    assert decoder.asked_owners(2000) == []
    assert owners_in(decoder) == [("", None, "", "", "", "", "")]
    assert decoder.health.unknown_owners == 0


@pytest.mark.parametrize("wrong", [("host", 1, "10.0.0.2", 80, TIME, 0), (*ENDS, TIME, 1)])
def test_a_wrong_call_raises(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"not an IP address|no owner"):
        core_decoder(limits=LIMITS).set_owners([CURL], [wrong])


def test_the_reference_leaves_owners_empty() -> None:
    decoder = Decoder({80}, LIMITS)
    decoder.set_owners([CURL], [(*ENDS, TIME, 0)])
    decoder.set_listeners([CURL], [("10.0.0.2", 0)], [(0, "0.0.0.0", 80, False, 0)])
    decoder.feed(frames(talk()))
    assert decoder.asked_owners(2000) == ()
    assert owners_in(decoder) == [("", None, "", "", "", "", "")]
