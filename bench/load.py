"""Load by wrk, with the mix of sizes of `bench.network`, as fast as possible or with pauses."""

import re
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.measure import CommandError
from bench.network import BODY_SIZES, BODY_WEIGHTS, SERVER_ADDRESS

SCRIPT: Final = """
math.randomseed(7)
local sizes, weights = {{{sizes}}}, {{{weights}}}
local folders, agents = {{"static", "shop", "api"}}, {{"curl/8.5.0", "okhttp/4.12.0", "Mozilla/5.0 (X11)"}}
local texts, number = {{}}, 0
local function size()
    local dice = math.random(100)
    for index, weight in ipairs(weights) do
        dice = dice - weight
        if dice <= 0 then return sizes[index] end
    end
end
init = function()
    for index = 1, 1000 do
        local fields = {{["Host"] = "tenant" .. index % 20 .. ".example.com", ["User-Agent"] = agents[index % 3 + 1],
            {closing}["Cookie"] = "session=2b5c5cd1e7ca430e92ac3d4253d23c0b; theme=dark",
            ["Accept"] = "text/html,*/*;q=0.8"}}
        texts[index] = wrk.format("GET", "/" .. folders[index % 3 + 1] .. "/" .. size(), fields)
    end
end
request = function()
    number = number % 1000 + 1
    return texts[number]
end
"""
CLOSING: Final = '["Connection"] = "close", '
HTTP: Final = f"http://{SERVER_ADDRESS}/"
PAUSE: Final = "delay = function() return {pause} end\n"


class Load(NamedTuple):
    """wrk's results of a run."""

    rate: float
    """Answered requests/s."""
    requests: int
    slow: float
    """99th percentile of the response times, in milliseconds."""
    cpu_seconds: float
    """CPU seconds used by wrk."""


def load(
    inside: Sequence[str],
    folder: Path,
    seconds: float,
    connections: int = 64,
    pause: int = 0,
    address: str = HTTP,
    closes: bool = False,
) -> Load:
    """Run wrk, with `pause` milliseconds between a response and the next request on each connection.

    `closes` makes a connection for each request.

    Raises:
        CommandError: requests failed.
    """
    script = folder / "load.lua"
    numbers = {"sizes": BODY_SIZES, "weights": BODY_WEIGHTS}
    texts = {name: ", ".join(map(str, values)) for name, values in numbers.items()}
    text = SCRIPT.format(**texts, closing=CLOSING if closes else "")
    script.write_text(text + (PAUSE.format(pause=pause) if pause else ""))
    options = ["-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", str(script)]
    command = [*inside, "wrk", *options, address]
    before = _of_children()
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    took = _of_children() - before
    rate = re.search(r"Requests/sec: +([\d.]+)", done.stdout)
    total = re.search(r"(\d+) requests in", done.stdout)
    slow = re.search(r"99% +([\d.]+)(us|ms|s)", done.stdout)
    if done.returncode or rate is None or total is None or slow is None or "Socket errors" in done.stdout:
        raise CommandError(f"wrk: {done.stdout} {done.stderr}")
    milliseconds = float(slow[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[slow[2]]
    return Load(float(rate[1]), int(total[1]), milliseconds, took)


def _of_children() -> float:
    """Return the CPU seconds of all child processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
