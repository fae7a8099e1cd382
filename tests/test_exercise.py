"""Runs the command like a user: replays, stops, settings and their errors."""

import io
import random
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from wire import Talk, get, ok

import exercise
from capture.writer import PcapWriter
from traffic.frame import Frame

START = 1_700_000_000.0
SMALL = ("--set", "timeout=1", "--set", "dashboard_bucket_size=1", "--set", "average_bucket_size=10", "--user", "root")
"""Settings with small buckets; rights are kept, because all tests share the process."""

WAITING = """
opened = opening.open_file
def open_file(*arguments):
    print("opening", flush=True)
    return opened(*arguments)
opening.open_file = open_file
raise SystemExit(exercise.main(["-r", "-", "--user", "root"]))
"""
"""Says when it is about to wait for its standard input."""

Run = Callable[..., tuple[int, str, str]]


def visits(*per_second: tuple[float, float], path: str = "/") -> list[Frame]:
    """Return the frames of visits in phases of (seconds, visits per second)."""
    frames: list[Frame] = []
    port, start = 10_000, START
    for seconds, rate in per_second:
        for number in range(int(seconds * rate)):
            port += 1
            talk = Talk(client_port=port, time=start + number / rate)
            frames += talk.client(get(path)).server(ok()).close().frames
        start += seconds
    return sorted(frames, key=lambda frame: frame.time)


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Frame]], str]:
    def write(frames: list[Frame]) -> str:
        monkeypatch.chdir(tmp_path)
        path = "trace.pcap"
        writer = PcapWriter(path)
        writer.write(frames)
        writer.close()
        return path

    return write


def last_dashboard(out: str) -> str:
    return out[out.rindex(" HTTP monitor") :]


def test_a_file_goes_through_learning_alert_and_dismissal_in_packet_time(
    run_here: Run, capture: Callable[..., str]
) -> None:
    trace = capture(visits((10, 5), (10, 5), (10, 8), (10, 5), (3, 5)))
    status, out, err = run_here("-r", trace, *SMALL)
    assert (status, err) == (0, "")
    assert "LEARNING" in out
    assert "baseline 50 /10 s" in out
    assert "hits = 80," in out
    assert "<<<Alert dismissed>>>" in out
    assert "<<<Alert dismissed>>>" not in last_dashboard(out)
    assert "lasted 10 s" in last_dashboard(out)


def test_the_same_file_gives_the_same_output_twice(run_here: Run, capture: Callable[..., str]) -> None:
    trace = capture(visits((25, 4)))
    assert run_here("-r", trace, *SMALL) == run_here("-r", trace, *SMALL)


def test_a_copy_written_with_w_gives_the_same_output(run_here: Run, capture: Callable[..., str]) -> None:
    trace, copy = capture(visits((15, 4))), "other.pcap"
    _, first, _ = run_here("-r", trace, "-w", copy, *SMALL)
    _, second, _ = run_here("-r", copy, *SMALL)
    assert second.replace(copy, trace) == first


def test_a_quiet_run_prints_alerts_and_the_summary_only(run_here: Run, capture: Callable[..., str]) -> None:
    status, out, _ = run_here("-q", "-r", capture(visits((10, 5), (10, 8), (11, 5))), *SMALL)
    assert status == 0
    assert "HTTP monitor" not in out
    assert "High traffic generated an alert - hits = 80" in out
    assert "Alert dismissed after 10 s" in out
    assert re.search(r"Requests +185", out)


def test_no_escape_codes_without_a_terminal(run_here: Run, capture: Callable[..., str]) -> None:
    _, out, _ = run_here("-r", capture(visits((5, 2))), *SMALL)
    assert re.search(r"Requests +10\b", out)
    assert "\x1b" not in out


def test_the_count_option_stops_after_n_packets(run_here: Run, capture: Callable[..., str]) -> None:
    frames = visits((5, 2))
    _, out, _ = run_here("-r", capture(frames), "-c", "12", *SMALL)
    assert re.search(r"Captured +12 packets", out)


