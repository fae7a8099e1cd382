"""The process outside the lock-down, in a child of its own: forking needs a process without threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is locked down")


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def run(code: str, folder: Path) -> str:
    """Run the code in a process with `Outside`, and return what it prints."""
    text = f"import os, signal, sys, threading\nfrom run.outside import Outside\n{code}"
    ran = subprocess.run(
        [sys.executable, "-c", text],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_it_answers_requests_of_any_length_one_after_the_other(tmp_path: Path) -> None:
    code = """
outside = Outside(lambda request: request.upper())
assert [outside.ask(b"a"), outside.ask(b""), outside.ask(b"b" * 10**6)] == [b"A", b"", b"B" * 10**6]
outside.close()
outside.close()
"""
    assert run(code, tmp_path) == ""


@pytest.mark.parametrize("user", [0, pytest.param(65534, marks=as_root)])
def test_it_has_none_of_our_files_and_not_our_terminal(user: int, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    code = """
secret = open("secret", "w")
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
def seen(request):
    open_files = [number for number in range(1000) if is_open(number)]
    null = os.fstat(1).st_rdev == os.stat("/dev/null").st_rdev
    return f"{len(open_files)} {is_open(secret.fileno())} {null} {os.getsid(0) == os.getpid()}".encode()
if USER:
    os.setresuid(USER, USER, USER)
outside = Outside(seen)
print(outside.ask(b"").decode())
outside.close()
"""
    assert run(code.replace("USER", str(user)), tmp_path) == "4 False True True\n"


def test_signals_that_reach_everybody_do_not_end_it(tmp_path: Path) -> None:
    code = """
outside = Outside(lambda request: b"%d" % os.getpid())
child = int(outside.ask(b""))
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    os.kill(child, number)
assert int(outside.ask(b"")) == child
outside.close()
"""
    assert run(code, tmp_path) == ""


def test_closing_cancels_what_it_does(tmp_path: Path) -> None:
    code = """
stopped, read = threading.Event(), threading.Event()
begun, begins = os.pipe()
def slow(request):
    stopped.wait()
    return b"cancelled"
outside = Outside(slow, stopped.set)
answers = []
thread = threading.Thread(target=lambda: answers.append(outside.ask(b"")))
thread.start()
outside.close()
thread.join()
print(answers)
"""
    assert run(code, tmp_path) in ("[b'cancelled']\n", "[]\n"), "it may be closed before it is asked"


def test_it_ends_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    code = """
child = os.fork()
if not child:
    outside = Outside(lambda request: b"%d" % os.getpid())
    print(outside.ask(b"").decode(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
"""
    process = int(run(code, tmp_path))
    file = os.pidfd_open(process) if os.path.exists(f"/proc/{process}") else -1  # it has ended, or soon does
    if file >= 0:
        import select

        assert select.select([file], [], [], 30)[0]
        os.close(file)


def test_a_request_after_its_end_fails(tmp_path: Path) -> None:
    code = """
outside = Outside(lambda request: os._exit(1))
for _ in range(2):
    try:
        outside.ask(b"")
    except OSError as error:
        print(type(error).__name__)
outside.close()
"""
    assert run(code, tmp_path) == "BrokenPipeError\nBrokenPipeError\n"
