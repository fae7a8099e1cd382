"""`exercise.py learn` and `--model`, with real packets: label the log, learn, find."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from scene import START, Scene
from wire import Talk, get, ok

from capture.core import CORE
from detection.detectors.learned import Learned
from exercise_config import SettingError
from run.learned import use_model
from run.rule_files import RuleFiles

Command = Callable[..., tuple[int, str, str]]
PROJECT = Path(__file__).resolve().parents[2]
WORDS = ("lamp", "red chair", "o'neill", "coffee", "table 42", "50% off", "rock & roll")
ATTACKS = (
    "1' or 1=1--", "<script>alert(1)</script>", "1 union select user,password from users", "../../../etc/passwd",
    ";cat /etc/passwd", "\"><img src=x onerror=alert(1)>",
)  # fmt: skip
with_core = pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")
with_learning = pytest.mark.skipif(find_spec("sklearn") is None, reason="needs scikit-learn (requirements-learn.txt)")


def capture(path: Path, first: int) -> str:
    """Write a capture of 10 good clients and 8 bad ones, each with some searches; `first` is the last byte of the first
    client.
    """
    scene = Scene()
    for number in range(150):
        bad = number % 3 == 0
        client = f"203.0.113.{first + number % 8}" if bad else f"198.51.100.{first + number % 15}"
        words = f"{ATTACKS[number % 6]}{number}" if bad else f"{WORDS[number % 7]} {number}"
        talk = Talk(client_port=2000 + number, addresses=(client, "192.0.2.10"), time=START + number)
        asked = get(f"/search?q={quote(words)}", "Host: shop.example", "User-Agent: Firefox")
        scene.frames += talk.client(asked).server(ok(b"x" * 2000)).close().frames
    scene.write(path)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with captures, labels that were made from a log, and a model."""
    folder = tmp_path_factory.mktemp("learned")
    day = capture(folder / "monday.pcap", 1)
    capture(folder / "tuesday.pcap", 101)
    log = folder / "log.json"
    program("-r", day, "--labels", str(folder / "unused"), "--log", str(log), "-q")
    with (folder / "labels.json").open("w") as labels:
        labels.writelines(labelled(log))
    learned = program("learn", "--labels", str(folder / "labels.json"), "--model", str(folder / "site.model"))
    (folder / "learned.txt").write_text(learned)
    return folder


def labelled(log: Path) -> Iterator[str]:
    for line in log.read_text().splitlines():
        fields = json.loads(line)
        yield json.dumps({**fields, "label": "bad" if fields["client.ip"].startswith("203.") else "good"}) + "\n"


def program(*arguments: str) -> str:
    command = (sys.executable, "exercise.py", *arguments)
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True)
    return ended.stdout


def found(folder: Path, model: Path) -> list[dict[str, Any]]:
    printed = program(
        "-r", str(folder / "tuesday.pcap"), "--model", str(model), "--set", "log_records=findings",
        "--set", "detectors=", "--log", "-",
    )  # fmt: skip
    return [json.loads(line) for line in printed.splitlines()]


@with_core
@with_learning
def test_bad_clients_of_another_day_are_found_and_good_ones_are_not(folder: Path) -> None:
    told = (folder / "learned.txt").read_text()
    assert "labels: 100 good of 10 clients, 50 bad of 8 clients" in told
    assert "* chosen:" in told
    findings = found(folder, folder / "site.model")
    clients = {each["client.ip"] for each in findings}
    assert {each["rule.ruleset"] for each in findings} == {"learned"}
    assert len(clients) >= 7
    assert all(client.startswith("203.0.113.") for client in clients)
    assert "like what was labelled bad: score" in findings[0]["event.reason"]
    assert "(usually " in findings[0]["event.reason"]


@with_core
@with_learning
def test_the_same_labels_give_the_same_file_that_only_its_owner_reads(folder: Path, run_here: Command) -> None:
    model, again = folder / "site.model", folder / "again.model"
    status, out, _ = run_here("learn", "--labels", str(folder / "labels.json"), "--model", str(again))
    assert (status, again.read_bytes()) == (0, model.read_bytes())
    assert out.endswith(f"use it with: exercise.py --model {again}\n")
    assert stat.S_IMODE(os.stat(again).st_mode) == 0o600
    assert not [each for each in os.listdir(folder) if each.startswith("again.model.")]


@with_learning
def test_what_is_too_little_to_learn_from_is_refused_in_one_line(tmp_path: Path, run_here: Command) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text('no json\n{"label": "bad"}\n')
    status, out, err = run_here("learn", "--labels", str(labels), "--model", str(tmp_path / "m"))
    assert (status, err) == (
        1, "exercise.py learn: there are no labels; at least 30 good and 30 bad ones are needed\n",
    )  # fmt: skip
    assert out == "left out: line 1: not JSON\nleft out: line 2: not a line about an exchange\n"
    assert not (tmp_path / "m").exists()


