"""Compares offline databases of countries: `python -m bench.places`.

It needs the packages it compares: pip install iptocc geoip2fast. Each is measured in its own process with the same
random public addresses. The IPv6 ones are in the blocks of the registries, most of which are not assigned yet.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Final

from bench.measure import ROOT, table

ADDRESSES: Final = 5_000
BLOCKS: Final = (0x2400 << 112, 0x2600 << 112, 0x2800 << 112, 0x2A00 << 112, 0x2C00 << 112)
"""A /12 block of each registry (IANA, IPv6 Global Unicast Address Assignments)."""
FILES: Final = ("geoip2fast.dat.gz", "geoip2fast-ipv6.dat.gz", "geoip2fast-asn-ipv6.dat.gz")

Lookup = Callable[[str], Any]
"""Returns the country code of an address; empty or None if it is unknown."""


def main() -> None:
    """Measure what is installed, and print a table."""
    rows = []
    for name in ("iptocc", *FILES):
        package = name if name == "iptocc" else "geoip2fast"
        if find_spec(package) is None:
            print(f"{package} is not installed: pip install {package}", file=sys.stderr)
            continue
        done = subprocess.run(
            [sys.executable, "-m", "bench.places", name], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        found = json.loads(done.stdout)
        rows.append(
            [
                name,
                f"{found['microseconds']:.1f} us",
                f"{found['loading']:.0f} ms",
                f"{found['memory'] / 1e6:.1f} MB",
                f"{found['ipv4']:.1%}",
                f"{found['ipv6']:.1%}",
            ]
        )
    print(table(("database", "look-up", "loading", "memory", "of IPv4 found", "of IPv6 found"), rows))


def measure(name: str) -> dict[str, float]:
    """Measure one database in this process."""
    dice = random.Random(1)
    ipv4, ipv6 = list(_ipv4(dice)), list(_ipv6(dice))
    memory, begun = _resident(), time.perf_counter()
    look = _iptocc() if name == "iptocc" else _geoip2fast(name)
    look("8.8.8.8")
    loading = time.perf_counter() - begun
    known = [sum(bool(look(address)) for address in addresses) / ADDRESSES for addresses in (ipv4, ipv6)]
    grown, begun = _resident() - memory, time.perf_counter()
    for address in ipv4:
        look(address)
    took = time.perf_counter() - begun
    return {
        "microseconds": 1e6 * took / ADDRESSES,
        "loading": 1e3 * loading,
        "memory": grown,
        "ipv4": known[0],
        "ipv6": known[1],
    }


def _iptocc() -> Lookup:
    from iptocc import country_code

    return country_code


def _geoip2fast(file: str) -> Lookup:
    package = import_module("geoip2fast")
    path = Path(str(package.__file__)).with_name(file)
    found = package.GeoIP2Fast(geoip2fast_data_file=str(path), verbose=False)

    def look(address: str) -> str:
        code = found.lookup(address).country_code
        return code if code.isalpha() else ""

    return look


def _ipv4(dice: random.Random) -> Iterator[str]:
    left = ADDRESSES
    while left:
        address = IPv4Address(dice.getrandbits(32))
        if address.is_global and not address.is_multicast:
            left -= 1
            yield str(address)


def _ipv6(dice: random.Random) -> Iterator[str]:
    for _ in range(ADDRESSES):
        yield str(IPv6Address(dice.choice(BLOCKS) + dice.getrandbits(116)))


def _resident() -> int:
    """Return the memory of this process in bytes (Linux)."""
    [line] = [line for line in Path("/proc/self/status").read_text().split("\n") if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
