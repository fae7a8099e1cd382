"""Imported first: ends the program with one line when a package of `requirements.txt` is missing.

What needs no package is done before: --help, --version and wrong usage are answered at once. Ctrl+C while the program
still loads ends it, without a traceback; SIGUSR1 does not.
"""

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 10):  # noqa: UP036 said here, before newer syntax is met elsewhere
    sys.exit("exercise.py: Python 3.10 or later is needed")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads of numpy's would keep the rights that we give up
if Path(str(getattr(sys.modules["__main__"], "__file__", ""))).name in ("exercise.py", "exercise"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until there is something to answer: see run/health.py
    if sys.argv[1:2] != ["report"]:
        from cli.arguments import parse_arguments

        parse_arguments()
_TOML = "tomllib" if sys.version_info >= (3, 11) else "tomli"
_NEEDED = ("scapy", "termcolor", "wcwidth", "textual", "numpy", _TOML)
_MISSING = [name for name in _NEEDED if find_spec(name) is None]
if _MISSING:
    sys.exit(f"exercise.py: missing packages: {', '.join(_MISSING)}; run: pip install -r requirements.txt")