def test_the_duration_option_stops_the_run(run_here: Run, capture: Callable[..., str]) -> None:
    _, out, _ = run_here("-r", capture(visits((20, 2))), "--duration", "10", *SMALL)
    assert re.search(r"Requests +20\n", out)


def test_a_filter_that_matches_nothing_still_prints_a_summary(run_here: Run, capture: Callable[..., str]) -> None:
    status, out, err = run_here("-r", capture(visits((5, 2))), "-f", "host 192.0.2.99", *SMALL)
    assert (status, err) == (0, "")
    assert re.search(r"Requests +0", out)


def test_an_invalid_filter_is_wrong_usage(run_here: Run, capture: Callable[..., str]) -> None:
    status, _, err = run_here("-r", capture(visits((5, 2))), "-f", "tcp porrt 80", *SMALL)
    assert status == 2
    assert err.startswith("exercise.py: invalid filter 'tcp porrt 80'")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full does not exist")
@pytest.mark.parametrize("keep", ["-w", "--log"])
def test_failed_outputs_are_reported_at_the_end(run_here: Run, capture: Callable[..., str], keep: str) -> None:
    status, out, err = run_here("-q", "-r", capture(visits((5, 2))), keep, "/dev/full", *SMALL)
    assert status == 1
    assert re.search(r"Requests +10", out)
    assert re.fullmatch(r"exercise.py: .*/dev/full( failed)?: No space left on device\n", err)


def test_packets_that_do_not_fit_into_a_pcap_file_are_reported(run_here: Run, capture: Callable[..., str]) -> None:
    trace = capture(visits((1, 2)))
    interfaces = [struct.pack("<IIHHII", 1, 20, kind, 0, 65535, 20) for kind in (1, 101)]
    packets = [struct.pack("<7I", 6, 36, number, 0, 0, 4, 4) + bytes(4) + struct.pack("<I", 36) for number in (0, 1)]
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    Path(trace).write_bytes(section + b"".join(interfaces + packets))
    status, _, err = run_here("-q", "-r", trace, "-w", "other.pcap", *SMALL)
    assert (status, err) == (1, "exercise.py: 1 packets with another link type were not written to other.pcap\n")


def test_an_alert_at_the_very_end_is_reported(run_here: Run, capture: Callable[..., str]) -> None:
    rare = ("--set", "dashboard_bucket_size=10", "--set", "timeout=60")
    status, out, _ = run_here("-q", "-r", capture(visits((10, 5), (10.1, 10))), *SMALL, *rare)
    assert status == 0
    assert "High traffic generated an alert - hits = 100" in out


def test_packets_on_standard_output_are_not_mixed_with_text(capture: Callable[..., str]) -> None:
    trace = Path(capture(visits((5, 2))))
    command = [sys.executable, exercise.__file__, "-r", str(trace), "-w", "-", *SMALL]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert done.stdout == trace.read_bytes()
    assert b"Requests  10" in done.stderr


def test_a_silence_of_years_costs_nothing(run_here: Run, capture: Callable[..., str]) -> None:
    frames = visits((3, 2))
    later = [frame._replace(time=frame.time + 20 * 365 * 86400) for frame in frames]
    status, out, _ = run_here("-r", capture(frames + later), *SMALL)
    assert status == 0
    assert out.count(" HTTP monitor") < 20  # not one for each second of twenty years
    assert re.search(r"Requests +12", out)


@pytest.mark.parametrize("silence", [3, 60, 86_000, 86_500, 365 * 86400])
def test_the_cost_of_a_file_depends_on_its_packets_and_not_on_the_time_between_them(
    silence: int, run_here: Run, capture: Callable[..., str]
) -> None:
    status, out, _ = run_here("-r", capture(visits((20 * silence + 1, 1 / silence))), *SMALL)
    assert status == 0
    assert out.count(" HTTP monitor") <= 20 * 12  # one window of ten refreshes after each visit, and its own
    assert re.search(r"Requests +20", out)


