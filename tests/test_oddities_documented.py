"""docs/oddities.md lists every oddity that the decoder counts, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
COUNTED = re.compile(
    r'(?:oddities\[f?|\bnote\(|oddities = \(|oddities\.append\(|MalformedError\(f?)"([^"{]+)(?:\{[^"]*)?"'
)
IN_THE_CORE = re.compile(r'\b(?:odd|note)\([\w:,\s]*"([^"]+)"')


def test_every_oddity_is_documented_and_no_other() -> None:
    source = "\n".join(path.read_text() for path in sorted((ROOT / "traffic").glob("*.py")))
    core = [path.read_text() for path in (ROOT / "core/wire/src").rglob("*.rs") if path.name != "tests.rs"]
    counted = {name.strip() for name in COUNTED.findall(source)} | set(IN_THE_CORE.findall("\n".join(core)))
    tables = [line for line in (ROOT / "docs" / "oddities.md").read_text().splitlines() if line.startswith("| `")]
    documented = {name for line in tables for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    assert len(counted) > 30
    assert {name.removesuffix(" N") for name in documented} == counted
