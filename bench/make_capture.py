"""Makes a capture of web traffic with its truth: `python -m bench.make_capture --packets 500000 FILE.pcap`.

Keep-alive connections overlap in time, at about 1000 requests/s of packet time. The same arguments produce the same
bytes. FILE.truth.jsonl, written beside FILE.pcap, has a line for each transaction: client, server, request, response,
times (seconds since the epoch), the number of its `packets`, and how many of them are `missing` in the capture without
any copy of their bytes.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from random import Random
from struct import Struct
from typing import Any, Final, TextIO

from bench.conversation import CLIENT, SERVER, Ends, Faults, SimulatedConnection
from bench.visits import Visitor

PACKETS: Final = 500_000
FAULTS: Final = Faults(reordered=0.015, retransmitted=0.01, lost=0.002)
SEED: Final = 20
START: Final = 1_715_677_200_000_000
"""Microseconds since the epoch."""
CONNECTIONS_PER_SECOND: Final = 100
REQUESTS: Final = 10
"""Average number of requests per connection."""
THINKING: Final = 500_000
"""Average microseconds between a response and the next request."""
SERVING: Final = 15_000
"""Average microseconds between a request and its response."""
SERVERS: Final = [int(IPv4Address("192.0.2.10")) + number for number in range(4)]
CLIENTS: Final = int(IPv4Address("198.18.0.0"))
"""First of 131072 addresses reserved for benchmarks (RFC 2544)."""
SNAP_LENGTH: Final = 65535
FILE_HEADER: Final = Struct("<IHHiIII").pack(0xA1B2C3D4, 2, 4, 0, 0, SNAP_LENGTH, 1)

_record: Final = Struct("<IIII")


class Recording:
    """The capture file. Frames arrive roughly in order of time, and are written in order."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 20)
        self._file.write(FILE_HEADER)
        self._waiting: list[tuple[int, int, bytes]] = []
        self.packets = 0
        """Number of frames taken so far."""

    def capture(self, time: int, frame: bytes) -> None:
        """Take a frame."""
        self.packets += 1
        heappush(self._waiting, (time, self.packets, frame))

    def write_until(self, time: float) -> None:
        """Write all frames up to `time`; no earlier frame will come."""
        waiting, write = self._waiting, self._file.write
        while waiting and waiting[0][0] <= time:
            at, _, frame = heappop(waiting)
            seconds, fraction = divmod(at, 1_000_000)
            write(_record.pack(seconds, fraction, len(frame), len(frame)) + frame)

    def close(self) -> None:
        """Write the remaining frames, and close the file."""
        self.write_until(float("inf"))
        self._file.close()


class TrafficMaker:
    """All connections of a capture. Each is a generator that yields the time of its next step."""

    def __init__(self, recording: Recording, truth: TextIO, packets: int, faults: Faults, random: Random) -> None:
        self._recording = recording
        self._truth = truth
        self._packets = packets
        self._faults = faults
        self._random = random
        self._numbers = count(1)

    def play(self) -> None:
        """Play all connections to their end."""
        agenda: list[tuple[int, int, Iterator[int]]] = []
        time, opened = START, 0
        while self._goes_on() or agenda:
            if self._goes_on() and (not agenda or agenda[0][0] >= time):
                opened += 1
                heappush(agenda, (time, opened, self._connection(opened, time)))
                time += int(self._random.expovariate(CONNECTIONS_PER_SECOND / 1e6)) + 1
            at, number, connection = heappop(agenda)
            self._recording.write_until(at)
            with suppress(StopIteration):
                heappush(agenda, (next(connection), number, connection))

    def _goes_on(self) -> bool:
        return self._recording.packets < self._packets

    def _connection(self, number: int, time: int) -> Iterator[int]:
        random = self._random
        client = CLIENTS + int(random.paretovariate(0.3)) % 131_072
        ends = Ends(client, 1024 + number % 64_000, random.choice(SERVERS), 80)
        conversation = SimulatedConnection(ends, self._recording.capture, random, self._faults)
        visitor = Visitor(random)
        time = conversation.open(time)
        for _ in range(int(random.expovariate(1 / REQUESTS)) + 1):
            yield time
            thinking = int(random.expovariate(1 / THINKING))
            time = self._transaction(conversation, visitor, ends, time, thinking)
            if not self._goes_on():
                break
        yield time
        conversation.close(time)

    def _transaction(
        self, conversation: SimulatedConnection, visitor: Visitor, ends: Ends, time: int, thinking: int
    ) -> int:
        """Make a request and its response; return when the next request is due."""
        visit = visitor.visit(next(self._numbers))
        serving = int(self._random.expovariate(1 / SERVING)) + 100
        asked = conversation.say(CLIENT, time, visit.request, time + serving)
        answered = conversation.say(SERVER, asked.end + serving, visit.response, asked.end + serving + thinking)
        facts: dict[str, Any] = {
            "time": asked.first / 1e6,
            "client": str(IPv4Address(ends.client)),
            "client_port": ends.client_port,
            "server": str(IPv4Address(ends.server)),
            "method": visit.method,
            "host": visit.host,
            "target": visit.target,
            "status": visit.status,
            "request_bytes": visit.request_body,
            "response_bytes": visit.response_body,
            "response_time": round((answered.first - asked.first) / 1e6, 6),
            "packets": asked.packets + answered.packets,
            "missing": asked.missing + answered.missing,
        }
        self._truth.write(json.dumps(facts) + "\n")
        return answered.end + thinking


def truth_of(capture: Path) -> Path:
    """Return the path of a capture's truth."""
    return capture.with_suffix(".truth.jsonl")


def make_capture(path: Path, packets: int = PACKETS, faults: Faults = FAULTS, seed: int = SEED) -> None:
    """Write the capture and its truth. A file with this name is always complete.

    Raises:
        OSError: the files cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    recording = Recording(unfinished)
    with truth_of(path).open("w") as truth:
        TrafficMaker(recording, truth, packets, faults, Random(seed)).play()
    recording.close()
    os.replace(unfinished, path)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the requested capture."""
    parser = argparse.ArgumentParser(prog="python -m bench.make_capture", description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--packets", type=int, default=PACKETS, help="at least so many (default: %(default)s)")
    parser.add_argument("--loss", type=float, default=FAULTS.lost * 100, help="percent missing (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="another one makes another capture")
    given = parser.parse_args(argv)
    make_capture(given.file, given.packets, FAULTS._replace(lost=given.loss / 100), given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
