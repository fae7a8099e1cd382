"""The contents that wait to be inspected: a bounded queue between the main thread and those that feed the workers."""

import threading
from collections import deque
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from traffic.content import Content

MOST: Final = 64
"""Contents that a worker gets at a time."""
MOST_BYTES: Final = 2**20
"""Bytes of these; a single one may have more."""
OVERHEAD: Final = 1024
"""Bytes that a content takes besides its heads and bodies."""


class Job(NamedTuple):
    """A content that waits."""

    place: int
    """Its number in the run, from 0."""
    content: Content
    size: int
    """Bytes that it takes."""


class Contents:
    """The queue. A content counts from `put` until `done`."""

    def __init__(self, most: int) -> None:
        """At most `most` bytes wait, but always at least one content."""
        self._most = most
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._bytes = 0
        self._place = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """Contents that are not done."""
        return self._waiting

    @property
    def full(self) -> bool:
        """Whether more should wait until some are done."""
        return self._bytes >= self._most

    def put(self, contents: Collection[Content], *, all_of_them: bool = False) -> int:
        """Add contents, and return how many did not fit; with `all_of_them`, none is left out."""
        left_out = 0
        with self._changed:
            for content in contents:
                size = size_of(content)
                if not all_of_them and self._waiting and self._bytes + size > self._most:
                    left_out += 1
                    continue
                self._jobs.append(Job(self._place, content, size))
                self._place += 1
                self._waiting += 1
                self._bytes += size
            self._changed.notify_all()
        return left_out

    def next(self, stopped: threading.Event) -> list[Job]:
        """Wait for contents, and return the next few; none once the queue is closed or `stopped` is set."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed or stopped.is_set())
            if self._closed or stopped.is_set():
                return []
            jobs = [self._jobs.popleft()]
            size = jobs[0].size
            while self._jobs and len(jobs) < MOST and (size := size + self._jobs[0].size) <= MOST_BYTES:
                jobs.append(self._jobs.popleft())
            return jobs

    def done(self, jobs: Sequence[Job]) -> None:
        """Note that these were inspected, or never will be."""
        with self._changed:
            self._waiting -= len(jobs)
            self._bytes -= sum(job.size for job in jobs)
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until all are done, at most so long; return whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def wake(self) -> None:
        """Let those who wait look at their `stopped`."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> int:
        """Hand out nothing more, and return how many contents were left."""
        with self._changed:
            self._closed = True
            left = self._waiting
            self._changed.notify_all()
        return left


def size_of(content: Content) -> int:
    """Return the bytes that a content takes."""
    heads = len(content.request_head) + len(content.response_head)
    return OVERHEAD + heads + len(content.request_body) + len(content.response_body)
