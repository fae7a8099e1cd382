"""Traffic generator: sends HTTP requests to a host at a steady pace, or by a scenario, and prints what came back.

The core is a library: a scenario is an endless iterator of steps and knows neither a clock nor a network; a `Client`
sends one step. The demo drives the same two.
"""

import argparse
import http.client
import itertools
import math
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

AGENT: Final = "gen_traffic/1.0"
AGENTS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "curl/8.11.0",
    AGENT,
)

QUIET_STEPS, BURST_STEPS, BURST_SPEED = 10, 100, 50
"""The burst scenario: so many requests at the given pace, then so many at so many times that pace."""


class Step(NamedTuple):
    """One request of a scenario."""

    delay: float
    """Seconds after the step before it."""
    method: str
    path: str
    """With its query, if any."""
    user_agent: str
    upload: int = 0
    """Bytes of the request body."""
    host: str = ""
    """Value of the Host field; empty: as the address says."""


class Outcome(NamedTuple):
    """What became of a step."""

    status: int | None
    """None when there was no whole answer."""
    size: int
    """Bytes of the body as they were sent, so compressed where the server compresses."""
    seconds: float
    """From sending to the last byte, or to giving up."""
    failure: str
    """Why there was no whole answer, as a phrase; empty when there was one."""


# Scenarios ------------------------------------------------------------------------------------------------------------


def steady(interval: float) -> Iterator[Step]:
    """The same GET, again and again."""
    return itertools.repeat(Step(interval, "GET", "/", AGENT))


def burst(interval: float) -> Iterator[Step]:
    """Quiet, then many at once, then quiet again."""
    quiet = [Step(interval, "GET", "/", AGENT)] * QUIET_STEPS
    rush = [Step(interval / BURST_SPEED, "GET", "/", AGENT)] * BURST_STEPS
    return itertools.cycle(quiet + rush)


def errors(interval: float) -> Iterator[Step]:
    """One good request, then two for what most servers do not have and some servers fail at."""
    paths = ("/", "/no-such-page", "/status/500")
    return (Step(interval, "GET", path, AGENT) for path in itertools.cycle(paths))


MIXED: Final = (
    # weight, method, path, bytes of the body
    (30, "GET", "/", 0),
    (20, "GET", "/pages/create?x=1", 0),
    (15, "GET", "/images/logo.png", 0),
    (12, "GET", "/search?q=monitor", 0),
    (8, "HEAD", "/", 0),
    (8, "POST", "/search", 200),
    (3, "OPTIONS", "/", 0),
    (3, "GET", "/no-such-page", 0),
    (1, "GET", "/status/500", 0),
)
"""Nothing here asks a server to change or delete a thing: the host may be anyone's."""


def mixed(interval: float) -> Iterator[Step]:
    """Several paths, methods and user agents, shuffled the same way each time."""
    dice = random.Random(0)
    weights = [weight for weight, *_ in MIXED]
    while True:
        _, method, path, upload = dice.choices(MIXED, weights)[0]
        yield Step(interval, method, path, dice.choice(AGENTS), upload)


SCENARIOS: Final[dict[str, Callable[[float], Iterator[Step]]]] = {
    "steady": steady,
    "burst": burst,
    "errors": errors,
    "mixed": mixed,
}


# Sending --------------------------------------------------------------------------------------------------------------


