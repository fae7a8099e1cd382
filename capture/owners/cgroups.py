"""Control groups: which container a process is in, by the names that container runtimes give to their groups."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_NUMBER: Final = r"(?P<id>[0-9a-f]{64})"
_NAME: Final = r"(?P<id>[^/]+?)"
_SHAPES: Final = (
    rf"docker-{_NUMBER}\.scope",
    rf"(?:cri-containerd|nerdctl)-{_NUMBER}\.scope",
    rf"(?:crio|libpod)-{_NUMBER}(?:\.scope)?",  # CRI-O and podman
    rf"systemd-nspawn@{_NAME}\.service",
    rf"machine-{_NAME}\.scope",
    rf"lxc\.payload\.{_NAME}",
    rf"lxc(?:\.payload)?/{_NAME}",
    _NUMBER,  # /docker/ID, /kubepods/pod.../ID, /ecs/TASK/ID
)
"""How a part of a group's path, or two, name a container."""
_CONTAINERS: Final = tuple(re.compile(f"/{shape}(?=/|$)") for shape in _SHAPES)
_POD: Final = re.compile(
    r"/(?:kubepods[^/]*-)?pod(?P<id>[0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})(?:\.slice)?(?=/|$)"
)
_ESCAPE: Final = re.compile(r"\\x([0-9a-f]{2})")


class ContainerId(NamedTuple):
    """What control groups tell of a container."""

    id: str
    """64 hexadecimal digits; the name of the container for systemd-nspawn and LXC."""
    pod: str = ""
    """Number of the pod, with dashes."""

    @property
    def is_numbered(self) -> bool:
        """Return whether the runtime gives numbers to its containers, not only names."""
        return len(self.id) == 64


def container_of(paths: Iterable[str]) -> ContainerId | None:
    """Return the container of a process in these groups, the innermost one; None if it is in none."""
    for path in paths:
        found = [match for shape in _CONTAINERS for match in shape.finditer(path)]
        if found:
            return ContainerId(_unescaped(max(found, key=re.Match.end)["id"]), _pod(path))
    return None


def paths_of(text: str) -> list[str]:
    """Return the paths in /proc/PID/cgroup; that of version 2 of control groups comes first."""
    lines = [line.split(":", 2) for line in text.splitlines()]
    lines = [line for line in lines if len(line) == 3]
    return [path for number, _, path in sorted(lines, key=lambda line: line[0] != "0")]


def _pod(path: str) -> str:
    found = _POD.search(path)
    if found is None:
        return ""
    digits = re.sub("[-_]", "", found["id"])
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _unescaped(name: str) -> str:
    """Return a name that systemd escaped for a unit (systemd.unit(5))."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), name)
