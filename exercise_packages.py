"""Imported first: ends the program with one line when a package of `requirements.txt` is missing."""

import sys
from importlib.util import find_spec

_MISSING = [name for name in ("scapy", "termcolor", "wcwidth") if find_spec(name) is None]
if _MISSING:
    sys.exit(f"exercise.py: missing packages: {', '.join(_MISSING)}; run: pip install -r requirements.txt")
if sys.version_info < (3, 10):  # noqa: UP036 said here, before newer syntax is met elsewhere
    sys.exit("exercise.py: Python 3.10 or later is needed")