class Client:
    """Sends steps to one server, over a connection that is kept alive. Redirects are answers like any other."""

    def __init__(self, base_url: str, timeout: float):
        import requests  # late, so that --help is quick

        self._base_url = base_url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy would take the traffic off the port that is watched

    def send(self, step: Step) -> Outcome:
        """Send it, and read the whole answer. A failure is an outcome, not an exception."""
        import requests

        url = self._base_url if step.path == "/" else self._base_url.rstrip("/") + step.path
        fields = {"User-Agent": step.user_agent} | ({"Host": step.host} if step.host else {})
        begin = time.monotonic()
        try:
            with self._session.request(
                step.method,
                url,
                headers=fields,
                data=b"x" * step.upload or None,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                size = self._read(response, begin + self._timeout)
        except (requests.RequestException, OSError, ValueError) as error:
            return Outcome(None, 0, time.monotonic() - begin, reason(error))
        return Outcome(response.status_code, size, time.monotonic() - begin, "")

    def _read(self, response: "requests.Response", deadline: float) -> int:
        """Bytes of the body. The deadline is for all of it: a server that drips must not hold us."""
        import requests
        import urllib3

        size = 0
        try:
            for chunk in response.raw.stream(65536, decode_content=False):
                size += len(chunk)
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(error) from error
        return size

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reason(error: BaseException) -> str:
    """The cause of a failure in a few words, dug out of the exceptions wrapped around it."""
    import requests

    seen: list[BaseException] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in seen:
        seen.append(inner)
        if isinstance(inner, http.client.IncompleteRead):
            return "the answer is broken off or not well-formed"
        if isinstance(inner, (requests.Timeout, TimeoutError)):
            return "no answer in time"
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        wrapped = getattr(inner, "reason", None) or next((a for a in inner.args if isinstance(a, BaseException)), None)
        inner = wrapped or inner.__cause__ or (None if inner.__suppress_context__ else inner.__context__)
    return " ".join(str(seen[-1]).split()) or type(error).__name__


class Tally:
    """Counts outcomes for the line at the end."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.failed = 0

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        if outcome.status is None:
            self.failed += 1
        else:
            self.statuses[outcome.status] += 1

    def summary(self, seconds: float) -> str:
        """All of it in one line."""
        answered = self.statuses.total()
        by_status = ", ".join(f"{status} x {count}" for status, count in sorted(self.statuses.items()))
        answers = f"{answered} answered ({by_status})" if answered else "none answered"
        sent = answered + self.failed
        return f"{sent} request{'s'[: sent != 1]} in {seconds:.1f} s: {answers}, {self.failed} failed"


def paced(steps: Iterable[Step], clock: Callable[[], float], sleep: Callable[[float], object]) -> Iterator[Step]:
    """The steps, each at its time; the first at once. What took long delays the rest, and is not made up for."""
    due = None
    for step in steps:
        now = clock()
        due = now if due is None else max(now, due + step.delay)
        if due > now:
            sleep(due - now)
        yield step


# The command ----------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def _seconds(text: str, lowest: float = 0) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed: seconds, from {lowest:g} to 86400")
    return value


def _timeout(text: str) -> float:
    return _seconds(text, 0.001)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed: a whole number from 1")
    return int(text)


def base_url(text: str) -> str:
    """The URL of `host`, `host:port`, an IPv6 address, or a whole http:// URL.

    Raises:
        argparse.ArgumentTypeError: it is none of these.
    """
    if text.count(":") > 1 and "://" not in text and not text.startswith("["):
        text = f"[{text}]"
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and parts.port != 0 and not any(c.isspace() or c in '<>"\\' for c in url)
    except ValueError:
        good = False
    if good and parts.scheme == "https":
        raise argparse.ArgumentTypeError(f"{text!r}: https is encrypted, which no monitor can read; give http://")
    if not good or parts.scheme != "http" or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed: a host, host:port or http://host:port/path")
    return url


def _program() -> str:
    called = os.path.basename(sys.argv[0])
    return called if called == "exercise-gen-traffic" else "gen_traffic.py"  # the first is where it is installed


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the program with status 2 and one line when it is wrong."""
    parser = _Parser(
        prog=_program(),
        description="Sends HTTP requests at a steady pace and prints what came back. Ctrl+C stops.",
        epilog="burst: quiet, then many at once. errors: one good path, one for 404, one for 500. mixed: several "
        "paths, user agents and methods (GET, HEAD, POST, OPTIONS). Proxies are not used.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-i", "--host", type=base_url, default="www.google.com", help="host, host:port or http:// URL (%(default)s)")
    add("-f", "--frequency", type=_seconds, default=5.0, metavar="SECONDS", help="between requests (5)")
    add("--count", type=_count, metavar="N", help="stop after so many requests")
    add("--scenario", choices=SCENARIOS, default="steady", help="what to send (%(default)s)")
    add("--timeout", type=_timeout, default=10.0, metavar="SECONDS", help="to wait for an answer (10)")
    return parser.parse_args(arguments)


def line(step: Step, outcome: Outcome) -> str:
    """What is printed for one request."""
    answer = f"failed: {outcome.failure}" if outcome.failure else f"{outcome.status}  {outcome.size:,} bytes"
    return f"{step.method:7} {step.path}  {answer}  {outcome.seconds * 1000:,.0f} ms"


def run(client: Client, steps: Iterable[Step], tally: Tally) -> None:
    """Send the steps at their pace, and print a line for each."""
    for step in paced(steps, time.monotonic, time.sleep):
        outcome = client.send(step)
        tally.add(outcome)
        print(time.strftime("%H:%M:%S"), line(step, outcome), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    options = parse_arguments(arguments)
    # Both: a shell starts background jobs with SIGINT ignored, and Python then leaves it so.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    steps = itertools.islice(SCENARIOS[options.scenario](options.frequency), options.count)
    tally, begin = Tally(), time.monotonic()
    try:
        with Client(options.host, options.timeout) as client:
            print(f"{options.scenario} traffic to {options.host}", flush=True)
            run(client, steps, tally)
    except KeyboardInterrupt:
        print()
    except BrokenPipeError:
        sys.stdout = None  # the reader left: nothing more to say, and nothing to flush
        return 0
    print(tally.summary(time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
