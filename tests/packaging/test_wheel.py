"""Builds the wheel, installs it with pip and pipx into new environments, and runs it elsewhere."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cli.build import VERSION

ROOT = Path(__file__).parent.parent.parent
NOT_SHIPPED = {"bench", "core", "docs", "packaging", "tests", "exercise_test.py"}
PLUGIN = """
from stats.statistic import HITS
from traffic.records import Request


class OfMine:
    name, title, unit, record = "of_mine", "Hits of mine", HITS, Request

    def key(self, request):
        return request.method
"""


def run(*command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def build(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree, and return its path."""
    built = run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source)
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    assert run(sys.executable, "-m", "venv", folder).returncode == 0
    done = run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_has_this_version_and_fits_every_system(wheel: Path) -> None:
    assert wheel.name == f"http_monitor-{VERSION}-py3-none-any.whl"


def test_the_wheel_has_every_module_of_the_program_and_no_other(wheel: Path) -> None:
    tracked = run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT)
    if tracked.returncode:
        pytest.skip("this is not a checkout")
    expected = {name for name in tracked.stdout.splitlines() if name.partition("/")[0] not in NOT_SHIPPED}
    expected = {name for name in expected if (ROOT / name).exists() and ("/" in name or name.endswith(".py"))}
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name and ".data/" not in name}
    assert shipped == {name for name in expected if not name.startswith(".")}


def test_the_container_build_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """The build copies all but the files of .dockerignore, and runs `pip install .`."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    top, anywhere = [line for line in lines if "/" not in line], [line[3:] for line in lines if line.startswith("**/")]

    def left_out(folder: str, names: list[str]) -> list[str]:
        patterns = anywhere + (top if Path(folder) == ROOT else [])
        return [name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]

    shutil.copytree(ROOT, tmp_path / "source", ignore=left_out)
    assert not (tmp_path / "source" / "tests").exists()
    again = build(tmp_path / "source", tmp_path)
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.slow
def test_the_wheel_contains_the_manual_and_the_completion_scripts(installed: Path) -> None:
    share = installed / "share"
    assert (share / "man/man1/exercise.1").read_text().startswith(".TH EXERCISE ")
    assert "complete " in (share / "bash-completion/completions/exercise").read_text()
    assert (share / "zsh/site-functions/_exercise").read_text().startswith("#compdef exercise\n")
    assert "complete -c exercise" in (share / "fish/vendor_completions.d/exercise.fish").read_text()
    for unit in ("http-monitor.service", "http-monitor-collector.service", "http-monitor-proxy.service"):
        assert "DynamicUser=yes" in (share / "http-monitor" / unit).read_text()


@pytest.mark.slow
def test_the_commands_use_their_own_name(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "bin/exercise", "--version", folder=tmp_path)
    assert (said.returncode, said.stdout) == (0, f"exercise {VERSION} (decoder: Python reference)\n")
    wrong = run(installed / "bin/exercise", "--set", "timeout=no", folder=tmp_path)
    assert (wrong.returncode, wrong.stderr[:16]) == (2, "exercise: timeou")
    wrong = run(installed / "bin/exercise-gen-traffic", "--count", "0", folder=tmp_path)
    assert (wrong.returncode, wrong.stderr[:22]) == (2, "exercise-gen-traffic: ")


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the demo captures on loopback")
def test_the_installed_program_captures_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "of_mine.py").write_text(PLUGIN)
    (tmp_path / "mine.toml").write_text(
        f'statistics = ["request_rate", "of_mine"]\nstatistics_folder = "{tmp_path / "own"}"\n'
    )
    done = run(installed / "bin/exercise", "--demo", "--duration", "6", "--config", "mine.toml", folder=tmp_path)
    if "cannot" in done.stderr and done.returncode == 1:
        pytest.skip(done.stderr)
    assert (done.returncode, done.stderr) == (0, "")
    assert "HTTP monitor" in done.stdout
    assert "Hits of mine" in done.stdout
    assert "GET" in done.stdout


def test_dependencies_match_the_requirements_files(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    needs = [line for line in archive.read(name).decode().splitlines() if line.startswith("Requires-Dist: ")]
    always = [line.partition(": ")[2] for line in needs if "extra ==" not in line]
    written = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()]
    assert names(always) == names(written)


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", text)[0].replace("_", "-") for text in requirements}


@pytest.mark.slow
def test_pipx_installs_the_commands_and_the_manual(installed: Path, tmp_path: Path) -> None:
    python = installed / "bin" / "python"
    assert run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pipx").returncode == 0
    places = {"PIPX_HOME": "home", "PIPX_BIN_DIR": "bin", "PIPX_MAN_DIR": "man"}
    settings = [f"{name}={tmp_path / folder}" for name, folder in places.items()]
    done = run("env", *settings, python, "-m", "pipx", "install", ROOT, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "bin").iterdir()) == ["exercise", "exercise-gen-traffic"]
    assert run(tmp_path / "bin" / "exercise", "--version").stdout.startswith(f"exercise {VERSION} ")
    assert (tmp_path / "man" / "man1" / "exercise.1").exists()