def steps_between(kind: str) -> list[float]:
    """Return the seconds before each of 40 packets."""
    chance = random.Random(kind)
    kinds: dict[str, Callable[[], float]] = {
        "tenths": lambda: 0.1,
        "buckets": lambda: 10.0,
        "hours": lambda: 3_600.0,
        "days": lambda: 86_000.0,
        "decades": lambda: 10.0**9,
        "any size": lambda: 10 ** chance.uniform(-6, 8),
        "back and forth": lambda: chance.choice((-1, 1)) * 10 ** chance.uniform(-1, 6),
    }
    return [kinds[kind]() for _ in range(40)]


@pytest.mark.parametrize("screen", [(), ("-q",), ("--ui", "json")], ids=["console", "quiet", "json"])
@pytest.mark.parametrize("kind", ["tenths", "buckets", "hours", "days", "decades", "any size", "back and forth"])
def test_any_capture_takes_little_time_per_byte(
    kind: str, screen: tuple[str, ...], run_here: Run, capture: Callable[..., str]
) -> None:
    now, frames = START, []
    for number, step in enumerate(steps_between(kind)):
        now = max(0.0, now + step) % 2**32  # a capture file has 32 bits for the seconds
        talk = Talk(client_port=10_000 + number, time=now)
        frames.append(talk.client(get("/")).frames[-1])
    path = capture(frames)
    begin = time.process_time()
    status, _, _ = run_here(*screen, "-r", path, *SMALL)
    assert status == 0
    # Some ten refreshes of the screen for a packet of a hundred bytes are 0.3 ms a byte; one for each bucket that
    # passes between packets a day apart was a hundred times as many.
    assert (time.process_time() - begin) / Path(path).stat().st_size < 0.002


@pytest.mark.parametrize("silence", [40, 80_000])
def test_an_alert_within_a_silence_has_its_own_time(silence: int, run_here: Run, capture: Callable[..., str]) -> None:
    times = visits((60, 20), (silence, 0), (60, 20))
    status, out, _ = run_here("-q", "-r", capture(times), *SMALL, "--set", "traffic_drop_floor=1")
    assert status == 0
    (alert,) = re.findall(r"generated an alert.*", out)
    assert "triggered at 22:14:30" in alert


def test_a_damaged_file_is_read_up_to_the_damage(run_here: Run, capture: Callable[..., str]) -> None:
    path = Path(capture(visits((5, 2))))
    path.write_bytes(path.read_bytes()[:-7])
    status, out, err = run_here("-r", str(path), *SMALL)
    assert status == 1
    assert re.search(r"Requests +10", out)
    assert re.search(r"exercise.py: .*trace.pcap is damaged: .* at byte \d+", err)


