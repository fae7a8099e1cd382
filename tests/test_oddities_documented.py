"""docs/oddities.md lists every oddity that the decoder counts, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
COUNTED = re.compile(
    r'(?:oddities\[f?|\bnote\(|oddities = \(|oddities\.append\(|MalformedError\(f?)"([^"{]+)(?:\{[^"]*)?"'
)


def test_every_oddity_is_documented_and_no_other() -> None:
    source = "\n".join(path.read_text() for path in sorted((ROOT / "traffic").glob("*.py")))
    counted = {name.strip() for name in COUNTED.findall(source)}
    tables = [line for line in (ROOT / "docs" / "oddities.md").read_text().splitlines() if line.startswith("| `")]
    documented = {name for line in tables for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    assert len(counted) > 30
    assert {name.removesuffix(" N") for name in documented} == counted
