"""The process that tells the front, which `process` starts before rights are dropped.

It keeps only the rights that its bouncer needs, and parses no packets. It undoes everything when the monitor ends,
however that ends, because its input ends then.
"""

import ctypes
import json
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_network
from typing import Any, Final

from blocking.bouncer import Bouncer, BouncerError
from blocking.haproxy import HaProxy
from blocking.messages import LONGEST, READY, Bounds, changes_in
from blocking.nft import CAP_NET_ADMIN, Nft
from blocking.nginx import CAP_KILL, Nginx
from capture.privileges import User, keep_only

PERIOD: Final = 2.0
"""Seconds between two calls of a bouncer without a change: it restores what the front has lost."""
PAUSE: Final = 1.0
"""Seconds until a front that did not obey at the end gets its second chance."""
SLACK: Final = 5.0
"""Seconds after which an entry ends if the monitor has not ended it."""
_OUTLIVED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals to a whole terminal or service. Only the end of the monitor ends this process."""
_PR_SET_NAME: Final = 15
_NAME: Final = b"http-bouncer"


class Helper:
    """Serves the monitor over a socket, until that ends."""

    def __init__(self, channel: socket.socket, bouncer: Bouncer, bounds: Bounds) -> None:
        self._channel = channel
        self._bouncer = bouncer
        self._bounds = bounds
        self._wanted: dict[str, float] = {}
        self._said = READY
        self._refused = ""

    def run(self) -> None:
        """Open the front, serve, and undo everything at the end."""
        try:
            self._bouncer.open()
            self._channel.send(READY.encode())
            while self._serve():
                pass
        except BouncerError as error:
            self._channel.send(str(error).encode()[:LONGEST])
        finally:
            self._close()

    def _serve(self) -> bool:
        """Wait for requests, and have the bouncer act; return whether the monitor is there."""
        ready, _, _ = select.select([self._channel], [], [], PERIOD)
        present = not ready or self._take()
        if present:
            self._act()
        return present

    def _take(self) -> bool:
        """Take all requests that are there."""
        while select.select([self._channel], [], [], 0)[0]:
            message = self._channel.recv(LONGEST)
            if not message:
                return False
            self._change(message)
        return True

    def _change(self, message: bytes) -> None:
        changes, refused = changes_in(message, self._bounds, time.time())
        for network, until in changes.items():
            if not until:
                self._wanted.pop(network, None)
            elif network in self._wanted or len(self._wanted) < self._bounds.most:
                self._wanted[network] = until
            else:
                refused = "a request was refused: too many blocks"
        self._refused = refused or self._refused

    def _act(self) -> None:
        over = time.time() - SLACK
        self._wanted = {network: until for network, until in self._wanted.items() if until > over}
        try:
            self._bouncer.sync(self._wanted)
        except BouncerError as error:
            self._say(str(error))
        else:
            self._say(self._refused)

    def _say(self, sentence: str) -> None:
        """Tell the monitor what is wrong, if that has changed."""
        if sentence != self._said:
            with suppress(BlockingIOError):
                self._channel.send(sentence.encode()[:LONGEST] or b" ", socket.MSG_DONTWAIT)
                self._said = sentence

    def _close(self) -> None:
        """Undo everything; a front that is away for a moment gets a second chance."""
        try:
            self._bouncer.close()
        except BouncerError:
            time.sleep(PAUSE)
            self._close_again()

    def _close_again(self) -> None:
        try:
            self._bouncer.close()
        except BouncerError as error:
            print(error, file=sys.stderr)


def bouncer_of(settings: Mapping[str, Any]) -> Bouncer:
    """Return the bouncer with this name and these settings."""
    if settings["name"] == "nft":
        return Nft(settings["table"], settings["ports"], settings["most"])
    if settings["name"] == "haproxy":
        return HaProxy(settings["sockets"], settings["file"])
    return Nginx(settings["file"], settings["pid"], settings["reload"], settings["pause"])


def bounds_of(settings: Mapping[str, Any]) -> Bounds:
    """Return what may be asked."""
    return Bounds(
        prefix_v4=settings["prefix_v4"],
        prefix_v6=settings["prefix_v6"],
        never=tuple(map(ip_network, settings["never"])),
        most=settings["most"],
        longest=settings["longest"],
    )


def drop_rights(settings: Mapping[str, Any]) -> None:
    """Keep CAP_NET_ADMIN for nft. Files and sockets of a front are root's: there, root keeps its number, CAP_KILL for
    the reload of nginx, and nothing more. A command of the user's keeps all, unless somebody called it by sudo.
    """
    user = User(*settings["user"]) if settings["user"] else None
    if settings["name"] == "nft":
        keep_only([CAP_NET_ADMIN], user, pass_on=True)
    elif user is not None or not settings.get("reload"):
        signals = settings["name"] == "nginx" and user is None
        keep_only([CAP_KILL] if signals else [], user)


def main(arguments: list[str]) -> int:
    """Serve on a socket with an inherited descriptor; the settings are JSON."""
    descriptor, text = arguments
    settings = json.loads(text)
    ctypes.CDLL(None).prctl(_PR_SET_NAME, _NAME)
    for number in _OUTLIVED:
        signal.signal(number, lambda *_: None)  # programs that we start do not inherit this
    drop_rights(settings)
    channel = socket.socket(fileno=int(descriptor))
    with suppress(ConnectionError, BrokenPipeError):  # the monitor is gone
        Helper(channel, bouncer_of(settings), bounds_of(settings)).run()
    return 0
