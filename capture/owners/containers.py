"""Names of containers, from the files of their runtimes, as far as they can be read."""

import errno
import json
import os
import re
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from capture.owners.cgroups import ContainerId
from capture.owners.owner import printable

MOST: Final = 1000
"""Containers whose names are remembered."""
LONGEST_FILE: Final = 4 * 2**20
"""Maximum bytes of a file; podman keeps one for all containers."""
AGAIN: Final = 30.0
"""Seconds until names that were not found are looked for again."""
SHORT: Final = 12
"""Characters of a number that stands for a name, as in `docker ps`."""
_DOCKER: Final = "var/lib/docker/containers"
_LOGS: Final = "var/log/containers"
_STORAGE: Final = ("var/lib/containers/storage", "{home}/.local/share/containers/storage")
_KUBERNETES: Final = re.compile(r"k8s_(?P<container>[^_]+)_(?P<pod>[^_]+)_(?P<namespace>[^_]+)_")
"""Names that the kubelet gives to containers of Docker and CRI-O."""
_LOG: Final = re.compile(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<container>.+)-(?P<id>[0-9a-f]{64})\.log")


class ContainerNames(NamedTuple):
    """What people call a container; texts are empty where nothing says it."""

    name: str = ""
    image: str = ""
    pod: str = ""
    """Kubernetes namespace and name."""


class Containers:
    """Finds the names of containers, and remembers them."""

    def __init__(self, root: Path = Path("/"), clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._clock = clock
        self._known: OrderedDict[str, tuple[ContainerNames, float]] = OrderedDict()

    def names(self, container: ContainerId, home: str = "") -> ContainerNames:
        """Return the names of a container. `home` is the home folder of the user who runs it."""
        known = self._known.get(container.id)
        if known is not None and self._clock() < known[1]:
            return known[0]
        found = self._looked_up(container, home)
        self._known[container.id] = found, self._clock() + (AGAIN if not found.name else 20 * AGAIN)
        self._known.move_to_end(container.id)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        named = found.name or container.id[:SHORT]
        return self._remember(container.id, found._replace(name=named))

    def _remember(self, number: str, names: ContainerNames) -> ContainerNames:
        names = ContainerNames(*map(printable, names))
        self._known[number] = names, self._known[number][1]
        return names

    def _looked_up(self, container: ContainerId, home: str) -> ContainerNames:
        if not container.is_numbered:
            return ContainerNames(container.id)
        sources = (self._of_docker, self._of_storage, self._of_kubelet)
        for source in sources:
            found = source(container.id, home)
            if found.name:
                return found
        return ContainerNames()

    def _of_docker(self, number: str, _: str) -> ContainerNames:
        about = _mapping(self._read(f"{_DOCKER}/{number}/config.v2.json"))
        if not about and self._root == Path("/"):
            from capture.owners.docker import inspected  # loads much, and is rarely needed

            about = inspected(number)
        config = _mapping(about.get("Config"))
        name, image = _text(about.get("Name")).lstrip("/"), _text(config.get("Image"))
        labels = _mapping(config.get("Labels"))
        pod = _text(labels.get("io.kubernetes.pod.name"))
        if pod:
            pod = f"{_text(labels.get('io.kubernetes.pod.namespace'))}/{pod}"
            name = _text(labels.get("io.kubernetes.container.name")) or name
        return ContainerNames(name, image, pod)

    def _of_storage(self, number: str, home: str) -> ContainerNames:
        """Look into the storage that podman and CRI-O share; that of podman may belong to a user."""
        for folder in _STORAGE:
            if "{home}" in folder and not home.startswith("/"):
                continue
            place = folder.format(home=home.lstrip("/")) + "/overlay-containers/containers.json"
            for one in self._listed(place):
                if one.get("id") == number:
                    return _stored(one)
        return ContainerNames()

    def _of_kubelet(self, number: str, _: str) -> ContainerNames:
        """Look at the names of log files, which the kubelet makes for every runtime."""
        with suppress(OSError), os.scandir(self._root / _LOGS) as entries:
            for entry in entries:
                found = _LOG.fullmatch(entry.name)
                if found and found["id"] == number:
                    return ContainerNames(found["container"], "", f"{found['namespace']}/{found['pod']}")
        return ContainerNames()

    def _listed(self, place: str) -> Iterator[Mapping[str, Any]]:
        listed = self._read(place)
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, dict):
                yield one

    def _read(self, place: str) -> object:
        """Return the content of a JSON file; None if it cannot be read."""
        try:
            with open(self._root / place, "rb", opener=_opened) as file:
                return json.loads(file.read(LONGEST_FILE))
        except (OSError, ValueError, RecursionError):
            return None


def _opened(path: str, flags: int) -> int:
    """Open a regular file. Those of podman belong to users, who might put a pipe there, on which we would wait."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return descriptor


def _stored(entry: Mapping[str, Any]) -> ContainerNames:
    """Return the names in an entry of containers.json, whose metadata is a text with JSON in it."""
    names = entry.get("names")
    name = _text(names[0]) if isinstance(names, list) and names else ""
    try:
        metadata = _mapping(json.loads(_text(entry.get("metadata")) or "{}"))
    except (ValueError, RecursionError):
        metadata = {}
    image = _text(metadata.get("image-name"))
    kubernetes = _KUBERNETES.match(name)
    if kubernetes is None:
        return ContainerNames(name, image)
    return ContainerNames(kubernetes["container"], image, f"{kubernetes['namespace']}/{kubernetes['pod']}")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
