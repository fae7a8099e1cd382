"""What a run may still do after its set-up, and the processes that do the rest: see docs/decisions/lockdown.md."""

import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final

from capture.core import CORE
from capture.lockdown import Grants, lock_down, lockable
from cli.arguments import Arguments
from dashboard.full.new_file import DistantFiles, NewFiles, write_on_request
from detection.waf.files import rule_folders
from exercise_config import Config
from notices.receivers import Receivers
from run.intelligence import read_again
from run.keys import read_later
from run.locked import Locked
from run.outputs import Outputs
from run.outside import Outside
from run.plan import Plan

PROGRAM_FOLDER: Final = Path(__file__).resolve().parent.parent
SYSTEM: Final = ("/usr", "/lib", "/lib64", "/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/localtime")
"""Libraries, locales and time zones."""
FACTS: Final = (
    "/proc/self",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
)
"""Facts about this process and machine, for the metrics, the C library and Python."""
NAMES: Final = ("/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/nscd", "/var/lib/sss")
"""What looking up the name of a host reads. /etc as a whole, because resolv.conf is replaced by another file."""
LOCAL: Final = tuple(getattr(socket, name) for name in ("AF_UNIX",) if hasattr(socket, name))
"""Families of sockets for programs on this host."""
_AF_NETLINK: Final = 16
ANYWHERE: Final = (*LOCAL, socket.AF_INET, socket.AF_INET6, _AF_NETLINK)
"""Families of sockets for connections to other hosts. Looking up their names asks for our addresses by netlink."""


NO_MORE: Final = Grants()


def granted(arguments: Arguments, config: Config, plan: Plan, outputs: Outputs) -> Grants:
    """Return what the run may still do. Whoever opens something after set-up adds it here."""
    receivers, full, sensor = plan.receivers, arguments.ui == "full", outputs.sensor
    network = receivers.network or outputs.network or arguments.proxy is not None
    state = full or arguments.read is None  # the socket for commands is removed from there
    return Grants(
        read=(
            *_program(),
            *SYSTEM,
            *FACTS,
            *_given(config.statistics_folder),
            *read_later(config),
            *read_again(config),
            *(rule_folders(arguments.crs) if arguments.proxy is not None and arguments.crs else ()),
            *((*NAMES, _folder_of("/etc/resolv.conf")) if network else ()),
            *(sensor.needs if sensor is not None else ()),
        ),
        write=(*outputs.folders, *_given(config.incidents), *_given(_made(plan.state_folder) if state else "")),
        create=(tempfile.gettempdir(),) if CORE is not None else (),  # a packet on which it failed: `capture.faults`
        devices=(os.devnull, *(("/dev/tty",) if full else ())),
        families=ANYWHERE if network else LOCAL if receivers.local or outputs.local else (),
        connects=network,
    )


def locked(
    arguments: Arguments, config: Config, plan: Plan, outputs: Outputs, stack: ExitStack, store: Grants = NO_MORE
) -> Locked:
    """Lock the process down, unless the settings say otherwise. The stack ends the processes outside the lock. `store`
    is what a store of many sensors needs.
    """
    if not config.lockdown:
        return Locked("nothing; lockdown is off", NewFiles())
    if not lockable():
        return Locked(lock_down(Grants()), NewFiles())  # it says why
    _move_command(plan.receivers, stack)
    files = _distant_files(stack) if arguments.ui == "full" else NewFiles()
    return Locked(lock_down(both(granted(arguments, config, plan, outputs), store)), files)


def both(one: Grants, other: Grants) -> Grants:
    """Grant what either grants."""
    return Grants(
        read=one.read + other.read,
        write=one.write + other.write,
        create=one.create + other.create,
        devices=one.devices + other.devices,
        families=one.families + other.families,
        connects=one.connects or other.connects,
    )


def lock_collector(folder: str) -> str:
    """Lock the process of a collector down, which already listens, and return in words what is in force."""
    return lock_down(Grants((*_program(), *SYSTEM, *FACTS), write=(os.path.abspath(folder),)))


def lock_reader() -> str:
    """Lock a process down that has opened all it reads, and return in words what is in force."""
    return lock_down(Grants((*_program(), *SYSTEM, *FACTS)))


def lock_agent(read: Sequence[str], network: bool) -> str:
    """Lock the process of an agent down, which already listens, and return in words what is in force. It reads its
    rules again, and sends its log over a network if it has to.
    """
    names = (*NAMES, _folder_of("/etc/resolv.conf")) if network else ()
    grants = Grants((*_program(), *SYSTEM, *FACTS, *read, *names), families=ANYWHERE if network else LOCAL)
    return lock_down(grants._replace(connects=network))


def _move_command(receivers: Receivers, stack: ExitStack) -> None:
    """Let the command for alerts be run by a process outside the lock."""
    if not receivers.program:
        return
    from notices.command import Command, DistantProgram, run_on_request

    for receiver in receivers.receivers:
        if isinstance(receiver, Command):
            program = receiver.program
            outside = Outside(partial(run_on_request, program), program.cancel)
            stack.callback(outside.close)
            receiver.program = DistantProgram(outside.ask, outside.close)


def _distant_files(stack: ExitStack) -> DistantFiles:
    """Return the writer of new files that runs outside the lock."""
    outside = Outside(write_on_request)
    stack.callback(outside.close)
    return DistantFiles(outside.ask)


def _program() -> list[str]:
    """Return the folders of the interpreter and of all modules, which are read when they are first needed."""
    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(PROGRAM_FOLDER), *sys.path]
    return [path for path in dict.fromkeys(os.path.abspath(path) for path in found) if path != "/"]


def _folder_of(path: str) -> str:
    """Return the folder of the file that a link leads to."""
    return os.path.dirname(os.path.realpath(path))


def _given(path: object) -> list[str]:
    """Return the path, if there is one."""
    return [os.path.abspath(str(path))] if path and str(path) else []


def _made(folder: Path) -> Path:
    """Make a folder that the run may need later: only what exists can be granted."""
    with suppress(OSError):  # who writes to it reports it
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
