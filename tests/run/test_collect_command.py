"""The command `collect`: sensors send, it is killed, and reports read what it collected."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree

import pytest
from certificates import trustme
from collector_scene import OTHER_TOKEN, START, TOKEN, TOKENS, batch_of, collector, counting

from bench.make_capture import main as make_capture
from capture.lockdown import lockable
from cli.collect import parse_collect
from cli.report import report
from fleet.collector_target import CollectorTarget
from history.address import StoreAddress, parse_store
from history.record import StoreError
from run.anomalies import NOT_COLLECTED, anomalies
from run.collecting import collect

ROOT = Path(__file__).parents[2]
HOUR = START + 3600


class Place:
    """A folder with certificate, key and tokens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "sensors"
        authority = trustme.CA()
        made = authority.issue_cert("localhost")
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        made.private_key_pem.write_to_path(str(folder / "key.pem"))
        made.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        (folder / "tokens").write_text(TOKENS)
        (folder / "tokens").chmod(0o600)

    @contextmanager
    def running(self, *more: str) -> Iterator[tuple["subprocess.Popen[str]", StoreAddress]]:
        """Run a collector; it is killed at the end unless it has ended."""
        files = {"--cert": "cert.pem", "--key": "key.pem", "--token-file": "tokens", "--store": "sensors"}
        options = [word for name, file in files.items() for word in (name, str(self.folder / file))]
        command = [sys.executable, "exercise.py", "collect", "--listen", "localhost:0", *options, "-v", *more]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stderr is not None
                line = process.stderr.readline()
                found = re.search(r"collecting on localhost:(\d+), TLS", line)
                assert found, line
                yield process, parse_store(f"https://localhost:{found[1]}?tls=yes&ca={self.folder}/ca.pem")
            finally:
                process.kill()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_reports_read_what_a_collector_took_though_it_was_killed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    acknowledged = 0
    for _ in range(2):
        with place.running("--user", "root") as (process, address), closing(CollectorTarget(address, TOKEN)) as target:
            for number in range(max(1, acknowledged - 1), acknowledged + 6):
                target.send([counting(number), counting(number + 1)])
                acknowledged = number + 1
            process.kill()
            with pytest.raises(StoreError):
                target.send([counting(acknowledged + 1)])
    with (
        place.running("--user", "root") as (process, address),
        closing(CollectorTarget(address, OTHER_TOKEN)) as target,
    ):
        target.send([counting(1, "db-1", 100)])
        given = ["--store", str(place.store), "--since", "1h", "--by", "sensor", "--json"]
        assert report(given, now=HOUR) == 0  # while it runs
        process.terminate()
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert "2 sensors: " in process.stderr.read()
    found = json.loads(capsys.readouterr().out)
    assert found["sensors"] == ["db-1", "web-1"]
    assert [(row["key"], row["count"]) for row in found["rows"]] == [("db-1", 100), ("web-1", acknowledged)]
    assert found["requests"] == 100 + acknowledged


