"""Invariants of every HTTP conversation, however it is split, reordered, repeated, or lost in parts."""

from collections import Counter
from random import Random

import pytest
from conversations import MIXES, PIPELINES, WAITS, Conversation, Said, repeated, shuffled, with_losses
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from wire import ACK, CLIENT, FIN, SERVER, SYN, Decoded, Segment, decode

from traffic.records import COMPLETE, Exchange

pytestmark = pytest.mark.usefixtures("each_decoder")

seeds = st.integers(0, 2**32)
often = settings(max_examples=400, derandomize=True)


def cut_again(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Split the same bytes into smaller segments."""
    parts = []
    for segment in segments:
        middle = chance.randint(0, len(segment.data))
        parts += [segment.part(0, middle), segment.part(middle, len(segment.data))] if middle else [segment]
    return parts


@given(seeds, st.sampled_from([WAITS, PIPELINES, MIXES]))
@often
def test_a_conversation_captured_in_order_is_recorded_exactly(seed: int, in_one_go: tuple[int, int]) -> None:
    conversation = Conversation(Random(seed), in_one_go)
    decoded = decode(conversation.talk.frames)
    said = [
        (target, s.method, s.status, s.request_bytes, s.response_bytes, f"for{target}", 0)
        for target, s in conversation.said.items()
    ]
    assert [
        (
            e.request.target,
            e.request.method,
            e.status,
            e.request_bytes,
            e.response_bytes,
            e.content_type,
            e.missing_bytes,
        )
        for e in decoded.exchanges
        if e.request is not None
    ] == said
    assert len(decoded.exchanges) == len(decoded.requests) == len(said)
    assert decoded.health.missing_bytes == decoded.health.gaps == decoded.held == 0


@given(seeds, st.sampled_from([WAITS, PIPELINES, MIXES]))
@often
def test_cut_shuffled_repeated_and_overlapping_segments_change_no_record(seed: int, in_one_go: tuple[int, int]) -> None:
    chance = Random(seed)
    talk = Conversation(chance, in_one_go).talk
    segments = cut_again(chance, talk.segments) if chance.random() < 0.5 else talk.segments
    captured = shuffled(chance, repeated(chance, segments), chance.choice([1, 3, 8]))
    assume(each_fin_after_its_syn(captured))
    decoded = decode(talk.as_captured(captured))
    assert decoded.said == decode(talk.frames).said
    assert decoded.health.missing_bytes == decoded.held == 0


def each_fin_after_its_syn(captured: list[Segment]) -> bool:
    """Return whether no side's FIN comes before its SYN: such a FIN is dropped, and may count as a missing byte."""
    started = set()
    for segment in captured:
        if segment.flags & SYN:
            started.add(segment.side)
        elif segment.flags & FIN and segment.side not in started:
            return False
    return True


@pytest.mark.parametrize(
    ("in_one_go", "always_captured"),
    [(WAITS, SYN), (WAITS, 0), (PIPELINES, SYN)],
    ids=["a client that waits", "a client that waits, perhaps joined in the middle", "a client that pipelines"],
)
@given(seed=seeds)
@often
def test_whatever_is_lost_every_record_is_right_and_every_loss_counted(
    seed: int, in_one_go: tuple[int, int], always_captured: int
) -> None:
    chance = Random(seed)
    conversation = Conversation(chance, in_one_go)
    talk = conversation.talk
    kept = set(with_losses(chance, talk.segments))
    captured = [s for s in talk.segments if s in kept or s.flags & always_captured]
    if chance.random() < 0.5:
        captured = shuffled(chance, captured, chance.choice([2, 5]))
    decoded = decode(talk.as_captured(captured) if chance.random() < 0.5 else map(talk.frame, by_time(captured)))
    right_requests(conversation.said, decoded)
    for exchange in decoded.exchanges:
        right_exchange(conversation.said, exchange)
    losses_counted(conversation.said, talk.segments, captured, decoded)
    assert decoded.held == 0


def by_time(segments: list[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda segment: segment.time)


def right_requests(said: dict[str, Said], decoded: Decoded) -> None:
    oddities = {e.request: e.oddities for e in decoded.exchanges if e.request is not None}
    assert Counter(oddities.keys()) == Counter(decoded.requests)
    whole = [request for request in decoded.requests if "request line cut short" not in oddities[request]]
    assert all(count == 1 for count in Counter(request.target for request in whole).values())
    for request in whole:
        assert request.method == said[request.target].method
        assert request.host == f"host{request.target[1:]}" or (
            request.host == "" and "head cut short" in oddities[request]
        )
    for request in {*decoded.requests} - {*whole}:
        assert any(target.startswith(request.target) and s.method == request.method for target, s in said.items())
        assert (request.host, request.version) == ("", "")


def right_exchange(said: dict[str, Said], exchange: Exchange) -> None:
    if exchange.status is None:
        assert exchange.ending != COMPLETE
        return
    own = said[exchange.content_type[3:]] if exchange.content_type else None
    if exchange.request is not None and own is not None:
        same = exchange.content_type == f"for{exchange.request.target}"
        cut = "request line cut short" in exchange.oddities
        assert same or (cut and exchange.content_type.startswith(f"for{exchange.request.target}")), "another's response"
    if own is None or exchange.ending != COMPLETE:
        return
    assert exchange.status == own.status
    if exchange.request is not None:
        assert exchange.response_bytes == own.response_bytes
        assert exchange.request_bytes == own.request_bytes or exchange.missing_bytes > 0


def losses_counted(said: dict[str, Said], sent: list[Segment], captured: list[Segment], decoded: Decoded) -> None:
    """Check that a response or request missing from the records is counted as missing."""
    complete = {e.request.target for e in decoded.exchanges if e.request is not None and e.ending == COMPLETE}
    if complete == set(said):
        return
    health = decoded.health
    start_seen = {s.side for s in captured if s.flags & SYN}
    assert (
        health.gaps
        or health.missing_bytes
        or health.unpaired_responses
        or health.unanswered_requests
        or len(start_seen) < 2
        or nothing_after(sent, captured)
    )


def nothing_after(sent: list[Segment], captured: list[Segment]) -> bool:
    """Return whether the lost segments came last on their side and were never acknowledged."""
    lost = [s for s in sent if s.data and s not in captured]
    return all(
        not any(s.side == side and s.data and s.time > segment.time for s in captured)
        and not any(s.side != side and s.flags & ACK and s.data and s.time > segment.time for s in captured)
        for side in (CLIENT, SERVER)
        for segment in lost
        if segment.side == side
    )
