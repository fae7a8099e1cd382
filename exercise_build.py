"""Whether the decoder that runs is the compiled one, and as new as its source: see `compile_decoder.py`."""

from importlib.util import find_spec
from pathlib import Path

_DOOR = "traffic.decoder"


def build() -> str:
    """`compiled` or `plain Python`."""
    return "plain Python" if _origin().suffix == ".py" else "compiled"


def warning() -> str:
    """A sentence when what was compiled is older than its source; else empty."""
    compiled = _origin()
    if compiled.suffix == ".py":
        return ""
    made = compiled.stat().st_mtime
    if all(source.stat().st_mtime <= made for source in compiled.parent.glob("*.py")):
        return ""
    return "the compiled decoder is older than its source; make fast compiles it anew, make plain removes it"


def _origin() -> Path:
    found = find_spec(_DOOR)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin)
