"""What was learned of hosts, as bytes that outlast a restart."""

import zlib
from collections.abc import Callable

import numpy as np
import pytest
from unseen_visits import UNUSUAL, found, ordinary, visit

from capture.core import CORE
from detection.detectors.unseen import Unseen
from detection.pipeline import Detection
from detection.unseen.hosts import Hosts
from detection.unseen.kept import DAMAGED, LONGEST_NAME, MOST, OTHER, packed, unpack

pytestmark = pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core")

COUNTS = ("requests", "reached", "seen", "distinct", "strangest")


def taught(*hosts: str, requests: int = 100) -> Unseen:
    """Return a detector that knows ordinary requests to each host."""
    detector = Unseen()
    for host in hosts:
        found(detector, ordinary(requests, host=host))
    return detector


def restored(detector: Unseen, hosts: int = 1000) -> Unseen:
    """Return another detector that knows the same."""
    other = Unseen(hosts)
    other.restore(detector.learned())
    return other


def of(hosts: Hosts, name: str) -> list[object]:
    """Return all that is known of a host."""
    place = dict(hosts.known)[name]
    return [getattr(hosts, counts)[place].tolist() for counts in COUNTS]


def test_all_that_is_known_of_each_host_is_restored() -> None:
    before = taught("a.example", "b.example")
    before._model.hosts.strangest[1] = 12.5
    after = restored(before)
    names = ["a.example", "b.example"]
    assert [name for name, _ in after._model.hosts.known] == names
    for name in names:
        assert of(after._model.hosts, name) == of(before._model.hosts, name)


def test_what_was_ordinary_before_is_ordinary_and_what_is_not_is_found_at_once() -> None:
    detector = restored(taught("shop.example.com"))
    assert found(detector, ordinary(20, begin=200)) == []
    assert len(found(detector, [visit(300, UNUSUAL)])) == 1
    assert found(Unseen(), [visit(300, UNUSUAL)]) == []


def test_of_fewer_hosts_than_before_those_that_were_asked_for_last_are_restored() -> None:
    after = restored(taught("a.example", "b.example", "c.example", "a.example"), hosts=2)
    assert [name for name, _ in after._model.hosts.known] == ["c.example", "a.example"]
    assert after._model.hosts.requests[after._model.hosts.places(["a.example"])].tolist() == [200]


def test_a_bounded_number_of_hosts_is_kept_and_no_name_that_is_none() -> None:
    hosts = Hosts(MOST + 10)
    hosts.places(["x" * (LONGEST_NAME + 1), *(f"{number}.example" for number in range(MOST + 5))])
    other = Hosts(MOST + 10)
    unpack(packed(hosts), other)
    assert [name for name, _ in other.known] == [f"{number}.example" for number in range(5, MOST + 5)]


def test_nothing_learned_is_nothing_kept() -> None:
    assert Unseen().learned() == b""


def test_no_content_is_kept() -> None:
    detector = taught()
    found(detector, [visit(number, "/private/letters?name=Alice") for number in range(30)])
    content = zlib.decompress(detector.learned().split(b"\n", 1)[1])
    assert b"shop.example.com" in content
    assert not any(word in content for word in (b"letters", b"name", b"Alice", b"Mozilla"))


def changed(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what changes the compressed part."""

    def change_state(state: bytes) -> bytes:
        line, _, rest = state.partition(b"\n")
        return line + b"\n" + zlib.compress(change(zlib.decompress(rest)))

    return change_state


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda state: b"", DAMAGED),
        (lambda state: b"\xff" * 100, DAMAGED),
        (lambda state: state[:-1], DAMAGED),
        (lambda state: state + b"x", DAMAGED),
        (lambda state: state[:200] + b"\x00" * 20 + state[220:], DAMAGED),
        (changed(lambda content: content[:-2]), DAMAGED),
        (changed(lambda content: content + b"\0\0"), DAMAGED),
        (changed(lambda content: b"[" * 5000 + content), DAMAGED),
        (changed(lambda content: b"7" + content), DAMAGED),
        (changed(lambda content: b"[]\n"), DAMAGED),
        (changed(lambda content: content.replace(b'"a.example"', b'["a.example"]')), DAMAGED),
        (changed(lambda content: content.replace(b"a.example", b"b.example")), DAMAGED),
        (changed(lambda content: content[:-1] + b"\xff"), DAMAGED),
        (changed(lambda content: content.replace(b"\n\x64\x00", b"\n\xff\xff", 1)), DAMAGED),
        (lambda state: b"unseen 0 " + state[9:], OTHER),
        (lambda state: state.replace(state.split()[2], b"0" * 16, 1), OTHER),
    ],
)
def test_damage_and_other_versions_are_refused_and_change_nothing(
    change: Callable[[bytes], bytes], reason: str
) -> None:
    state = change(taught("a.example", "b.example").learned())
    detector = Unseen()
    with pytest.raises(ValueError, match=f"^{reason}$"):
        detector.restore(state)
    assert detector._model.hosts.known == []
    sentence = f"what detector unseen learned before is {reason}; it starts anew"
    assert Detection([Unseen()]).restore({"unseen": state}) == [sentence]


@pytest.mark.parametrize("worst", [np.nan, np.inf, -1.0])
def test_a_limit_that_is_no_number_is_damage(worst: float) -> None:
    detector = taught("a.example")
    detector._model.hosts.strangest[0] = worst
    with pytest.raises(ValueError, match=DAMAGED):
        restored(detector)


class Broken(Unseen):
    """A detector that cannot give what it has learned."""

    def learned(self) -> bytes:
        raise ZeroDivisionError

    def restore(self, learned: bytes) -> None:
        raise ZeroDivisionError


def test_a_detector_that_fails_at_it_is_disabled() -> None:
    for use in (Detection.learned, lambda detection: detection.restore({"unseen": b"x"})):
        detection = Detection([Broken()])
        assert not use(detection)
        assert [failure.name for failure in detection.failures] == ["unseen"]
        assert detection.learned() == {}
