"""The queue of contents is bounded, and hands out a few at a time."""

import threading

from contents import content

from inspection.contents import MOST, MOST_BYTES, Contents, size_of

GO_ON = threading.Event()
SMALL = content()
SIZE = size_of(SMALL)


def test_what_does_not_fit_is_left_out_until_there_is_room() -> None:
    queue = Contents(3 * SIZE)
    assert queue.put([SMALL] * 5) == 2
    jobs = queue.next(GO_ON)
    assert [job.place for job in jobs] == [0, 1, 2]
    assert queue.put([SMALL]) == 1
    queue.done(jobs[:2])
    assert (queue.put([SMALL] * 3), queue.waiting) == (1, 3)


def test_a_content_larger_than_the_queue_is_taken_alone() -> None:
    queue = Contents(100)
    assert queue.put([SMALL, SMALL]) == 1


def test_of_a_file_everything_is_taken() -> None:
    queue = Contents(3 * SIZE)
    assert queue.put([SMALL] * 5, all_of_them=True) == 0
    assert queue.waiting == 5


def test_few_are_handed_out_at_a_time() -> None:
    queue = Contents(2**30)
    queue.put([SMALL] * (MOST + 1))
    assert [len(queue.next(GO_ON)) for _ in range(2)] == [MOST, 1]
    queue.put([content(body=b"x" * (MOST_BYTES // 3))] * 3)
    queue.put([content(body=b"x" * (2 * MOST_BYTES))])
    assert [len(queue.next(GO_ON)) for _ in range(3)] == [2, 1, 1]


def test_who_is_stopped_or_waits_for_a_closed_queue_gets_nothing() -> None:
    queue, stopped = Contents(2**20), threading.Event()
    queue.put([SMALL])
    stopped.set()
    assert queue.next(stopped) == []
    queue.close()
    assert queue.next(GO_ON) == []
