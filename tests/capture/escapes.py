"""What hostile code would try after it took over the monitor, run in a child: `python escapes.py GRANTED OUTSIDE`.

It locks itself down with a folder to write to, tries everything, and prints a line of JSON: the name of the error of
each attempt, or an empty text if it worked. The parent is the victim. With names of attempts as further arguments, it
tries only those, and is not locked.
"""

import ctypes
import encodings.ascii  # noqa: F401 while the interpreter's files can be read
import errno
import fcntl
import json
import os
import platform
import pty
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from capture.lockdown import Grants, lock_down
from capture.privileges import User, give_up

LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": {"bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250},
    "aarch64": {"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219},
}
EVERYWHERE = {"io_uring_setup": 425, "open_tree": 428, "fsopen": 430, "clone3": 435, "pidfd_getfd": 438}
LATER = {"a later call": 1000, "execve of x32": 0x40000000 | 520}
TIOCSTI = 0x5412


def checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def call(number: int) -> Callable[[], None]:
    return lambda: checked(LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(0) for _ in range(6))))


def write(path: Path) -> None:
    path.write_text("x")


def fork() -> None:
    if not os.fork():
        os._exit(0)
    os.wait()


def in_thread(attempt: Callable[[], object]) -> None:
    caught: list[Exception] = []

    def run() -> None:
        try:
            attempt()
        except OSError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if caught:
        raise caught[0]


def connected(family: int, address: tuple[str, int]) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as channel:
        channel.connect(address)


def bound() -> None:
    with socket.socket() as channel:
        channel.bind(("127.0.0.1", 0))


def made(family: int, kind: int = socket.SOCK_DGRAM) -> None:
    socket.socket(family, kind).close()


def attempts(granted: Path, outside: Path, address: tuple[str, int], terminal: int) -> dict[str, Callable[[], object]]:
    parent = os.getppid()
    secret = outside / "secret"
    return {
        # what is granted
        "write to the granted folder": lambda: write(granted / "new"),
        "replace a file there": lambda: (granted / "new").replace(granted / "log"),
        "import a module": lambda: __import__("wave"),
        "use what is open": lambda: os.write(terminal, b"x"),
        "start a thread": lambda: in_thread(lambda: None),
        "make a pair of sockets": lambda: socket.socketpair()[0].close(),
        "open /dev/null": lambda: open(os.devnull, "w").close(),
        "read facts about itself": lambda: Path("/proc/self/stat").read_text(),
        # files
        "read a secret": secret.read_text,
        "read a secret in a thread": lambda: in_thread(secret.read_text),
        "read /etc/passwd": lambda: Path("/etc/passwd").read_text(),
        "list a folder": lambda: os.listdir(outside),
        "write elsewhere": lambda: write(outside / "new"),
        "cut a file": lambda: os.truncate(secret, 0),
        "delete a file": lambda: (outside / "old").unlink(),
        "link a secret into the granted folder": lambda: os.link(secret, granted / "link"),
        "write to the program": lambda: write(Path(__file__).with_name("harm.py")),
        "read the memory of the parent": lambda: open(f"/proc/{parent}/mem", "rb").close(),
        # other processes
        "fork": fork,
        "execute a program": lambda: os.execv("/bin/true", ["true"]),
        "spawn a shell": lambda: os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {}),
        "trace the parent": lambda: checked(LIBC.ptrace(16, parent, 0, 0)),
        "read the parent's memory": lambda: checked(LIBC.process_vm_readv(parent, None, 0, None, 0, 0)),
        "signal the parent": lambda: os.kill(parent, 0),
        "type into the terminal": lambda: fcntl.ioctl(terminal, TIOCSTI, b"x"),
        # the network
        "connect by TCP": lambda: connected(socket.AF_INET, address),
        "listen": bound,
        "send by UDP": lambda: made(socket.AF_INET),
        "make a local socket": lambda: made(socket.AF_UNIX),
        "make a netlink socket": lambda: made(socket.AF_NETLINK, socket.SOCK_RAW),
        "make a raw socket": lambda: made(socket.AF_INET, socket.SOCK_RAW),
        "make a packet socket": lambda: made(socket.AF_PACKET, socket.SOCK_RAW),
        # the kernel
        "enter another namespace": lambda: checked(LIBC.unshare(0x10000000)),
        "mount": lambda: checked(LIBC.mount(b"none", b"/nowhere", b"tmpfs", 0, None)),
        "change root": lambda: checked(LIBC.chroot(b"/nowhere")),
        "take away swap space": lambda: checked(LIBC.swapoff(b"/nowhere")),
        "load a module": lambda: checked(LIBC.init_module(None, 0, None)),
        **{name: call(number) for name, number in NUMBERS.get(platform.machine(), {}).items()},
        **{name: call(number) for name, number in EVERYWHERE.items()},
        **{name: call(number) for name, number in LATER.items()},
    }


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "error")
    except ImportError:
        return "missing"
    return ""


def main() -> None:
    granted, outside = map(Path, sys.argv[1:3])
    chosen = sys.argv[3:]
    server = socket.create_server(("127.0.0.1", 0))
    found = attempts(granted, outside, server.getsockname(), pty.openpty()[1])
    if "NUMBER" in os.environ:
        give_up(User("somebody", int(os.environ["NUMBER"]), int(os.environ["NUMBER"])))
    families = tuple(map(int, os.environ.get("FAMILIES", "").split()))
    modules = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), *filter(None, sys.path))
    grants = Grants((*modules, "/usr", "/lib", "/proc/self"), (str(granted),), (), (os.devnull,), families)
    locked = "" if chosen else lock_down(grants)
    print(json.dumps({"locked": locked, **{name: outcome(found[name]) for name in chosen or found}}))


if __name__ == "__main__":
    main()
