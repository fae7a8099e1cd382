"""Measures rules of Suricata: `python -m bench.suricata [COUNT]`, time and memory to read them, and CPU time of an
exchange, without its decoding.

The rules are made up in the proportions of public sets: most look for a path and a host or user agent, some for
something in a body, a few have only an expression. Exchanges are ordinary ones, and one whose bodies are the rules'
own words again and again.
"""

import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Final

from bench.measure import table
from detection.inspector import Inspected
from detection.networks import OWN
from detection.suricata.files import read
from detection.suricata.http_rules import HttpRules
from traffic.content import Content

COUNT: Final = 10_000
ROUNDS: Final = 200
ASKED: Final = (
    "GET /shop/items/{}?page=2&sort=price HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
    "x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\nAccept: text/html\r\n"
    "Accept-Language: en\r\nCookie: session=8a7b6c5d\r\n\r\n"
)
TOLD: Final = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n"


def main() -> None:
    """Read rules, apply them, and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    dice = random.Random(1)
    with tempfile.NamedTemporaryFile("w", suffix=".rules") as file:
        text = "\n".join(_rule(dice, sid) for sid in range(1, count + 1))
        file.write(text)
        file.flush()
        before, begun = _memory(), time.process_time()
        rules = HttpRules(read([file.name], OWN).rules)
        print(f"{count:,} rules: {time.process_time() - begun:.2f} s, {_memory() - before:,.0f} MiB")
    page, words = _text(dice), " ".join(re.findall(r'content:"([^"]*)"', text)).encode()
    exchanges = {
        "no body": _exchange(b""),
        "4 KiB of text": _exchange(page[: 2**12]),
        "64 KiB of text": _exchange(page[: 2**16]),
        "128 KiB of the rules' words": _exchange(words[: 2**17]),
        "128 KiB of one letter": _exchange(b"a" * 2**17),
    }
    print(table(("exchange", "CPU"), [(name, _cost(rules, seen)) for name, seen in exchanges.items()]))


def _cost(rules: HttpRules, seen: Content) -> str:
    begun = time.process_time()  # what others do on this machine does not count
    for _ in range(ROUNDS):
        for _ in rules.fitting(Inspected(seen, 2**20)):
            pass
    return f"{(time.process_time() - begun) / ROUNDS * 1e6:,.0f} us"


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _word(dice: random.Random, letters: str = "etaoinshrdlucmfwypvbgkjqxz0123456789") -> str:
    return "".join(dice.choices(letters, k=dice.randrange(5, 16)))


def _text(dice: random.Random) -> bytes:
    words: Sequence[str] = [_word(dice, "etaoinshrdlu") for _ in range(5000)]
    return " ".join(dice.choices(words, k=2**15)).encode()


def _rule(dice: random.Random, sid: int) -> str:
    one, two, kind = _word(dice), _word(dice), dice.random()
    if kind < 0.5:
        options = f'http.uri; content:"/{one}.php"; nocase; http.host; content:"{two}.example"; endswith;'
    elif kind < 0.6:
        options = f'content:"/{one}/"; http_uri; content:"id="; distance:0; http_uri; pcre:"/id=[0-9]{{5}}$/U";'
    elif kind < 0.7:
        options = f'http.user_agent; content:"{one}"; startswith; http.header_names; content:!"Referer";'
    elif kind < 0.8:
        options = f'http.request_body; content:"{one}="; content:"&{two}="; distance:0; within:40;'
    elif kind < 0.99:
        options = f'flow:to_client; file.data; content:"{one}"; nocase; content:"{two}"; nocase; distance:0;'
    else:
        options = f'flow:to_server; http.uri; pcre:"/^\\/{one}\\/[a-z]{{4,9}}\\.(?:php|asp)$/";'
    return f'alert http any any -> any any (msg:"rule {sid}"; {options} sid:{sid};)'


def _exchange(body: bytes) -> Content:
    head = ASKED.format(17).encode()
    return Content(1.0, "10.0.0.7", 40000, "203.0.113.9", 80, "www.example.com", "/shop/items/17", head, b"", 0, TOLD,
                   body, len(body), 0)  # fmt: skip


if __name__ == "__main__":
    main()