def test_a_report_on_a_sensor_is_that_of_its_own_history(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    capture, own, token = place.folder / "made.pcap", place.folder / "own.db", place.folder / "token"
    make_capture([str(capture), "--packets", "4000", "--loss", "0", "--seed", "1"])
    capsys.readouterr()
    token.write_text(TOKEN)
    token.chmod(0o600)
    with place.running("--user", "root") as (_, address):
        url = f"https://localhost:{address.port}?tls=yes&ca={place.folder}/ca.pem&token_file={token}"
        run("-r", str(capture), "-p", "any", "-q", "--user", "root", "--history", str(own), "--store", url,
            "--sensor", "web-1", "--spool", str(place.folder / "spool"))  # fmt: skip
    for by in ("section", "status", "server_response_time"):
        found = []
        for source in (["--history", str(own)], ["--store", str(place.store)]):
            assert report([*source, "--since", "2000-01-01", "--until", "2027-01-01", "--by", by]) == 0
            found.append(lines(capsys)[1:])
        single, fleet = found
        assert fleet == single
        assert fleet[1].startswith("Requests ")


def run(*arguments: str) -> str:
    command = [sys.executable, "exercise.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")
def test_it_locks_itself_down_and_still_works(place: Place) -> None:
    with place.running("--user", "root") as (process, address), closing(CollectorTarget(address, TOKEN)) as target:
        assert process.stderr is not None
        line = process.stderr.readline()
        if "Landlock" not in line:
            pytest.skip(line)
        for name in ("web-1", "web-2"):
            target.send([counting(1, name), counting(2, name)])
        process.terminate()
        assert process.wait(60) == 0
    assert sorted(path.name for path in place.store.glob("*.db")) == ["web-1.db", "web-2.db"]


def may_run_here() -> bool:
    """Return whether nobody can read the interpreter and the program."""
    probe = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", "import exercise"]
    return subprocess.run(probe, cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can drop root")
def test_root_becomes_nobody_once_it_listens() -> None:
    if not may_run_here():
        pytest.skip("user 65534 may not read the program here")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = Place(Path(folder))
        (place.folder / "key.pem").chmod(0o600)
        with place.running() as (process, address), closing(CollectorTarget(address, TOKEN)) as target:
            target.send([counting(1)])
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert re.search(r"^Uid:\s+65534\s+65534\s", status, re.MULTILINE)
            assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
            assert (place.store / "web-1.db").stat().st_uid == 65534


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--listen", "8444"], 2, "the following arguments are required: --store, --token-file"),
        (["--listen", "0.0.0.0:8444", "--store", "s", "--token-file", "t"], 2, "must not cross a network without TLS"),
        (["--listen", "x", "--store", "s", "--token-file", "t"], 2, "is not ADDRESS:PORT"),
        (["--listen", "0", "--store", "s", "--token-file", "t", "--cert", "c"], 2, "--cert and --key must both"),
        (["--listen", "0", "--store", "s", "--token-file", "t", "--ca", "c"], 2, "--ca needs --cert and --key"),
        (["--listen", "0", "--store", "s", "--token-file", "none"], 2, "--token-file: cannot read none"),
        (["--listen", "0", "--store", "s", "--token-file", "wrong"], 2, "wrong: line 1 is not `SENSOR TOKEN`"),
        (
            ["--listen", "0", "--store", "s", "--token-file", "good", "--cert", "good", "--key", "good"],
            2,
            "are not a certificate and its key (PEM)",
        ),
        (["--listen", "0", "--store", "good", "--token-file", "good"], 1, "good"),
        (
            ["--listen", "192.0.2.1:0", "--store", "s", "--token-file", "good", "--cert", "c.pem", "--key", "k.pem"],
            2,
            "c.pem",
        ),
        (["--listen", "0", "--store", "s", "--token-file", "good", "--set", "max_sensors=0"], 2, "max_sensors = 0"),
    ],
)
def test_each_error_is_one_line(
    arguments: list[str], status: int, said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import exercise

    monkeypatch.chdir(tmp_path)
    Path("wrong").write_text("token-only")
    Path("good").write_text(TOKENS)
    Path("good").chmod(0o600)
    try:
        found = exercise.main(["collect", *arguments])
    except SystemExit as end:
        found = int(str(end.code))
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    error = capsys.readouterr().err
    assert (found, error.count("\n")) == (status, 1), error
    assert said in error


def test_the_settings_of_the_command(tmp_path: Path) -> None:
    given = parse_collect(
        ["--listen", "[::1]:8444", "--store", "s", "--token-file", "t", "--user", "me", "--set", "max_sensors=3"]
    )
    assert given.listen == ("::1", 8444)
    assert given.settings == {"max_sensors": "3", "user": "me"}


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        collect(["--help"])
    assert end.value.code == 0
    assert "--token-file" in capsys.readouterr().out


# reports --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of a collector of twelve sensors."""
    names = [f"web-{number}" for number in range(1, 12)]
    with collector(tmp_path_factory.mktemp("collector") / "sensors") as scene:
        for place, name in enumerate(names, 1):
            assert scene.post(batch_of(counting(1, name, place)))[0] == 204
        assert scene.post(batch_of(counting(1, "db-1", 30)), OTHER_TOKEN)[0] == 204
    return scene.path


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_report_says_which_sensors_it_adds_up(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--store", str(collected), "--since", "1h"]
    assert report(given, now=HOUR) == 0
    text = lines(capsys)
    assert text[0].startswith(f"{collected}   db-1, web-1, web-10, web-11, web-2 and 7 more   2026-11-18")
    assert text[2].split()[:2] == ["Requests", "96"]
    assert report([*given, "--sensor", "web-1,web-2"], now=HOUR) == 0
    text = lines(capsys)
    assert text[0].startswith(f"{collected}   web-1, web-2   ")
    assert text[2].split()[:2] == ["Requests", "3"]
    assert report([*given, "--sensor", "web-?", "--by", "sensor", "--csv", "-n", "2"], now=HOUR) == 0
    assert [line.split(",")[:2] for line in lines(capsys)[1:]] == [["web-9", "9"], ["web-8", "8"]]
    assert report([*given, "--list"], now=HOUR) == 0
    assert [line.split()[0] for line in lines(capsys)] == ["request_rate", "top_sections", "top_sensors"]


def test_a_damaged_file_is_said(collected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    copytree(collected, copy)
    (copy / "db-1.db").write_bytes(b"no database at all" * 1000)
    assert report(["--store", str(copy), "--since", "1h"], now=HOUR) == 0
    out, err = capsys.readouterr()
    assert "Requests        66" in out
    assert (err.count("\n"), "db-1 is left out: " in err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--store", "STORE", "--sensor", "web1"], 2, "no sensor 'web1'; did you mean 'web-1'?"),
        (
            ["--store", "STORE", "--sensor", "x*"],
            2,
            "no sensor 'x*'; there are db-1, web-1, web-10, web-11, web-2 and 7",
        ),
        (["--store", "STORE", "--by", "colour"], 2, "the history has no statistic 'colour'"),
        (["--store", "STORE", "-i", "eth0"], 2, "leave out -i, -p and --history"),
        (["--sensor", "web-1"], 2, "--sensor needs --store"),
        (["--store", "/nonexistent"], 1, "cannot read the folder /nonexistent"),
        (["--store", "https://collector.example"], 1, "only takes records"),
        (["--store", "ftp://collector.example"], 2, "ftp:// is not a kind of store"),
    ],
)
def test_errors_of_reports_are_one_line(
    collected: Path, arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    try:
        found = report([word.replace("STORE", str(collected)) for word in arguments], now=HOUR)
    except SystemExit as end:
        found = int(str(end.code))
    error = capsys.readouterr().err
    assert (found, error.count("\n")) == (status, 1), error
    assert said in error


def test_anomalies_cannot_be_found_in_what_a_collector_keeps(
    collected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert anomalies(["--store", str(collected)], now=HOUR) == 1
    assert f"{collected}: {NOT_COLLECTED}" in capsys.readouterr().err


def test_what_a_collector_wrote_is_an_ordinary_history(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(["--history", str(collected / "web-7.db"), "--since", "1h", "--json"], now=HOUR) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["requests"], found["sensors"]) == (7, [])
