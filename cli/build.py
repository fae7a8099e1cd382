"""Which program this is: its name and its version."""

import sys
from pathlib import Path
from typing import Final

VERSION: Final = "0.2.0"
COMMAND: Final = "exercise"
"""What the program is called where it is installed."""
PROGRAM: Final = COMMAND if Path(sys.argv[0]).name == COMMAND else "exercise.py"
"""What it was called by: messages begin with it."""
