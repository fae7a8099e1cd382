"""Questions to inspectors: each is answered once, whatever happens to its worker."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from contents import content
from doubles import DOUBLES

from inspection.asking import Asking, Questions, Reply
from inspection.processes import Stem
from inspection.terms import Terms

LONG = 60.0
"""Seconds that nothing takes."""
NEVER = threading.Event()


@contextmanager
def asking(*names: str, most: int = 100, **terms: object) -> Iterator[Asking]:
    """Run test doubles with these names."""
    limits = Terms(**{"lockdown": False, "disables": False, **terms})  # type: ignore[arg-type]
    stem = Stem(lambda: [DOUBLES[name]() for name in names], limits)
    try:
        made = Asking(stem, names, limits, most)
        made.start()
        try:
            yield made
        finally:
            made.close()
    finally:
        stem.close()


def answers(asked: Asking, *bodies: bytes) -> list[Reply]:
    """Ask all at once, and return the answers in the same order."""
    found: dict[int, list[Reply]] = {number: [] for number in range(len(bodies))}
    left = threading.Semaphore(0)

    def told(number: int, reply: Reply) -> None:
        found[number].append(reply)
        left.release()

    for number, body in enumerate(bodies):
        assert asked.ask(content(f"/{number}", body), lambda reply, own=number: told(own, reply))  # type: ignore[misc]
    for _ in bodies:
        assert left.acquire(timeout=LONG)
    assert all(len(replies) == 1 for replies in found.values())
    return [found[number][0] for number in found]


def paths(replies: list[Reply]) -> list[list[str]]:
    return [[each.path for each in reply.findings] for reply in replies]


@pytest.mark.parametrize("workers", [1, 3])
def test_each_question_has_its_own_answer(workers: int) -> None:
    with asking("word", workers=workers) as asked:
        replies = answers(asked, *(b"attack" if number % 3 == 0 else b"" for number in range(60)))
    assert paths(replies) == [[f"/{number}"] if number % 3 == 0 else [] for number in range(60)]
    assert {reply.missed for reply in replies} == {""}


@pytest.mark.parametrize(
    ("name", "bait", "missed", "deaths"),
    [
        ("loops", b"loop", "over budget", {}),
        ("crashes", b"crash", "process died", {"died (signal 11)": 1}),
        ("sleeps", b"sleep", "no answer", {"did not answer": 1}),
        ("raises", b"raise", "inspector failed", {}),
        ("hostile", b"no JSON", "process died", {"gave a wrong answer": 1}),
    ],
)
def test_what_ends_or_confuses_a_worker_is_a_reason_and_harms_nobody_else(
    name: str, bait: bytes, missed: str, deaths: dict[str, int]
) -> None:
    with asking("word", name, budget=0.2, silence=0.2 if name == "sleeps" else LONG) as asked:
        replies = answers(asked, b"attack", bait, b"attack", b"")
        assert [reply.missed for reply in replies] == ["", missed, "", ""]
        assert paths(replies) == [["/0"], [], ["/2"], []]
        assert asked.deaths == deaths


def test_an_inspector_that_failed_is_asked_again() -> None:
    with asking("word", "raises") as asked:
        replies = answers(asked, b"raise", b"raise", b"attack")
        assert [reply.missed for reply in replies] == ["inspector failed", "inspector failed", ""]
        assert asked.failures[0].name == "raises"


def test_what_is_given_up_is_never_begun_and_makes_room() -> None:
    told: list[Reply] = []
    queue = Questions(2)
    one, other = queue.put(content("/1"), told.append), queue.put(content("/2"), told.append)
    assert one is not None
    assert other is not None
    assert queue.put(content("/3"), told.append) is None
    one.given_up = True
    third = queue.put(content("/4"), told.append)
    assert third is not None
    assert [job.content.path for job in (*queue.next(NEVER), *queue.next(NEVER))] == ["/2", "/4"]
    assert told == []


def test_at_the_end_what_waits_is_told_so_and_nothing_more_is_taken() -> None:
    told: list[Reply] = []
    queue = Questions(2)
    queue.put(content("/1"), told.append)
    queue.close()
    assert told == [Reply(missed="program ended")]
    assert queue.put(content("/2"), told.append) is None
    assert queue.next(NEVER) == []


def test_what_nobody_noted_died() -> None:
    told: list[Reply] = []
    queue = Questions(2)
    queue.put(content("/1"), told.append)
    jobs = queue.next(NEVER)
    queue.done(jobs)
    queue.done(jobs)
    assert told == [Reply(missed="process died")]
