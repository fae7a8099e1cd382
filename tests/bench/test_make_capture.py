"""The benchmark's captures are reproducible, and their truth is right."""

import json
from collections import Counter
from pathlib import Path

import pytest
from decoders import decoder, fed, finished

from bench.conversation import Faults
from bench.make_capture import FAULTS, main, make_capture, truth_of
from capture.open import open_file
from capture.ports import parse_ports
from traffic.frame import Frame
from traffic.records import Exchange

SOUND = Faults(0.0, 0.0, 0.0)
ONLY_THE_NETWORK = FAULTS._replace(lost=0.0)


def made(folder: Path, faults: Faults = FAULTS, packets: int = 3000) -> tuple[list[dict[str, object]], list[Frame]]:
    path = folder / "made.pcap"
    make_capture(path, packets, faults)
    source, frames = open_file(str(path)), list[Frame]()
    while (batch := source.read()) is not None:
        frames += batch
    source.close()
    return [json.loads(line) for line in truth_of(path).read_text().splitlines()], frames


def exchanges(frames: list[Frame]) -> list[Exchange]:
    one = decoder(parse_ports("80"))
    return [record for record in fed(one, frames) + finished(one) if isinstance(record, Exchange)]


def test_the_same_arguments_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.pcap", "two.pcap"):
        assert main([str(tmp_path / name), "--packets", "2000"]) == 0
    assert (tmp_path / "one.pcap").read_bytes() == (tmp_path / "two.pcap").read_bytes()
    assert truth_of(tmp_path / "one.pcap").read_bytes() == truth_of(tmp_path / "two.pcap").read_bytes()


def test_another_seed_makes_another_capture(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        main([str(tmp_path / f"{seed}.pcap"), "--packets", "1000", "--seed", seed])
    assert (tmp_path / "1.pcap").read_bytes() != (tmp_path / "2.pcap").read_bytes()


@pytest.mark.parametrize("faults", [SOUND, ONLY_THE_NETWORK])
def test_a_lossless_capture_has_every_transaction(tmp_path: Path, faults: Faults) -> None:
    truth, frames = made(tmp_path, faults)
    told = Counter(
        (fact["client"], fact["method"], fact["host"], fact["target"], fact["status"], fact["response_bytes"])
        for fact in truth
    )
    found = Counter(
        (found.client, request.method, request.host, request.target, found.status, found.response_bytes)
        for found in exchanges(frames)
        if (request := found.request) is not None
    )
    assert found == told
    assert not any(fact["missing"] for fact in truth)


def test_frames_are_in_order_and_at_least_as_many_as_requested(tmp_path: Path) -> None:
    _, frames = made(tmp_path)
    assert len(frames) >= 3000
    assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)


def test_response_times_equal_the_truth(tmp_path: Path) -> None:
    truth, frames = made(tmp_path, SOUND)
    told = {fact["target"]: fact["response_time"] for fact in truth}
    for found in exchanges(frames):
        assert found.request is not None
        assert found.response_time == pytest.approx(told[found.request.target], abs=2e-6)


def test_the_truth_counts_the_packets_that_the_capture_lost(tmp_path: Path) -> None:
    truth, frames = made(tmp_path, Faults(0.0, 0.0, 0.05))
    carried = sum(int(str(fact["packets"])) for fact in truth)
    missing = sum(int(str(fact["missing"])) for fact in truth)
    assert 0.02 < missing / carried < 0.08
    assert sum(len(frame.data) > 66 for frame in frames) == carried - missing


def test_checksums_are_right(tmp_path: Path) -> None:
    _, frames = made(tmp_path, SOUND, 500)
    for frame in frames:
        header, segment = frame.data[14:34], frame.data[34:]
        pseudo = header[12:20] + b"\0\6" + len(segment).to_bytes(2, "big")
        for words in (header, pseudo + segment + bytes(len(segment) % 2)):
            assert int.from_bytes(words, "big") % 65535 == 0
