"""The simulated visitors of the demo: calm while the monitor learns, then a burst that raises an alert, then calm."""

import math
import queue
import random
import threading
import time
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from gen_traffic import AGENTS, Client, Step, paced

PHASES: Final = ((26.5, 24.0), (8.0, 80.0), (math.inf, 24.0))
"""Seconds and requests per second. Wherever buckets begin, the burst is within one or two of them."""

SHOP, API, STATIC = "shop.example.com", "api.example.com", "static.example.com"

VISITS: Final = (
    # weight, method, host, path, bytes of the body
    (20, "GET", SHOP, "/", 0),
    (14, "GET", SHOP, "/products/42", 0),
    (8, "GET", SHOP, "/search?q=lamp", 0),
    (6, "GET", SHOP, "/cart", 0),
    (5, "POST", SHOP, "/cart/add", 120),
    (2, "GET", SHOP, "/old", 0),
    (2, "GET", SHOP, "/no-such-page", 0),
    (12, "GET", API, "/items?page=2", 0),
    (4, "PUT", API, "/items/42", 2_000),
    (1, "DELETE", API, "/items/42", 0),
    (3, "GET", API, "/reports/daily", 0),
    (1, "GET", API, "/status/500", 0),
    (16, "GET", STATIC, "/images/logo.png", 0),
    (4, "HEAD", STATIC, "/images/logo.png", 0),
    (2, "POST", STATIC, "/images/upload", 40_000),
)


def demo_steps() -> Iterator[Step]:
    """Yield the requests at the pace of `PHASES`, the same each time."""
    dice = random.Random(0)
    weights = list(accumulate(weight for weight, *_ in VISITS))
    for duration, rate in PHASES:
        elapsed = 0.0
        while elapsed < duration:
            _, method, host, path, upload = dice.choices(VISITS, cum_weights=weights)[0]
            delay = dice.uniform(0.5, 1.5) / rate
            elapsed += delay
            yield Step(delay, method, path, dice.choice(AGENTS), upload, host)


def _visit(client: Client, steps: "queue.Queue[Step]") -> None:
    """Send the steps of the queue over one connection, as one visitor."""
    while True:
        client.send(steps.get())


def send_visitors(port: int, visitors: int = 6) -> None:
    """Send all steps to a port on loopback, with several visitors so that a slow response delays no other request."""
    steps: queue.Queue[Step] = queue.Queue(maxsize=visitors)
    for _ in range(visitors):
        client = Client(f"http://127.0.0.1:{port}", timeout=5)
        threading.Thread(target=_visit, args=(client, steps), daemon=True).start()
    for step in paced(demo_steps(), time.monotonic, time.sleep):
        steps.put(step)
