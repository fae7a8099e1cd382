"""The keeper with a session and its packets: when a folder is made, what belongs to it, and what goes wrong."""

import json
import shutil
import threading
from math import inf
from pathlib import Path
from typing import Any

import pytest
from incident_samples import RUN
from records import ended, request

from capture.intake import Status
from capture.open import open_file
from capture.recent_packets import RecentPackets
from capture.source import Counters
from exercise_config import Config
from incidents.folders import IncidentFolders
from incidents.keeper import IncidentKeeper, Reach
from incidents.worker import Worker
from run.session import Session
from stats.loading import load
from store.recent import Recent
from traffic.batch import RecordBatch
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames
from traffic.health import Health

STATUS = Status(Health(), Counters(0, 0), ())
START = 1_800_000_000.0
NAMES = ("request_rate", "top_sections", "status_classes")


class Watch:
    """A session with its keeper. Buckets have ten seconds; the first is learned."""

    def __init__(self, root: Path, worker: Worker | None = None, after: float = 5, **settings: Any) -> None:
        given = {"average_bucket_size": 10, "average_learning_duration": 10, "signals": ("request_rate",), **settings}
        config = Config(statistics=NAMES, incidents=str(root), **given)
        folders = IncidentFolders(root, config.max_incidents, config.max_incident_bytes)
        reach = Reach(20, after, 10, 10.0, 3600.0)
        self.packets = RecentPackets(20, 2**20)
        self.worker = worker or Worker(patient=True)
        recent = Recent(1000, 100_000)
        self.keeper = IncidentKeeper(RUN, reach, folders, self.packets, recent, None, self.worker)
        self.session = Session(config, load(NAMES), "eth0 port 80", [recent], [], lambda: self.keeper.warnings)
        self.session.keep_evidence(self.keeper)
        self.keeper.watch(self.session)
        self.session.start(START)

    def bucket(self, number: int, requests: int) -> None:
        """Let so many requests come in a bucket, with a packet each, and judge it."""
        times = [START + 10 * number + 10 * (place + 1) / (requests + 1) for place in range(requests)]
        if times:
            self.packets.add(Frames.of([Frame(time, LINKTYPE_ETHERNET, b"x" * 60, 60) for time in times]))
        asked = [request(time) for time in times]
        self.session.count(RecordBatch([*asked, *(ended(each, seconds=0.01) for each in asked)]))
        self.session.judge(START + 10 * (number + 1), STATUS)


def packets(folder: Path) -> list[float]:
    source, found = open_file(str(folder / "packets.pcapng")), []
    while (frames := source.read()) is not None:
        found += [round(float(time) - START, 3) for time in frames.times]
    return found


def alerts(folder: Path) -> list[float]:
    return [alert["start"] - START for alert in json.loads((folder / "incident.json").read_text())["alerts"]]


