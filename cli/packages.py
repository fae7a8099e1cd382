"""Ends the program with one line if a package of `requirements.txt` is missing. Import this module first.

--help, --version and wrong usage need no package and are handled before. While the program loads, Ctrl+C ends
it without a traceback, and SIGUSR1 is ignored.
"""

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 10):  # noqa: UP036 checked here, before other modules use newer syntax
    sys.exit("exercise.py: Python 3.10 or later is needed")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would keep the rights that we drop
if Path(str(getattr(sys.modules["__main__"], "__file__", ""))).name in ("exercise.py", "exercise"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until run/health.py answers it
    from cli.build import COMMANDS

    if not COMMANDS & set(sys.argv[1:2]):
        from cli.arguments import check_usage

        check_usage()
_TOML = "tomllib" if sys.version_info >= (3, 11) else "tomli"
_NEEDED = ("scapy", "termcolor", "wcwidth", "textual", "numpy", _TOML)
_MISSING = [name for name in _NEEDED if find_spec(name) is None]
if _MISSING:
    sys.exit(f"exercise.py: missing packages: {', '.join(_MISSING)}; run: pip install -r requirements.txt")
