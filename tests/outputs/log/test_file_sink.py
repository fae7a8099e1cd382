import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from log_samples import TERMS
from notice_samples import ALERT, DISMISSAL, RAISE, START
from records import exchange, handshake, quic

from alerting.events import AlertContinued, AlertRaised, Learned
from outputs.errors import LogError
from outputs.log.event_log import EventLog
from outputs.log.file_sink import FileSink
from outputs.log.formats import FORMATS
from traffic.batch import RecordBatch
from view.outlet import OutputClosedError

EXCHANGE = exchange(None)


def opened(path: str, *records: str) -> tuple[FileSink, EventLog]:
    sink = FileSink(path)
    return sink, EventLog([sink], FORMATS["ecs"](TERMS), records or ("exchanges",))


def test_lines_are_appended_as_exchanges_arrive(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    _, log = opened(str(path))
    log.take(RecordBatch([EXCHANGE, object(), EXCHANGE]))
    before, *lines = path.read_text().splitlines()
    assert before == "before"
    assert [json.loads(line)["http.response.status_code"] for line in lines] == [200, 200]
    log.close()
    log.close()
    log.take(RecordBatch([EXCHANGE]))
    assert len(path.read_text().splitlines()) == 3


def test_other_records_are_logged_if_wanted(tmp_path: Path) -> None:
    batch = RecordBatch([handshake(), EXCHANGE, quic()])
    wanted = ((("exchanges",), ["http"]), (("exchanges", "handshakes"), ["http", "tls"]), (("quic",), ["quic"]))
    for records, protocols in wanted:
        path = tmp_path / "-".join(records)
        _, log = opened(str(path), *records)
        log.take(batch)
        log.close()
        assert [json.loads(line)["network.protocol"] for line in path.read_text().splitlines()] == protocols


def test_only_its_owner_can_read_a_new_log(tmp_path: Path) -> None:
    sink = FileSink(str(tmp_path / "log"))
    assert stat.S_IMODE(os.fstat(sink.fileno()).st_mode) == 0o600
    sink.close()


def test_a_log_that_cannot_be_opened_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"^cannot write the log to .*missing/log: No such file or directory; use"):
        FileSink(str(tmp_path / "missing" / "log"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full does not exist")
def test_a_full_disk_is_reported_once_and_monitoring_continues() -> None:
    sink, log = opened("/dev/full")
    log.take(RecordBatch([EXCHANGE]))
    assert log.warnings == ("the log ended: writing to /dev/full failed: No space left on device",)
    log.take(RecordBatch([EXCHANGE]))
    assert sink.fileno() == -1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this limit")
def test_a_disk_that_fills_up_leaves_whole_lines(tmp_path: Path) -> None:
    import resource
    import signal

    path = tmp_path / "log"
    _, log = opened(str(path))
    log.take(RecordBatch([EXCHANGE]))
    whole = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) * 2 + 10, limits[1]))
    try:
        log.take(RecordBatch([EXCHANGE] * 3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert "File too large" in log.warnings[0]
    assert path.read_bytes() == whole * 2


@pytest.mark.parametrize(("errno", "raised"), [(32, OutputClosedError), (28, LogError)])
def test_a_failing_standard_output_ends_the_program(
    errno: int, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, log = opened("-")

    def fail(file: int, block: bytes) -> int:
        raise OSError(errno, os.strerror(errno))

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(raised):
        log.take(RecordBatch([EXCHANGE]))


def test_alerts_are_logged_if_wanted(tmp_path: Path) -> None:
    for records, actions in ((("exchanges",), []), (("exchanges", "alerts"), ["raised", "dismissed"])):
        path = tmp_path / "-".join(records)
        _, log = opened(str(path), *records)
        log.source = "eth0 port 80"
        for event in (Learned(START, 10.0), RAISE, AlertContinued(START, ALERT), DISMISSAL):
            log.event(event)
        log.close()
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["event.action"] for line in lines] == actions
        assert {line["http_monitor.source"] for line in lines} <= {"eth0 port 80"}


def test_a_muted_alert_is_not_logged(tmp_path: Path) -> None:
    _, log = opened(str(tmp_path / "log"), "alerts")
    log.event(AlertRaised(START, replace(ALERT, muted=True)))
    log.close()
    assert (tmp_path / "log").read_text() == ""
