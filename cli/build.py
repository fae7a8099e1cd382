"""The name and the version of the program."""

import sys
from pathlib import Path
from typing import Final

VERSION: Final = "0.2.0"
VENDOR: Final = "http-monitor"
PRODUCT: Final = "HTTP monitor"
"""Who made it and its name, as the log's formats want them."""
COMMAND: Final = "exercise"
"""The name of the installed program."""
PROGRAM: Final = COMMAND if Path(sys.argv[0]).name == COMMAND else "exercise.py"
"""The name under which it was called; messages begin with it."""
PROXY: Final = "proxy"
"""The command that monitors what it passes on itself."""
COMMANDS: Final = frozenset(
    ("report", "watch", "collect", "store", "waf", "answer", "blocks", "signals", "anomalies", "learn", PROXY)
)
"""The commands that do something else than monitor this host, each with arguments of its own."""
