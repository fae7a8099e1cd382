"""What is counted of secrets has the same names in the core and in the document."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_name_is_explained_and_no_other() -> None:
    source = [path.read_text(encoding="utf-8") for path in (ROOT / "core/wire/src").rglob("*.rs")]
    counted = {name for text in source for call in re.findall(r"\.secret\(([^)]*)\)", text) for name in _texts(call)}
    page = (ROOT / "docs/protocols.md").read_text(encoding="utf-8")
    table = page.partition("`Health.secrets` counts")[2].partition("\n\nSecrets and keys")[0]
    assert counted == set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    assert len(counted) > 5


def _texts(call: str) -> list[str]:
    return re.findall(r'"([^"]+)"', call)
