"""The cost of a line of the log in each format: `python -m bench.log_cost`.

It is the processor time to make the lines of all exchanges of a capture, divided by their number, and what a file and a
syslog daemon on this host cost besides. Decoding is not included.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from bench.measure import table
from bench.offline import capture_of
from bench.peers.decoder_alone import decoded
from notices.syslog_place import Place
from outputs.log.file_sink import FileSink
from outputs.log.formats import FORMATS, Terms
from outputs.log.kinds import KINDS, Origin
from outputs.log.sink import Sink
from outputs.log.syslog_sink import Delivery, SyslogSink
from traffic.records import OPTIONAL, Exchange

PACKETS: Final = 20_000
ROUNDS: Final = 3
TERMS: Final = Terms(Origin("http-monitor", "HTTP monitor", "0", "web-1"))
DELIVERY: Final = Delivery(16, "web-1", 8192, 2**25, 10.0, 30.0, patient=True)


def main() -> None:
    """Measure every format and sink, and print a table."""
    exchanges = [each for each in decoded(str(capture_of(PACKETS)), OPTIONAL) if type(each) is Exchange]
    rows = []
    for name, lines in FORMATS.items():
        line = lines(TERMS)["exchanges"]
        size = sum(len(line(each)) for each in exchanges) / len(exchanges)
        costs = [best(exchanges, line), best(exchanges, line, file), best(exchanges, line, daemon)]
        rows.append((name, f"{size:.0f}", *(f"{cost:.1f}" for cost in costs)))
    print(table(("format", "bytes", "us per line", "us with a file", "us with syslog over TCP"), rows))


def best(exchanges: list[Any], line: Callable[[Any], str], opened: Callable[[], Sink] | None = None) -> float:
    """Return the processor time of a line in microseconds, of all threads, the minimum of several rounds."""
    found = float("inf")
    for _ in range(ROUNDS):
        sink = opened() if opened is not None else None
        begun = time.process_time()
        if sink is None:
            for each in exchanges:
                line(each)
        else:
            sink.put(KINDS["exchanges"], exchanges, line)
            sink.close()
        found = min(found, time.process_time() - begun)
    return 1e6 * found / len(exchanges)


def file() -> Sink:
    """Return a file that takes everything."""
    return FileSink(os.devnull)


def daemon() -> Sink:
    """Return a sink whose daemon, a child process, takes everything."""
    server = socket.create_server(("127.0.0.1", 0))
    place = Place("tcp", "127.0.0.1", server.getsockname()[1])
    child = os.fork()
    if not child:
        connection, _ = server.accept()
        while connection.recv(2**18):
            pass
        os._exit(0)
    server.close()
    threading.Thread(target=os.waitpid, args=(child, 0), daemon=True).start()
    sink = SyslogSink(place, DELIVERY)
    sink.start()
    return sink


if __name__ == "__main__":
    main()