def test_standard_input_is_read(capture: Callable[..., str]) -> None:
    trace = Path(capture(visits((5, 2))))
    command = [sys.executable, exercise.__file__, "-r", "-", *SMALL]
    done = subprocess.run(command, input=trace.read_bytes(), capture_output=True, timeout=60, check=True)
    assert re.search(rb"Requests +10", done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_a_pipe_is_still_empty(number: signal.Signals) -> None:
    command = [sys.executable, "-c", f"import exercise\nfrom run import opening\n{WAITING}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"opening\n"
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    assert process.communicate() == (b"", b"")


def test_a_closed_pipe_ends_the_program_quietly(capture: Callable[..., str]) -> None:
    trace = capture(visits((30, 4)))
    command = f"'{sys.executable}' '{exercise.__file__}' -r '{trace}' {' '.join(SMALL)} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=True)
    assert done.stderr == b""


WRONG = [
    ("-p 0", 2, "port 0 is out of range"),
    ("-p 99999", 2, "port 99999 is out of range"),
    ("-p 80-70", 2, "is reversed"),
    ("-p x", 2, "is not a valid port list"),
    ("-c 0", 2, "a whole number above 0"),
    ("--duration soon", 2, "a number of seconds above 0"),
    ("--set timeout", 2, "is not NAME=VALUE"),
    ("--set timeuot=3", 2, "did you mean 'timeout'"),
    ("--set timeout=0", 2, "timeout = 0.0 is not allowed: a number from 0.05 to 3,600 s"),
    ("--set max_top_hits=many", 2, "max_top_hits = 'many' is not allowed: a whole number from 1 to 1,000 rows"),
    ("--set statistics=top_section -r x", 2, "did you mean 'top_sections'"),
    ("--demo -i lo", 2, "--demo uses its own interface and port"),
    ("-i lo -r x", 2, "cannot be combined"),
    ("-r /no/such/file", 1, "No such file"),
    ("-r /", 1, "it is a directory"),
    (f"-r {__file__}", 1, "is not a capture file"),
    ("-i no-such-interface0", 1, "no interface 'no-such-interface0'; available: "),
]


@pytest.mark.parametrize(("arguments", "status", "text"), WRONG, ids=[case[0] for case in WRONG])
def test_errors_are_reported_in_one_line(run_here: Run, arguments: str, status: int, text: str) -> None:
    if arguments.startswith("-i no") and not sys.platform.startswith("linux"):
        pytest.skip("interfaces are looked up in Linux's way")
    result, out, err = run_here(*arguments.split())
    assert result == status
    assert text in err.splitlines()[-1]
    assert "Traceback" not in err
    assert out == ""


def _durations(run_here: Run, *settings: str) -> list[str]:
    """Return the lines of --show-config about the two durations of the average."""
    _, out, err = run_here("--show-config", *(word for setting in settings for word in ("--set", setting)))
    assert err == ""
    return [line for line in out.splitlines() if re.match(r"average_(bucket_size|learning_duration) ", line)]


def test_settings_are_shown_and_changed(run_here: Run) -> None:
    assert _durations(run_here, "average_bucket_size=30") == [
        "average_bucket_size = 30",
        "average_learning_duration = 30",
    ]


def test_a_given_learning_duration_is_kept(run_here: Run) -> None:
    assert _durations(run_here, "average_bucket_size=30", "average_learning_duration=60") == [
        "average_bucket_size = 30", "average_learning_duration = 60"
    ]  # fmt: skip


def test_a_failing_plug_in_is_disabled_and_reported(
    run_here: Run, capture: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from stats.top_methods import TopMethods

    monkeypatch.setattr(TopMethods, "key", lambda self, request: 1 / 0)
    status, out, err = run_here("-r", capture(visits((5, 2))), *SMALL)
    assert status == 0
    assert "statistic top_methods was disabled: ZeroDivisionError" in out
    assert err.count("Traceback") == 1
    assert re.search(r"Requests +10", out)


def test_whole_packets_are_dissected_if_a_statistic_needs_them(run_here: Run, capture: Callable[..., str]) -> None:
    _, out, _ = run_here("-r", capture(visits((2, 2))), *SMALL, "--set", "statistics=request_rate,packet_protocols")
    assert "Packets by protocol" in out
    assert re.search(r"^ +TCP +\d+ +\d+$", out, re.MULTILINE) or "HTTP" in out


def test_version_and_help(run_here: Run) -> None:
    assert run_here("-V")[1].startswith("exercise.py ")
    status, out, _ = run_here("--help")
    assert status == 0
    assert "--demo" in out


def test_the_console_refreshes_in_place_on_a_terminal(
    capture: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            raise OSError

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert exercise.main(["-r", capture(visits((5, 2))), *SMALL]) == 0
    assert terminal.getvalue().count("\x1b[H") >= 2
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")
