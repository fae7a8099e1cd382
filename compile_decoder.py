#!/usr/bin/env python3
"""Compiles the decoder in place with mypyc: `make fast`. The source stays the same, and so does what it does.

What is compiled lies beside its source, and Python prefers it. A file in `build/` says from which source it was made,
so that nothing is made twice and nothing old is left when the source changes. `--remove` goes back to plain Python.
"""

import argparse
import contextlib
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from command.build import COMPILED

ROOT = Path(__file__).resolve().parent
STAMP = ROOT / "build" / "compiled-from"
REQUIREMENTS = ROOT / "requirements-fast.txt"


def main() -> int:
    """Exit status 0 when the decoder can be used, compiled or not; 1 when the compiler failed."""
    parser = argparse.ArgumentParser(description="Compile the decoder in place, where that is possible.")
    parser.add_argument("--remove", action="store_true", help="go back to plain Python")
    if parser.parse_args().remove:
        remove()
        print("the decoder is plain Python")
        return 0
    if STAMP.exists() and STAMP.read_text() == fingerprint():
        date_now()
        return 0
    remove()
    lacking = what_lacks()
    if lacking:
        print(f"the decoder stays plain Python, which is slower: {lacking}")
        return 0
    return build()


def sources() -> list[Path]:
    """The files that are compiled."""
    return [path for pattern in COMPILED for path in sorted(ROOT.glob(pattern))]


def fingerprint() -> str:
    """Tells apart sources and interpreters."""
    digest = hashlib.sha256(f"{sys.version} {sys.executable}".encode())
    for path in [*sources(), REQUIREMENTS]:
        digest.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def compiled() -> list[Path]:
    """What was compiled and lies beside its source."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    found = [*ROOT.glob("*__mypyc*"), *(path.with_name(path.stem + suffix) for path in sources())]
    return [path for path in found if path.exists()]


def date_now() -> None:
    """Newer than the source, as `command.build` expects: what was linked before is only copied, with its old date."""
    for path in compiled():
        with contextlib.suppress(PermissionError):  # another user's
            path.touch()


def remove() -> None:
    """Delete all that was compiled."""
    for path in compiled():
        path.unlink()
    STAMP.unlink(missing_ok=True)


def what_lacks() -> str:
    """What a compilation needs and this machine has not; empty when it has all."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"no C compiler {compiler} (apt install gcc)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "no C headers of Python (apt install python3-dev)"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    if subprocess.run(pip, check=False).returncode:
        return "mypyc cannot be installed"
    return ""


def copy_sources(workshop: Path) -> None:
    """Copy the folders that are compiled to where nothing else is, so that the packaging of the project has no say."""
    shutil.rmtree(workshop, ignore_errors=True)
    for folder in {path.parent for path in sources()}:
        leave = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
        shutil.copytree(folder, workshop / folder.relative_to(ROOT), ignore=leave)


def build() -> int:
    """Compile; the log is kept in build/."""
    print("compiling the decoder, once (about a minute)", flush=True)
    start, made_from = time.monotonic(), fingerprint()
    workshop = STAMP.parent / "workshop"
    copy_sources(workshop)
    log = STAMP.parent / "mypyc.log"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [sys.executable, "-m", "mypyc", "--python-version", version, "--config-file", ""]
    with log.open("w") as output:
        names = [str(path.relative_to(ROOT)) for path in sources()]
        done = subprocess.run([*command, *names], cwd=workshop, stdout=output, stderr=output, check=False)
    if done.returncode:
        remove()
        print(f"the decoder stays plain Python, which is slower: mypyc failed, see {log}", file=sys.stderr)
        return 1
    for made in workshop.glob("**/*" + sysconfig.get_config_var("EXT_SUFFIX")):
        if not made.is_relative_to(workshop / "build"):
            shutil.copy2(made, ROOT / made.relative_to(workshop))
    STAMP.write_text(made_from)
    date_now()
    print(f"compiled in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
