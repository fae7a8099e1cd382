"""docs/oddities.md lists every oddity that the decoders count, and no other."""

import re
from pathlib import Path

from detection.evasions import NEEDS_ALL_BYTES, SIGNS

ROOT = Path(__file__).parent.parent
COUNTED = re.compile(
    r'(?:oddities\[f?|\bnote\(|oddities = \(|oddities\.append\(|MalformedError\(f?)"([^"{]+)(?:\{[^"]*)?"'
)
COUNTED_BY_THE_CORE = re.compile(r'(?:\bodd|\bnote|oddities\.push)\((?:cx, (?:side, )?)?"([^"]+)"')
QUOTED = re.compile(r'"([^"\n]+)"')


def documented() -> set[str]:
    tables = [line for line in (ROOT / "docs" / "oddities.md").read_text().splitlines() if line.startswith("| `")]
    names = {name for line in tables for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    return {name.removesuffix(" N") for name in names}


def counted() -> set[str]:
    """Return the names in the reference."""
    source = "\n".join(path.read_text() for path in sorted((ROOT / "traffic").glob("*.py")))
    return {name.strip() for name in COUNTED.findall(source)}


def core() -> str:
    """Return the source of the core without its tests."""
    files = [path for path in (ROOT / "core" / "wire" / "src").rglob("*.rs") if "tests" not in path.as_posix()]
    return "\n".join(path.read_text().partition("#[cfg(test)]")[0] for path in files)


def test_every_oddity_is_documented() -> None:
    names = set(COUNTED_BY_THE_CORE.findall(core())) - {"fault of the core"}
    assert len(counted()) > 30
    assert (counted() | names) - documented() == set()


def test_every_sign_of_evasion_is_a_documented_oddity() -> None:
    assert {*SIGNS, *NEEDS_ALL_BYTES} - documented() == set()


def test_every_documented_oddity_is_counted() -> None:
    assert documented() - counted() - set(QUOTED.findall(core())) == set()
