"""Sends HTTP requests to a host, at a steady pace or following a scenario, and prints each result.

The core is a library: a scenario is an endless iterator of steps and uses neither a clock nor a network; a `Client`
sends one step. The demo uses both.
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
"""The burst scenario sends 10 requests at the given pace, then 100 requests 50 times as fast."""


class Step(NamedTuple):
    """One request of a scenario."""

    delay: float
    """Seconds after the previous step."""
    method: str
    path: str
    """Path with its query, if any."""
    user_agent: str
    upload: int = 0
    """Size of the request body in bytes."""
    host: str = ""
    """Value of the Host field; empty means the host of the URL."""


class Outcome(NamedTuple):
    """The result of a step."""

    status: int | None
    """Status code; None if there was no complete response."""
    size: int
    """Bytes of the response body as sent, compressed if the server compresses."""
    seconds: float
    """Seconds from sending to the last byte, or until the client gave up."""
    failure: str
    """Why there was no complete response, as a phrase; otherwise empty."""


# Scenarios ------------------------------------------------------------------------------------------------------------


def steady(interval: float) -> Iterator[Step]:
    """Repeat the same GET request."""
    return itertools.repeat(Step(interval, "GET", "/", AGENT))


def burst(interval: float) -> Iterator[Step]:
    """Alternate between a slow phase and a burst."""
    quiet = [Step(interval, "GET", "/", AGENT)] * QUIET_STEPS
    rush = [Step(interval / BURST_SPEED, "GET", "/", AGENT)] * BURST_STEPS
    return itertools.cycle(quiet + rush)


def errors(interval: float) -> Iterator[Step]:
    """Repeat one good request, one for a missing page, and one for a path that some servers answer with 500."""
    paths = ("/", "/no-such-page", "/status/500")
    return (Step(interval, "GET", path, AGENT) for path in itertools.cycle(paths))


MIXED: Final = (
    # weight, method, path, body bytes
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
"""Requests of the mixed scenario. None asks a server to change or delete anything: the host may be anyone's."""


def mixed(interval: float) -> Iterator[Step]:
    """Send several paths, methods and user agents, in the same random order every time."""
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
    """Sends steps to one server over a keep-alive connection. It does not follow redirects."""

    def __init__(self, base_url: str, timeout: float):
        import requests  # here, so that --help is fast

        self._base_url = base_url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy would move the traffic to another port than the monitored one

    def send(self, step: Step) -> Outcome:
        """Send the step and read the whole response. A failure is an outcome, not an exception."""
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
        """Read the body and return its size. The deadline covers all of it, so a slow server cannot hold us up."""
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
    """Return the cause of a failure in a few words, found inside the exceptions wrapped around it."""
    import requests

    seen: list[BaseException] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in seen:
        seen.append(inner)
        if isinstance(inner, http.client.IncompleteRead):
            return "response cut off or malformed"
        if isinstance(inner, (requests.Timeout, TimeoutError)):
            return "timed out"
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        wrapped = getattr(inner, "reason", None) or next((a for a in inner.args if isinstance(a, BaseException)), None)
        inner = wrapped or inner.__cause__ or (None if inner.__suppress_context__ else inner.__context__)
    return " ".join(str(seen[-1]).split()) or type(error).__name__


class Tally:
    """Counts outcomes for the summary."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.failed = 0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        if outcome.status is None:
            self.failed += 1
        else:
            self.statuses[outcome.status] += 1

    def summary(self, seconds: float) -> str:
        """Return the summary as one line."""
        answered = self.statuses.total()
        by_status = ", ".join(f"{status} x {count}" for status, count in sorted(self.statuses.items()))
        answers = f"{answered} answered ({by_status})" if answered else "none answered"
        sent = answered + self.failed
        return f"{sent} request{'s'[: sent != 1]} in {seconds:.1f} s: {answers}, {self.failed} failed"


def paced(steps: Iterable[Step], clock: Callable[[], float], sleep: Callable[[float], object]) -> Iterator[Step]:
    """Yield each step when it is due, the first one immediately. A late step delays all that follow."""
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
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from {lowest:g} to 86400")
    return value


def _timeout(text: str) -> float:
    return _seconds(text, 0.001)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def base_url(text: str) -> str:
    """Return the URL for `host`, `host:port`, an IPv6 address, or an http:// URL.

    Raises:
        argparse.ArgumentTypeError: the text is none of these.
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
        raise argparse.ArgumentTypeError(f"{text!r}: the monitor cannot read https; use http://")
    if not good or parts.scheme != "http" or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not a host, host:port or http://host:port/path")
    return url


def _program() -> str:
    called = os.path.basename(sys.argv[0])
    return called if called == "exercise-gen-traffic" else "gen_traffic.py"  # the name of the installed command


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line. A wrong one ends the program with one line and status 2."""
    parser = _Parser(
        prog=_program(),
        description="Send HTTP requests at a steady pace or following a scenario, and print each result. Ctrl+C stops.",
        epilog="Scenarios: steady repeats GET /. burst alternates between slow and very fast. errors requests a good "
        "path, one for 404 and one for 500. mixed uses several paths, user agents and methods (GET, HEAD, POST, "
        "OPTIONS). Proxies are ignored.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "-i",
        "--host",
        type=base_url,
        default="www.google.com",
        help="host, host:port or http:// URL (default: %(default)s)",
    )
    add(
        "-f", "--frequency", type=_seconds, default=5.0, metavar="SECONDS", help="seconds between requests (default: 5)"
    )
    add("--count", type=_count, metavar="N", help="stop after N requests")
    add("--scenario", choices=SCENARIOS, default="steady", help="what to send (default: %(default)s)")
    add(
        "--timeout",
        type=_timeout,
        default=10.0,
        metavar="SECONDS",
        help="give up on a response after this time (default: 10)",
    )
    return parser.parse_args(arguments)


def line(step: Step, outcome: Outcome) -> str:
    """Return the line to print for one request."""
    answer = f"failed: {outcome.failure}" if outcome.failure else f"{outcome.status}  {outcome.size:,} bytes"
    return f"{step.method:7} {step.path}  {answer}  {outcome.seconds * 1000:,.0f} ms"


def run(client: Client, steps: Iterable[Step], tally: Tally) -> None:
    """Send each step when it is due, and print a line for it."""
    for step in paced(steps, time.monotonic, time.sleep):
        outcome = client.send(step)
        tally.add(outcome)
        print(time.strftime("%H:%M:%S"), line(step, outcome), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return the exit status."""
    options = parse_arguments(arguments)
    # SIGINT too: a shell starts background jobs with SIGINT ignored, and Python leaves it ignored.
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
        sys.stdout = None  # the reader is gone, so nothing may be flushed to it
        return 0
    print(tally.summary(time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
