"""Fuzzes each target for `--seconds`: guided by coverage if atheris is installed, otherwise with mutated seeds.

Failing inputs are saved in `--findings` and reported; `--again` retries one and shrinks it. The exit status is 1 if
anything failed.
"""

import argparse
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from .shrink import shrunk

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 8192
TIMEOUT = 5
"""Maximum seconds per input; none needs a hundredth of it."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="total duration (default: 60)")
    parser.add_argument("--findings", type=Path, default=Path(".fuzz"), help="folder for failing inputs")
    parser.add_argument("--target", help="fuzz only this target")
    parser.add_argument("--again", type=Path, metavar="FILE", help="run only this input of --target")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given, rest = parser.parse_known_args(argv)
    if given.child:
        guided(given.child, rest)
    from .fuzz_targets import TARGETS

    if given.again:
        return again(given.target, given.again)

    names = [given.target] if given.target else list(TARGETS)
    given.findings.mkdir(parents=True, exist_ok=True)
    with_atheris = importlib.util.find_spec("atheris") is not None
    if not with_atheris:
        print("atheris is not installed (pip install atheris): mutating seeds without coverage guidance")
    fuzz = start_guided if with_atheris else at_random
    found = [name for name in names if fuzz(name, given.seconds / len(names), given.findings)]
    return 1 if found else 0


def start_guided(name: str, seconds: float, findings: Path) -> bool:
    """Fuzz in a child process, because libFuzzer exits the process; return whether it found something."""
    from .fuzz_targets import TARGETS

    with tempfile.TemporaryDirectory() as seeds:
        for number, seed in enumerate(TARGETS[name].seeds()):
            Path(seeds, str(number)).write_bytes(seed)
        command = [sys.executable, "-m", "tests.attacks.fuzz", "--child", name, seeds]
        limits = [f"-max_total_time={int(seconds)}", f"-timeout={TIMEOUT}", f"-max_len={LONGEST}", "-rss_limit_mb=1024"]
        place = f"-artifact_prefix={findings.resolve()}/{name}-"
        done = subprocess.run(
            [*command, *limits, place, "-print_final_stats=1"], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False
        )
    figures = [line.split(":")[-1].strip() for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    print(f"{name}: {figures[0] if figures else 'no'} inputs, exit status {done.returncode}", flush=True)
    if done.returncode:
        print(done.stderr[-6000:])
    return done.returncode != 0


def guided(name: str, arguments: Sequence[str]) -> None:
    """Fuzz in the child process: instrument our own code, and never return."""
    import atheris

    with atheris.instrument_imports(include=["capture", "traffic", "store", "view", "dashboard"]):
        from .fuzz_targets import TARGETS
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name].run)
    atheris.Fuzz()


def at_random(name: str, seconds: float, findings: Path) -> bool:
    """Mutate seeds; return whether one broke something. The sequence of mutations is the same every time."""
    from .fuzz_targets import TARGETS

    run, seeds, fresh = TARGETS[name].run, list(TARGETS[name].seeds()), TARGETS[name].fresh
    dice, end, count, found = random.Random(name), time.monotonic() + seconds, 0, 0
    for seed in seeds:
        run(seed)
    while time.monotonic() < end and found < 10:
        data = fresh(dice) if fresh is not None and count % 2 else changed(dice, seeds)
        found += not survives(run, data, findings / f"{name}-{count}")
        count += 1
    print(f"{name}: {count} inputs, {found} findings", flush=True)
    return found > 0


def again(name: str, finding: Path) -> int:
    """Retry an input; if it fails, save the smallest failing input beside it."""
    from .fuzz_targets import TARGETS

    target, data = TARGETS[name], finding.read_bytes()
    if not breaks(target.run, data):
        print("nothing breaks")
        return 0
    if target.records is not None:
        data = shrunk(data, lambda changed: breaks(target.run, changed), *target.records)
    small = finding.with_suffix(".small")
    small.write_bytes(data)
    print(f"{small}: {data!r}")
    target.run(data)
    return 1


def breaks(run: Callable[[bytes], None], data: bytes) -> bool:
    """Return whether an input fails."""
    try:
        run(data)
    except Exception:
        return True
    return False


def survives(run: Callable[[bytes], None], data: bytes, finding: Path) -> bool:
    """Return whether an input succeeds; a failing input is saved."""
    start = time.process_time()
    try:
        run(data)
    except Exception:
        traceback.print_exc()
    else:
        if time.process_time() - start < TIMEOUT:
            return True
        print(f"too slow: {time.process_time() - start:.1f} s")
    finding.write_bytes(data)
    return False


def changed(dice: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return a seed with some bytes changed, removed, duplicated, or replaced by those of another."""
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((1, 2, 4, 16))):
        place, size = dice.randrange(len(data) + 1), dice.choice((1, 1, 2, 4, 32))
        kind = dice.randrange(5)
        if kind == 0:
            data[place : place + size] = dice.randbytes(size)
        elif kind == 1:
            del data[place : place + size]
        elif kind == 2:
            data[place:place] = data[place : place + size] * dice.choice((1, 2, 50))
        elif kind == 3:
            other = dice.choice(seeds)
            data[place:place] = other[dice.randrange(len(other)) :][: 8 * size]
        elif place < len(data):
            data[place] ^= 1 << dice.randrange(8)
    return bytes(data[:LONGEST])


if __name__ == "__main__":
    sys.exit(main())