@with_learning
def test_files_that_cannot_be_read_or_written_are_told_in_one_line(
    folder: Path, tmp_path: Path, run_here: Command
) -> None:
    status, _, err = run_here("learn", "--labels", str(tmp_path / "missing"))
    assert (status, err) == (
        1, f"exercise.py: cannot read labels from {tmp_path / 'missing'}: No such file or directory\n",
    )  # fmt: skip
    status, _, err = run_here("learn", "--labels", str(tmp_path))
    assert (status, err) == (1, f"exercise.py: cannot read labels from {tmp_path}: Is a directory\n")
    if CORE is not None:
        where = str(tmp_path / "missing" / "m")
        status, _, err = run_here("learn", "--labels", str(folder / "labels.json"), "--model", where)
        assert (status, err) == (1, f"exercise.py: cannot write the model to {where}: No such file or directory\n")


def test_without_scikit_learn_the_command_names_the_fix(
    tmp_path: Path, run_here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("detection.learned.", "sklearn"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    status, _, err = run_here("learn", "--labels", str(tmp_path / "labels.json"))
    assert (status, err) == (
        1, "exercise.py: learn needs the package scikit-learn; run: pip install -r requirements-learn.txt\n",
    )  # fmt: skip


def test_a_share_that_is_none_is_wrong_usage(run_here: Command) -> None:
    status, _, err = run_here("learn", "--labels", "x", "--false-alarms", "80")
    assert (status, err) == (
        2, "exercise.py learn: argument --false-alarms: 80 is not a share from 0 to 50 percent; see --help\n",
    )  # fmt: skip
    assert run_here("learn")[0] == 2


def test_a_wrong_model_is_one_line_that_names_the_fix(tmp_path: Path, run_here: Command) -> None:
    day, model = capture(tmp_path / "day.pcap", 1), tmp_path / "site.model"
    model.write_text('{"format": "something else"}')
    status, _, err = run_here("-r", day, "--model", str(model))
    assert (status, err) == (
        2,
        f"exercise.py: learned_model: {model} is no model: it does not say that it is one; make it again: "
        f"exercise.py learn --labels FILE --model {model}\n",
    )
    status, _, err = run_here("-r", day, "--model", str(tmp_path / "missing"))
    assert err == f"exercise.py: learned_model: {tmp_path / 'missing'} cannot be read: No such file or directory\n"
    status, _, err = run_here("-r", day, "--set", "detectors=learned")
    assert (status, err) == (
        2, "exercise.py: detectors: learned needs a model; name it with --model FILE, see docs/learning.md\n",
    )  # fmt: skip


def test_without_the_core_a_line_says_that_there_are_no_features(tmp_path: Path) -> None:
    ended = subprocess.run(
        (sys.executable, "exercise.py", "-r", capture(tmp_path / "day.pcap", 1), "--labels", "x", "-q"), cwd=PROJECT,
        env={**os.environ, "HTTP_MONITOR_DECODER": "python"}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "features of requests are found by the Rust core only: unset HTTP_MONITOR_DECODER" in ended.stderr


@with_core
@with_learning
def test_a_model_is_read_again_once_another_takes_its_place(folder: Path, tmp_path: Path) -> None:
    path, beside, detector = tmp_path / "site.model", tmp_path / "new", Learned()
    path.write_bytes((folder / "site.model").read_bytes())
    files = RuleFiles(
        lambda open_file: use_model(detector, str(path), open_file), lambda path, flags: os.open(path, flags),
        live=True, watched=str(path),
    )  # fmt: skip
    assert list(files.news) == ["learned: a model of 100 good and 50 bad exchanges will be applied"]
    assert not files.has_changed()
    beside.write_text((folder / "site.model").read_text().replace('"bad": 50', '"bad": 51'))
    os.replace(beside, path)
    assert files.has_changed()
    files.read_again()
    assert files.news[-1] == "learned: a model of 100 good and 51 bad exchanges will be applied"
    beside.write_text("damaged")
    os.replace(beside, path)
    assert files.has_changed()
    files.read_again()
    assert "is no model, or damaged: it is not JSON; make it again" in files.warnings[0]
    assert files.warnings[0].endswith("; what was read before will be used")
    path.unlink()
    assert not files.has_changed(), "the earlier model stays while its file is replaced"


def test_a_model_in_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read: Is a directory"):
        use_model(Learned(), str(tmp_path), lambda path, flags: os.open(path, flags))