def test_a_folder_has_the_packets_around_its_alert(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for number, requests in enumerate((4, 9, 4)):
        watch.bucket(number, requests)
    (folder,) = tmp_path.iterdir()
    found = packets(folder)
    assert len(found) == 4 + 9 + 2
    assert (min(found), max(found)) == (2.0, 24.0), "five seconds after the alert"
    assert len((folder / "exchanges.jsonl").read_text().splitlines()) == 4 + 9 + 2
    assert "## The 10 s that alerted, and the 10 s before" in (folder / "summary.md").read_text()


def test_alerts_while_packets_are_still_kept_belong_to_the_same_incident(tmp_path: Path) -> None:
    watch = Watch(tmp_path, after=25)
    for number, requests in enumerate((4, 9, 4, 9, 4, 4)):
        watch.bucket(number, requests)
    (folder,) = tmp_path.iterdir()
    assert alerts(folder) == [20, 40]
    assert [alert.incident for alert in watch.session.view(None).alerts] == [str(folder)] * 2  # type: ignore[union-attr]


def test_later_alerts_have_their_own_folders(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for number, requests in enumerate((4, 9, 4, 9, 4)):
        watch.bucket(number, requests)
    assert sorted(alerts(folder) for folder in tmp_path.iterdir()) == [[20], [40]]


def test_an_alert_of_a_muted_signal_has_no_folder(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.bucket(0, 4)
    watch.session.decisions.mute("request_rate", inf)
    watch.bucket(1, 9)
    assert [*tmp_path.iterdir()] == []


def test_too_many_folders_are_deleted_once_a_new_one_is_complete(tmp_path: Path) -> None:
    watch = Watch(tmp_path, max_incidents=1)
    for number, requests in enumerate((4, 9, 4, 9, 4)):
        watch.bucket(number, requests)
    assert [alerts(folder) for folder in tmp_path.iterdir()] == [[40]]


@pytest.mark.parametrize("after", [5, 25])
def test_the_end_of_an_alert_is_added_to_the_summary(tmp_path: Path, after: float) -> None:
    watch = Watch(tmp_path, after=after)
    for number, requests in enumerate((4, 9, 11, 4, 4, 4)):
        watch.bucket(number, requests)
    (folder,) = tmp_path.iterdir()
    last = (folder / "summary.md").read_text().splitlines()[-1]
    assert last == (
        "**Afterwards:** request rate was back within its limit at 08:00:40 2027-01-15, after 20 s; peak 11."
    )


def test_the_end_of_an_alert_whose_folder_was_deleted_is_not_noted(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for number, requests in enumerate((4, 9, 11)):
        watch.bucket(number, requests)
    for folder in tmp_path.iterdir():
        shutil.rmtree(folder)
    watch.bucket(3, 4)
    assert (watch.keeper.warnings, [*tmp_path.iterdir()]) == ((), [])


def test_an_open_incident_is_completed_at_the_end(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.bucket(0, 4)
    watch.bucket(1, 9)
    (folder,) = tmp_path.iterdir()
    assert "**Incomplete:** packets are kept until" in (folder / "summary.md").read_text()
    watch.keeper.close()
    assert "**Incomplete:**" not in (folder / "summary.md").read_text()
    assert len(packets(folder)) == 13


def test_a_folder_that_went_away_is_told_and_monitoring_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "kept"
    root.mkdir()
    watch = Watch(root)
    watch.bucket(0, 4)
    shutil.rmtree(root)
    watch.bucket(1, 9)
    view = watch.session.view(None)
    assert view is not None
    assert view.health.warnings == (
        f"evidence of an alert is missing or incomplete: cannot make a folder in {root}: No such file or directory",
    )
    assert (view.state, view.alerts[0].incident) == ("ALERT", "")


def test_an_incident_that_is_deleted_while_it_is_written_is_told(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.bucket(0, 4)
    watch.bucket(1, 9)
    for folder in tmp_path.iterdir():
        shutil.rmtree(folder)
    watch.bucket(2, 4)
    (warning,) = watch.keeper.warnings
    assert warning.startswith("evidence of an alert is missing or incomplete: ")
    assert warning.endswith("No such file or directory")


def test_while_the_disk_hangs_no_more_incidents_are_begun(tmp_path: Path) -> None:
    go_on = threading.Event()
    watch = Watch(tmp_path, Worker())

    def hang() -> None:
        go_on.wait(10)

    watch.worker.put(hang)
    watch.worker.put(lambda: None)
    watch.bucket(0, 4)
    watch.bucket(1, 9)
    assert watch.keeper.warnings == ("1 incident not kept: the disk is too slow",)
    assert [*tmp_path.iterdir()] == []
    go_on.set()
    watch.keeper.close()


def test_a_thread_writes_the_same(tmp_path: Path) -> None:
    watch = Watch(tmp_path, Worker())
    for number, requests in enumerate((4, 9, 4)):
        watch.bucket(number, requests)
    watch.keeper.close()
    (folder,) = tmp_path.iterdir()
    assert watch.keeper.warnings == ()
    assert len(packets(folder)) == 15
    assert sorted(path.name for path in folder.iterdir()) == [
        "exchanges.jsonl", "incident.json", "packets.pcapng", "summary.md", "view.json",
    ]  # fmt: skip
