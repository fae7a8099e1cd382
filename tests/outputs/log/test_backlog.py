"""What is queued for a daemon, told with a clock of its own."""

from outputs.log.backlog import DOUBT, KEPT, OVERHEAD, Backlog


def filled(*messages: bytes, limit: int = 10_000) -> Backlog:
    backlog = Backlog("syslog logs (tls)", limit)
    for message in messages:
        backlog.add(message)
    return backlog


def test_messages_leave_in_their_order_and_urgent_ones_first() -> None:
    backlog = filled(b"1", b"2")
    backlog.add(b"3", urgent=True)
    assert backlog.take(0.0) == [b"3", b"1", b"2"]
    backlog.sent(0.0)
    assert backlog.take(0.0) == []
    assert backlog.complaints(0.0) == []


def test_a_large_queue_is_sent_block_by_block() -> None:
    backlog = filled(*([b"x" * 40_000] * 3), limit=2**20)
    assert len(backlog.take(0.0)) == 2
    backlog.sent(0.0)
    assert len(backlog.take(0.0)) == 1


def test_if_there_is_no_room_the_oldest_that_is_not_urgent_is_dropped_and_counted() -> None:
    backlog = Backlog("syslog logs (tls)", 3 * (OVERHEAD + 1))
    backlog.add(b"a", urgent=True)
    for message in (b"1", b"2", b"3"):
        backlog.add(message)
    assert backlog.take(0.0) == [b"a", b"2", b"3"]
    assert backlog.complaints(0.0) == ["syslog logs (tls): 1 event lost: the queue was full"]


def test_urgent_messages_are_bounded_too() -> None:
    backlog = Backlog("x", 2 * (OVERHEAD + 1))
    for message in (b"1", b"2", b"3"):
        backlog.add(message, urgent=True)
    assert backlog.take(0.0) == [b"2", b"3"]


def test_while_a_daemon_is_away_the_pauses_grow() -> None:
    backlog = filled(b"1", b"2")
    assert backlog.take(0.0) == [b"1", b"2"]
    backlog.unavailable(0.0, "connection refused", chance=0.0)
    assert backlog.take(0.9) == []
    assert backlog.complaints(0.0) == [
        "syslog logs (tls): connection refused; tried once, next try in 1 s; 2 events queued"
    ]
    assert backlog.take(1.0) == [b"1", b"2"]
    backlog.unavailable(1.0, "connection refused", chance=0.0)
    assert backlog.pause(1.0) == 2.0
    assert backlog.take(3.0) == [b"1", b"2"]
    backlog.sent(3.0)
    backlog.confirm(3.0 + DOUBT)
    assert not backlog.failing
    assert backlog.complaints(4.0) == []
    assert backlog.remarks() == []


def test_what_was_sent_just_before_a_connection_broke_is_sent_again() -> None:
    backlog = filled(b"1")
    backlog.take(0.0)
    backlog.sent(0.0)
    backlog.confirm(DOUBT)
    backlog.add(b"2")
    backlog.take(1.5)
    backlog.sent(1.5)
    backlog.confirm(1.6)
    assert backlog.in_doubt
    backlog.add(b"3")
    backlog.take(1.7)
    backlog.unavailable(1.7, "connection reset", chance=0.0)
    assert backlog.take(2.7) == [b"2", b"3"]
    assert backlog.remarks() == ["syslog logs (tls): 1 event sent again after a broken connection"]


def test_a_daemon_that_takes_everything_and_breaks_off_each_time_is_not_called_without_pause() -> None:
    backlog, now, pauses = filled(b"1"), 0.0, []
    for _ in range(3):
        assert backlog.take(now) == [b"1"]
        backlog.sent(now)
        backlog.unavailable(now, "the connection was closed", chance=0.0)
        pauses.append(backlog.pause(now))
        now += pauses[-1] or 0.0
    assert pauses == [1.0, 2.0, 4.0]


def test_what_is_kept_is_bounded() -> None:
    backlog = Backlog("x", 2**30)
    for _ in range(100):
        backlog.add(b"y" * 2**16)
        backlog.take(0.0)
        backlog.sent(0.0)
    backlog.unavailable(0.0, "connection reset", chance=0.0)
    assert backlog.waiting == KEPT // 2**16


def test_at_the_end_what_is_left_is_counted_as_lost() -> None:
    backlog = filled(b"1", b"2")
    backlog.take(0.0)
    backlog.unavailable(0.0, "timed out", chance=0.0)
    backlog.hurry()
    assert backlog.take(0.0) == [b"1", b"2"]
    backlog.abandon()
    assert backlog.complaints(0.0) == ["syslog logs (tls): 2 events lost: timed out"]
    assert (backlog.waiting, backlog.take(9.0)) == (0, [])


def test_messages_that_were_shortened_are_counted() -> None:
    backlog = filled(b"1")
    backlog.shortened()
    backlog.too_long()
    assert backlog.remarks() == ["syslog logs (tls): 1 event shortened to fit into a message"]
    assert backlog.complaints(0.0) == ["syslog logs (tls): 1 event lost: too long"]


def test_room_is_made_before_more_is_queued() -> None:
    backlog = filled(*([b"x"] * 4), limit=4 * (OVERHEAD + 1))
    assert not backlog.fits(b"y")
    assert not backlog.has_room
    backlog.take(0.0)
    assert backlog.fits(b"y")
    assert backlog.has_room


def test_what_nobody_knows_to_be_read_is_lost_at_the_end_unless_the_daemon_ends_the_connection() -> None:
    ended, cut = filled(b"1"), filled(b"1", b"2")
    for backlog in (ended, cut):
        backlog.take(0.0)
        backlog.sent(0.0)
    cut.add(b"3")
    ended.read()
    for backlog in (ended, cut):
        backlog.abandon()
        backlog.abandon()
    assert ended.complaints(1.0) == []
    assert cut.complaints(1.0) == ["syslog logs (tls): 3 events lost: the program ended"]
