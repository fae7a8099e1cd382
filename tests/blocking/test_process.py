"""The process of a bouncer: it restores what a front has lost, and undoes everything however the monitor ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import test_nginx
from block_scene import needs, soon, status
from test_haproxy import FOREVER, Front

from blocking.bouncer import BouncerError
from blocking.process import BouncerProcess

ROOT = Path(__file__).parents[2]
HANGS = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from blocking.process import BouncerProcess
bouncer = BouncerProcess(json.loads(sys.argv[2]))
bouncer.open()
bouncer.sync({"127.0.0.2": float(sys.argv[3])})
print("told", flush=True)
time.sleep(600)
"""


def settings(front: Front) -> dict[str, Any]:
    return {
        "name": "haproxy", "user": None, "sockets": [front.socket], "file": str(front.file), "most": 10,
        "prefix_v4": 32, "prefix_v6": 64, "never": [], "longest": 1e7,
    }  # fmt: skip


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    needs("curl")
    front = Front(tmp_path, "acl")
    yield front
    front.stop()


def test_it_tells_the_front_and_undoes_everything_at_the_end(front: Front) -> None:
    bouncer = BouncerProcess(settings(front))
    bouncer.open()
    bouncer.sync({"127.0.0.2": FOREVER})
    assert soon(lambda: status(front.port) == "403")
    bouncer.close()
    assert (status(front.port), front.file.read_text()) == ("200", "")


def test_it_undoes_everything_after_kill_9(front: Front) -> None:
    words = [sys.executable, "-c", HANGS, str(ROOT), json.dumps(settings(front)), str(FOREVER)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as monitor:
        assert monitor.stdout is not None
        assert monitor.stdout.readline() == "told\n"
        assert soon(lambda: status(front.port) == "403")
        os.kill(monitor.pid, signal.SIGKILL)
    assert soon(lambda: status(front.port) == "200")
    assert front.file.read_text() == ""


def test_a_front_that_is_away_is_told_when_it_is_back(front: Front) -> None:
    bouncer = BouncerProcess(settings(front))
    bouncer.open()
    front.stop()
    wanted = {"127.0.0.2": FOREVER}

    def warned() -> bool:
        bouncer.sync(wanted)
        return "is it running" in bouncer.warning

    assert soon(warned)
    front.start()
    assert soon(lambda: status(front.port) == "403")
    assert soon(lambda: not warned())
    bouncer.close()


def test_a_front_that_is_not_there_ends_the_start_with_a_line(front: Front) -> None:
    with pytest.raises(BouncerError, match=r"^--block haproxy: HAProxy at /nowhere: .*block_haproxy_sockets"):
        BouncerProcess({**settings(front), "sockets": ["/nowhere"]}).open()


def test_for_nginx_too(tmp_path: Path) -> None:
    needs("curl")
    front = test_nginx.Front(tmp_path)
    given: dict[str, Any] = {
        "name": "nginx", "user": None, "file": str(front.file), "pid": str(front.pid), "reload": "", "pause": 1,
        "most": 10, "prefix_v4": 32, "prefix_v6": 64, "never": [], "longest": 1e7,
    }  # fmt: skip
    bouncer = BouncerProcess(given)
    bouncer.open()
    bouncer.sync({"127.0.0.2": FOREVER})
    assert soon(lambda: status(front.port) == "403")
    bouncer.close()
    assert soon(lambda: status(front.port) == "200")
    front.stop()


def test_if_the_process_ends_the_user_is_told(front: Front) -> None:
    bouncer = BouncerProcess(settings(front))
    bouncer.open()
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", str(front.file)], capture_output=True, check=True)
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)

    def lost() -> bool:
        bouncer.sync({"127.0.0.2": FOREVER})
        return bouncer.warning.startswith("nobody is blocked any more")

    assert soon(lost)
    bouncer.close()
