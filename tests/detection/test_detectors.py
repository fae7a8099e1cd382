"""What each detector finds, and what it leaves alone."""

import re
import sys
from pathlib import Path

import pytest
from detecting import BEGIN, CLIENT, found, kinds, visits
from records import finding

from detection.detector import Detector
from detection.loading import DetectorError, available, load
from detection.pipeline import Detection
from traffic.batch import Batch, RecordBatch
from traffic.finding import Finding
from traffic.records import Exchange

# path_scan ------------------------------------------------------------------------------------------------------------


def test_a_scanner_is_found_once() -> None:
    tried = visits([f"/backup{number}.zip" for number in range(200)], status=404)
    (scan,) = found("path_scan", tried)
    assert kinds([scan]) == [("path_scan", CLIENT, "T1595.003")]
    assert (scan.severity, scan.host, scan.evidence) == ("medium", "shop.example.com", "/backup29.zip")
    assert scan.time == tried[29].time
    assert scan.reason == f"{CLIENT} asked for 30 or more paths that do not exist in a minute"


def test_a_scanner_that_comes_back_later_is_found_again() -> None:
    paths = [f"/{number}" for number in range(40)]
    later = [each._replace(time=each.time + 700) for each in visits(paths, status=404)]
    assert len(found("path_scan", visits(paths, status=404) + later)) == 2


@pytest.mark.parametrize(
    "harmless",
    [
        visits([f"/{number}" for number in range(200)]),
        visits(["/favicon.ico"] * 200, status=404),
        visits([f"/{number}" for number in range(200)], status=404, step=3.0),
        [one for number in range(200) for one in visits([f"/{number}"], status=404, client=f"10.0.0.{number}")],
        [one for n in range(2000) for one in visits([f"/{n}"], begin=BEGIN + n / 40, status=200 if n % 25 else 404)],
    ],
    ids=["paths that exist", "one missing path", "slowly", "many clients", "an office"],
)
def test_ordinary_misses_are_no_scan(harmless: list[Exchange]) -> None:
    assert found("path_scan", harmless) == []


# login_guessing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exchanges", "path"),
    [
        (visits(["/login"] * 50, method="POST"), "/login"),
        (visits(["/wp-login.php"] * 50, method="POST", status=302), "/wp-login.php"),
        (visits(["/api/v1/auth/token"] * 50, method="POST", status=401), "/api/v1/auth/token"),
        (visits(["/admin/"] * 150, status=401), "/admin/"),
    ],
    ids=["a form", "WordPress", "an API", "basic authentication"],
)
def test_guessing_is_found_once(exchanges: list[Exchange], path: str) -> None:
    (guessing,) = found("login_guessing", exchanges)
    assert (guessing.client, guessing.path, guessing.technique) == (CLIENT, path, "T1110")


@pytest.mark.parametrize(
    "harmless",
    [
        visits(["/login"] * 100),
        visits(["/blog/login-tips-for-you"] * 100),
        visits(["/catalogue"] * 100, method="POST"),
        visits(["/api/items"] * 60, status=401, step=1.0),
        visits(["/login"] * 100, method="POST", step=4.0),
        [one for number in range(99) for one in visits(["/login"], method="POST", client=f"10.0.0.{number}")],
    ],
    ids=["the form itself", "an article", "other posts", "an expired token", "slowly", "many users"],
)
def test_ordinary_logins_are_no_guessing(harmless: list[Exchange]) -> None:
    assert found("login_guessing", harmless) == []


# cache_busting --------------------------------------------------------------------------------------------------------


def test_ever_new_queries_are_found() -> None:
    (busting,) = found("cache_busting", visits([f"/?{number}" for number in range(400)]))
    assert (busting.path, busting.technique) == ("/", "T1499.002")


@pytest.mark.parametrize(
    "harmless",
    [
        visits(["/?page=1"] * 400),
        visits([f"/{number}?v=1" for number in range(400)]),
        visits([f"/search?q={number}" for number in range(400)], step=0.5),
    ],
    ids=["one query", "many paths", "a person who types"],
)
def test_ordinary_queries_are_left_alone(harmless: list[Exchange]) -> None:
    assert found("cache_busting", harmless) == []


@pytest.mark.parametrize("size", [1, 3, 12, 660])
def test_a_slow_attack_is_found_however_its_requests_are_batched(size: int) -> None:
    attack = visits([f"/?{number}" for number in range(660)], step=1 / 6)
    assert [each.rule for each in found("cache_busting", attack, size=size)] == ["cache_busting"]


# All of them ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", available())
def test_a_response_without_its_request_is_no_trouble(name: str) -> None:
    unpaired = [each._replace(request=None) for each in visits(["/login"] * 500, status=404)]
    assert found(name, unpaired) == []


def test_a_setting_changes_the_floor() -> None:
    assert found("path_scan", visits([f"/{number}" for number in range(5)], status=404), path_scan_floor=5)


def test_a_detector_that_raises_is_disabled_and_the_others_go_on() -> None:
    class Broken:
        name, title, records = "broken", "Broken", (Exchange,)

        def look(self, batch: Batch) -> list[Finding]:
            raise ZeroDivisionError("it is broken")

    class Simple:
        name, title, records = "simple", "Simple", (Exchange,)

        def look(self, batch: Batch) -> list[Finding]:
            return [finding()]

    detectors: list[Detector] = [Broken(), Simple()]
    detection = Detection(detectors)
    batch = RecordBatch(visits(["/"]))
    assert [len(detection.look(batch)) for _ in range(2)] == [1, 1]
    assert [failure.name for failure in detection.failures] == ["broken"]
    assert "it is broken" in detection.failures[0].text


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["path_scna"], "detectors: no detector 'path_scna'; did you mean 'path_scan'"),
        (["path_scan", "path_scan"], "detectors: path_scan is listed twice"),
    ],
)
def test_a_wrong_list_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(DetectorError, match=message):
        load(names, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class HalfMade:\n    name = 'half_made'\n", "half_made.py: look, records, title missing; see"),
        ("", "half_made.py needs exactly one class with name = 'half_made', and has 0"),
        ("1 / 0", "half_made.py cannot be loaded: ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_is_no_detector_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "half_made.py").write_text(text)
    monkeypatch.setattr("detection.detectors.__path__", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "detection.detectors.half_made", raising=False)
    with pytest.raises(DetectorError, match=re.escape(message)):
        load(["half_made"], {})
