"""Which program this is: its name, its version, and whether the decoder that runs is the compiled one.

The decoder is compiled by `compile_decoder.py`; what was compiled from an older source is said.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

VERSION: Final = "0.1.0"
COMMAND: Final = "exercise"
"""What the program is called where it is installed."""
PROGRAM: Final = COMMAND if Path(sys.argv[0]).name == COMMAND else "exercise.py"
"""What it was called by: messages begin with it."""
COMPILED = ("traffic/*.py", "capture/file.py", "capture/pcap.py", "capture/pcapng.py", "capture/block.py")
"""What `compile_decoder.py` compiles: from the bytes of a file or of the ring to records."""
_DOOR = "traffic.decoder"
ROOT: Final = Path(__file__).resolve().parent.parent
"""Where the folders of the program are."""


def build() -> str:
    """`compiled` or `plain Python`."""
    return "plain Python" if _origin().suffix == ".py" else "compiled"


def warning() -> str:
    """A sentence when what was compiled in a checkout is older than its source; else empty."""
    compiled = _origin()
    if compiled.suffix == ".py" or not (ROOT / "compile_decoder.py").exists():
        return ""
    made = compiled.stat().st_mtime
    root = compiled.parent.parent
    if all(source.stat().st_mtime <= made for pattern in COMPILED for source in root.glob(pattern)):
        return ""
    return "the compiled decoder is older than its source; make fast compiles it anew, make plain removes it"


def _origin() -> Path:
    found = find_spec(_DOOR)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin)
