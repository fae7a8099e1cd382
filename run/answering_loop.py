"""The loop of `exercise.py answer`: fronts, signals, and a status line from time to time."""

import asyncio
import os
import signal
import socket
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from cli.answer import AnswerArguments
from cli.build import PROGRAM
from detection.waf.prefilter import Prefilter
from exercise_config import Config
from inspection.asking import Asking
from outputs.errors import LogError
from outputs.log.event_log import EventLog
from traffic.batch import RecordBatch
from traffic.finding import Finding
from verdicts.judge import Judge, Policy
from verdicts.listening import BACKLOG
from verdicts.spoe.agent import Agent
from verdicts.tally import status_line
from view.outlet import OutputClosedError

if TYPE_CHECKING:
    from run.feeds import Intelligence

_POLL: Final = 0.01
"""Seconds between two looks at whether all questions are answered, at the end."""


class Parts(NamedTuple):
    """What is open."""

    asking: Asking
    policy: Policy
    prefilter: Prefilter | None
    load: Callable[[], Prefilter | None]
    """Reads the rules again for the prefilter."""
    feeds: "Intelligence | None"
    """Reads files with indicators."""
    log: EventLog | None
    spoe: Sequence[socket.socket]
    """Sockets on which HAProxy asks."""
    auth_request: Sequence[socket.socket]
    """Sockets on which nginx asks."""
    lines: Sequence[str]
    """Lines for the user, once fronts may ask."""


class Front(Protocol):
    """Who asks in one way."""

    @property
    def problems(self) -> Counter[str]:
        """What was wrong with connections."""

    def disconnect(self) -> None:
        """Close all connections."""


async def serve(parts: Parts, config: Config, given: AnswerArguments) -> None:
    """Answer until SIGINT or SIGTERM comes, or the parent ends. What was asked until then is still answered."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    judge = Judge(parts.asking, parts.policy, parts.prefilter, _logging(parts.log, stop))
    agent = Agent(judge, config.max_front_connections)
    fronts: list[Front] = [agent]
    _obey(parts, judge, stop, given.parent)
    servers = [await loop.create_server(agent, sock=each, backlog=BACKLOG) for each in parts.spoe]
    if parts.auth_request:
        from verdicts.auth_request.server import AuthRequestServer

        asked = AuthRequestServer(judge, config.max_front_connections)
        fronts.append(asked)
        servers += [await loop.create_server(asked, sock=each, backlog=BACKLOG) for each in parts.auth_request]
    for line in parts.lines:
        _say(line)
    status = loop.create_task(_report(judge, fronts, parts, config, given))
    await stop.wait()
    for server in servers:
        server.close()
    last = loop.time() + parts.policy.routes.longest_deadline
    while judge.waiting and loop.time() < last:
        await asyncio.sleep(_POLL)
    for front in fronts:
        front.disconnect()
    status.cancel()


def _obey(parts: Parts, judge: Judge, stop: asyncio.Event, parent: int) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if not any(os.isatty(number) for number in range(3)):  # there, it means that the terminal is gone
        loop.add_signal_handler(signal.SIGHUP, _read_again, parts)
    parts.asking.renewal.told = partial(_from_thread, loop, _take_over, parts, judge)
    if parts.feeds is not None:
        parts.feeds.told = partial(_from_thread, loop, _tell, parts.feeds.news)
        _tell(parts.feeds.news)
    if parent >= 0:
        loop.add_reader(parent, stop.set)


def _from_thread(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(call, *arguments)


def _read_again(parts: Parts) -> None:
    parts.asking.renewal.ask()
    if parts.feeds is not None:
        parts.feeds.ask()


def _tell(news: deque[str]) -> None:
    while news:
        _say(news.popleft())


def _take_over(parts: Parts, judge: Judge) -> None:
    """Have the prefilter made anew after the workers have loaded their rules anew, and say so."""
    _tell(parts.asking.renewal.news)

    def use(made: "asyncio.Future[Prefilter | None]") -> None:
        judge.prefilter = made.result() if made.exception() is None else None

    asyncio.get_running_loop().run_in_executor(None, parts.load).add_done_callback(use)


def _logging(log: EventLog | None, stop: asyncio.Event) -> Callable[[Finding], None]:
    """Return what writes a finding. Without standard output, if that is the log, the program ends."""

    def write(finding: Finding) -> None:
        if log is None or stop.is_set():
            return
        try:
            log.take(RecordBatch([finding]))
        except OutputClosedError:
            stop.set()
        except LogError as error:
            _say(str(error))
            stop.set()

    return write


async def _report(judge: Judge, fronts: Sequence[Front], parts: Parts, config: Config, given: AnswerArguments) -> None:
    """Print a status line on a terminal, and everywhere what went wrong since the last one."""
    loop, told, complained = asyncio.get_running_loop(), Counter[str](), set[str]()
    begun = loop.time()
    while True:
        await asyncio.sleep(config.dashboard_bucket_size)
        tally, now = judge.take_tally(), loop.time()
        if tally.questions and (given.verbose or sys.stderr.isatty()):
            _say(status_line(tally, now - begun))
        begun = now
        wrong = Counter({f"workers that {how}": number for how, number in parts.asking.deaths.items()})
        wrong += sum((front.problems for front in fronts), Counter[str]())
        for what, number in (wrong - told).items():
            _say(f"{what}: {number:,} more")
        told = wrong
        complaints = _complaints(parts)
        for line in complaints - complained:
            _say(line)
        complained = complaints


def _complaints(parts: Parts) -> set[str]:
    """Return sentences about a log that cannot be written, feeds that cannot be read, and a failure in our rules."""
    logged = parts.log.warnings if parts.log is not None else ()
    read = parts.feeds.warnings if parts.feeds is not None else ()
    failed = (
        f"{each.name} failed at a request, which was undecided: {each.text.strip().splitlines()[-1]}"
        for each in parts.asking.failures
    )
    return {*logged, *read, *failed}


def _say(line: str) -> None:
    print(f"{PROGRAM}: {line}", file=sys.stderr, flush=True)
