"""The latest packets are bounded by time and by bytes, and what follows an alert is kept too."""

from math import inf

from hypothesis import given, strategies

from capture.recent_packets import MOST_KEYS, RecentPackets, up_to
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames


def batch(*times: float, size: int = 100) -> Frames:
    return Frames.of([Frame(time, LINKTYPE_ETHERNET, bytes(size), size) for time in times])


def times(batches: tuple[Frames, ...]) -> list[float]:
    return [frame.time for frames in batches for frame in frames]


def test_packets_older_than_the_time_are_dropped_in_whole_batches() -> None:
    recent = RecentPackets(60, 2**20)
    for time in range(0, 200, 10):
        recent.add(batch(time, time + 5))
    frozen = recent.freeze(0, inf)
    assert times(frozen.batches)[:2] == [130.0, 135.0], "135 is a minute before 195"
    assert frozen.whole_since == -inf, "none was dropped for lack of room"


def test_after_a_silence_only_recent_packets_are_frozen() -> None:
    recent = RecentPackets(60, 2**20)
    recent.add(batch(0, 1))
    recent.add(batch(50))
    assert times(recent.freeze(45, 60).batches) == [50.0]


def test_more_bytes_than_allowed_drop_the_oldest_packets() -> None:
    recent = RecentPackets(60, 20_000)
    for time in range(30):
        recent.add(batch(time, size=2000))
    frozen = recent.freeze(0, inf)
    kept = times(frozen.batches)
    assert recent.bytes <= 20_000
    assert 5 <= len(kept) <= 10
    assert kept[-1] == 29.0
    assert frozen.whole_since == kept[0] - 1, "the time of the last one that was dropped"


def test_a_batch_that_is_too_large_alone_is_not_kept() -> None:
    recent = RecentPackets(60, 1000)
    recent.add(batch(1, size=5000))
    assert recent.freeze(0, inf).batches == ()
    assert recent.bytes == 0


def test_parts_of_one_buffer_count_it_once_until_the_last_is_dropped() -> None:
    whole = batch(*range(100), size=1000)
    recent, alone = RecentPackets(10, 2**20), RecentPackets(1000, 2**20)
    for begin in range(0, 100, 10):
        recent.add(whole.part(begin, begin + 10))
    alone.add(whole)
    assert times(recent.freeze(0, inf).batches)[0] == 80.0
    assert len(whole.buffer) < recent.bytes < alone.bytes
    recent.add(batch(1000))
    assert recent.bytes < 2000


def test_what_follows_is_kept_up_to_a_time() -> None:
    recent = RecentPackets(60, 2**20)
    recent.add(batch(1, 2))
    recent.freeze(0, 5)
    recent.add(batch(3, 4))
    recent.add(batch(4.5, 5, 5.5))
    recent.add(batch(6))
    followed = recent.release()
    assert (times(followed.batches), followed.left_out) == ([3.0, 4.0, 4.5, 5.0], 0)
    assert recent.release().batches == (), "nothing more is kept"


def test_packets_captured_after_that_time_before_the_alert_was_noticed_are_left_out() -> None:
    recent = RecentPackets(60, 2**20)
    recent.add(batch(1, 2, 8))
    assert times(recent.freeze(0, 5).batches) == [1.0, 2.0]


def test_what_follows_is_bounded_and_what_has_no_room_is_counted() -> None:
    recent = RecentPackets(60, 10_000)
    recent.freeze(0, 100)
    for time in range(20):
        recent.add(batch(time, time + 0.5, size=1000))
    followed = recent.release()
    kept = times(followed.batches)
    assert kept == [time / 2 for time in range(len(kept))], "the first ones, without a hole"
    assert len(kept) + followed.left_out == 40
    assert 2 <= len(kept) <= 8


def test_an_empty_batch_is_ignored() -> None:
    recent = RecentPackets(60, 1000)
    recent.add(batch(1).part(0, 0))
    assert (recent.bytes, recent.freeze(0, inf).batches) == (0, ())


def test_times_out_of_order_are_still_cut() -> None:
    assert [frame.time for frame in up_to(batch(1, 9, 2, 8), 5)] == [1.0, 2.0]


def test_keys_are_kept_only_if_that_is_asked_for() -> None:
    for keeps, expected in ((True, (b"a\nb\n", b"c\n")), (False, (b"", b""))):
        recent = RecentPackets(60, 10_000, keeps_keys=keeps)
        recent.add_secrets(b"a\n")
        recent.add_secrets(b"b\n")
        before = recent.freeze(0, 100).keys
        recent.add_secrets(b"c\n")
        assert (before, recent.release().keys) == expected


def test_keys_are_bounded_too() -> None:
    recent = RecentPackets(60, 10_000, keeps_keys=True)
    line = b"x" * (MOST_KEYS // 8 - 1) + b"\n"
    for _ in range(20):
        recent.add_secrets(line)
    assert len(recent.freeze(0, 100).keys) == MOST_KEYS
    for _ in range(20):
        recent.add_secrets(line)
    assert len(recent.release().keys) == MOST_KEYS


@given(strategies.lists(strategies.integers(1, 5000), min_size=1, max_size=40), strategies.integers(1000, 30_000))
def test_memory_never_exceeds_the_bound(sizes: list[int], most: int) -> None:
    recent = RecentPackets(1000, most)
    for time, size in enumerate(sizes):
        recent.add(batch(time, size=size))
        assert 0 <= recent.bytes <= most
