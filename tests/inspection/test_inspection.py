"""Inspectors in their processes: budgets, deaths, order, reload, and what a hostile worker may answer."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from contents import content
from doubles import DOUBLES, Hostile, Word, finding

from capture.lockdown import lockable
from detection.inspector import Inspected
from detection.loading import DetectorError
from inspection.contents import size_of
from inspection.inspection import Inspection
from inspection.processes import Stem
from inspection.terms import Terms
from traffic.content import Content
from traffic.finding import Finding

LONG = 60.0
"""Seconds that nothing takes."""


@contextmanager
def inspecting(*names: str, live: bool = False, **terms: object) -> Iterator[Inspection]:
    """Run test doubles with these names."""
    limits = Terms(**{"lockdown": False, **terms})  # type: ignore[arg-type]
    stem = Stem(lambda: [DOUBLES[name]() for name in names], limits)
    try:
        inspection = Inspection(stem, names, limits, live=live)
        inspection.start()
        try:
            yield inspection
        finally:
            inspection.close()
    finally:
        stem.close()


def inspected(inspection: Inspection, contents: list[Content]) -> list[Finding]:
    inspection.hand(contents)
    assert inspection.wait(LONG)
    return [each for each in inspection.take() if isinstance(each, Finding)]


def test_what_is_found_comes_in_the_order_of_the_exchanges() -> None:
    contents = [content(f"/{number}", body=b"attack" if number % 3 == 0 else b"") for number in range(300)]
    for workers in (1, 3):
        with inspecting("word", workers=workers) as inspection:
            found = inspected(inspection, contents)
            assert [each.path for each in found] == [f"/{number}" for number in range(0, 300, 3)]
            assert (inspection.inspected, inspection.missed) == (300, {})


def test_what_takes_too_long_costs_its_budget_and_no_more() -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=b"loop"), content("/3", body=b"attack")]
    with inspecting("word", "loops", budget=0.05) as inspection:
        found = inspected(inspection, contents)
        assert [each.path for each in found] == ["/1", "/3"]
        assert (inspection.inspected, inspection.missed) == (2, {"over budget": 1})
        assert inspection.warnings == ()


@pytest.mark.parametrize(
    ("name", "bait", "how"),
    [
        ("crashes", b"crash", "died (signal 11)"),
        ("allocates", b"allocate", "ran out of memory"),
        ("nests", b"nest", "found too many levels in each other"),
    ],
)
def test_a_process_that_dies_is_replaced_and_said(name: str, bait: bytes, how: str) -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=bait), content("/3", body=b"attack")] * 2
    with inspecting("word", name, budget=5.0, memory=2**27) as inspection:
        found = inspected(inspection, contents)
        assert [each.path for each in found] == ["/1", "/3"] * 2
        assert (inspection.inspected, inspection.missed) == (4, {"process died": 2})
        assert inspection.warnings == (f"an inspector process {how} and was replaced (2 times)",)
        assert inspection.failures == []


def test_a_process_that_does_nothing_is_replaced() -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=b"sleep"), content("/3", body=b"attack")]
    with inspecting("word", "sleeps", silence=0.2) as inspection:
        assert [each.path for each in inspected(inspection, contents)] == ["/1", "/3"]
        assert inspection.missed == {"no answer": 1}
        assert inspection.warnings == ("an inspector process did not answer and was replaced",)


@pytest.mark.parametrize(
    ("name", "bait", "said"), [("raises", b"raise", "it is broken"), ("garbage", b"garbage", "not a finding: 42")]
)
def test_an_inspector_that_raises_is_disabled_everywhere_and_the_others_go_on(
    name: str, bait: bytes, said: str
) -> None:
    contents = [content(f"/{number}", body=b"attack " + bait) for number in range(300)]
    with inspecting("word", name, workers=2) as inspection:
        assert len(inspected(inspection, contents)) == 300
        (failure,) = inspection.failures
        assert failure.name == name
        assert said in failure.text
        assert (inspection.inspected, inspection.missed) == (300, {})


def test_without_inspectors_that_work_nothing_is_inspected() -> None:
    with inspecting("raises") as inspection:
        inspected(inspection, [content("/", body=b"raise")])
        inspected(inspection, [content("/")] * 5)
        assert (inspection.inspected, inspection.missed) == (1, {"inspectors disabled": 5})


@pytest.mark.parametrize("lie", list(Hostile.LIES))
def test_a_process_that_was_taken_over_is_replaced(lie: bytes) -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=lie), content("/3", body=b"attack")]
    with inspecting("word", "hostile", silence=0.3) as inspection:
        assert [each.path for each in inspected(inspection, contents)] == ["/1"]
        assert (inspection.inspected, inspection.missed) == (1, {"process died": 2})
        assert [each.path for each in inspected(inspection, contents[:1])] == ["/1"]
        assert inspection.warnings == ("an inspector process gave a wrong answer and was replaced",)


def test_live_what_does_not_fit_is_counted_and_nobody_waits() -> None:
    contents = [content("/", body=b"sleep")] * 10
    with inspecting("sleeps", live=True, queue=4 * size_of(contents[0])) as inspection:
        inspection.hand(contents)
        assert inspection.missed == {"queue full": 6}
        assert not inspection.wait(0.0)
        inspection.end()
        assert (inspection.inspected, inspection.missed) == (0, {"queue full": 6, "program ended": 4})


def test_of_a_file_nothing_is_left_out_and_it_says_when_to_wait() -> None:
    contents = [content(f"/{number}", body=b"attack") for number in range(10)]
    with inspecting("word", queue=4 * size_of(contents[0])) as inspection:
        inspection.hand(contents[:3])
        assert not inspection.full
        inspection.hand(contents[3:])
        assert inspection.full
        assert inspection.wait(LONG)
        assert not inspection.full
        assert [each.path for each in inspection.take()] == [f"/{number}" for number in range(10)]


def test_a_nursery_that_is_gone_is_replaced() -> None:
    with inspecting("word", "crashes") as inspection:
        inspected(inspection, [content("/")])
        (stem,) = children(os.getpid(), "http-inspection")
        (nursery,) = children(stem)
        workers = children(nursery)
        os.kill(nursery, signal.SIGKILL)
        wait_for_end([nursery, *workers])
        news = threading.Event()
        inspection.told = news.set
        inspected(inspection, [content("/"), content("/")])
        assert news.wait(LONG)
        assert len(inspected(inspection, [content("/", body=b"attack")])) == 1
        assert inspection.inspected + inspection.missed.total() == 4


# Loading again --------------------------------------------------------------------------------------------------------


class FromFile(Word):
    """Finds the word in a file."""

    def __init__(self, path: Path) -> None:
        self._word = path.read_bytes()

    def act(self, exchange: Inspected, body: bytes) -> list[Finding]:
        if b"raise" in body:
            raise ZeroDivisionError
        return [finding(exchange)] if self._word in body else []


def test_inspectors_are_loaded_again_or_stay(tmp_path: Path) -> None:
    rules, limits, news = tmp_path / "rules", Terms(lockdown=False, workers=2), threading.Event()

    def load() -> list[FromFile]:
        if not rules.exists():
            raise DetectorError(f"{rules.name} line 3: no such operator")
        return [FromFile(rules)]

    def ask() -> str:
        news.clear()
        inspection.ask()
        assert news.wait(LONG)
        return inspection.news.pop()

    both = [content("/old", body=b"old"), content("/new", body=b"new")]
    rules.write_text("old")
    stem = Stem(load, limits)
    inspection = Inspection(stem, ["word"], limits, live=True)
    inspection.told = news.set
    inspection.start()
    try:
        assert [each.path for each in inspected(inspection, both)] == ["/old"]
        inspected(inspection, [content(body=b"raise")])
        assert inspection.disabled == {"word"}
        rules.write_text("new")
        assert ask() == "inspectors were loaded again: word"
        assert [each.path for each in inspected(inspection, both)] == ["/new"]
        rules.unlink()
        assert ask() == "inspectors were not loaded again: rules line 3: no such operator"
        assert [each.path for each in inspected(inspection, both)] == ["/new"]
        assert (inspection.disabled, len(inspection.failures)) == (frozenset(), 1)
        assert (inspection.inspected, inspection.missed) == (7, {})
    finally:
        inspection.close()


def test_what_is_wrong_with_an_inspector_is_known_at_the_start() -> None:
    def load() -> list[Word]:
        raise DetectorError("crs.conf line 12: unknown variable")

    stem = Stem(load, Terms())
    try:
        with pytest.raises(DetectorError, match=r"^crs\.conf line 12: unknown variable$"):
            Inspection(stem, ["word"], Terms(), live=True)
    finally:
        stem.close()


def test_a_process_that_dies_while_it_loads_is_said() -> None:
    stem = Stem(lambda: os._exit(1), Terms())
    try:
        with pytest.raises(DetectorError, match="has ended"):
            Inspection(stem, ["word"], Terms(), live=True)
    finally:
        stem.close()


# Rights, and the end --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")
def test_workers_may_do_nothing_but_what_an_inspector_names() -> None:
    with inspecting("tries", lockdown=True) as inspection:
        (found,) = inspected(inspection, [content()])
        assert found.reason == ""
    with inspecting("tries_more", lockdown=True) as inspection:
        (found,) = inspected(inspection, [content()])
        assert found.reason == "use a local socket"


def test_processes_are_gone_once_it_is_closed() -> None:
    with inspecting("word", "sleeps", workers=2) as inspection:
        inspection.hand([content(body=b"sleep")])
        (stem,) = children(os.getpid(), "http-inspection")
        (nursery,) = children(stem)
        processes = [stem, nursery, *children(nursery)]
        inspection.hand([content()] * 200)
    assert [process for process in processes if Path(f"/proc/{process}").exists()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
@pytest.mark.parametrize("bait", ["attack", "sleep", "loop"])
def test_processes_end_with_the_monitor_however_it_ends(bait: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    code = f"""
import sys
from contents import content
from test_inspection import inspecting
with inspecting("word", "sleeps", "loops", budget=1000.0, workers=2) as inspection:
    inspection.hand([content(body=b"{bait}")] * 100)
    print("ready", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    ) as monitor:
        assert monitor.stdout is not None
        assert monitor.stdout.readline() == b"ready\n"
        (stem,) = children(monitor.pid)
        (nursery,) = children(stem)
        processes = [stem, nursery, *children(nursery)]
        for process in processes:
            os.kill(process, signal.SIGINT)
            os.kill(process, signal.SIGTERM)
        assert all(map(is_alive, processes))
        monitor.kill()
    wait_for_end(processes)


def wait_for_end(processes: list[int]) -> None:
    end = time.monotonic() + LONG
    while any(map(is_alive, processes)):
        assert time.monotonic() < end
        time.sleep(0.01)


def children(process: int, name: str = "") -> list[int]:
    """Return the children of a process, of that name if it is given."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, comm, _, parent = re.split(r" (?=\()|(?<=\)) | ", stat.read_text(), maxsplit=3)[:4]
            if int(parent.split()[0]) == process and name in comm:
                found.append(int(number))
    return found


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
